import { KubehopError } from '../errors.ts'
import { hostLocal } from './plugins/host-local.ts'
import { CniError } from './runtime/errors.ts'
import { HostDraft } from './runtime/host-draft.ts'

/** Gives the pods of one node their addresses in the order in which they come, as host-local does. */
export class NodeIpam {
  readonly #host: HostDraft
  readonly #podCIDRs: readonly string[]
  readonly #node: string

  constructor(node: string, podCIDRs: readonly string[]) {
    this.#host = new HostDraft(node)
    this.#podCIDRs = podCIDRs
    this.#node = node
  }

  /** One address for each pod CIDR. `wanted`: addresses that the pod already has. Throws KH_CIDR_EXHAUSTED when none is left. */
  allocate(podUid: string, wanted: readonly string[] = []): string[] {
    try {
      const result = hostLocal.add({
        host: this.#host,
        invocation: {
          containerId: podUid,
          netns: podUid,
          ifName: 'eth0',
          args: wanted.length === 0 ? {} : { IP: wanted.join(',') },
          portMappings: [],
        },
        cniVersion: '1.0.0',
        network: 'cbr0',
        config: {
          type: 'host-local',
          ipam: { type: 'host-local', ranges: this.#podCIDRs.map(subnet => [{ subnet }]) },
        },
        prevResult: undefined,
      })
      return (result.ips ?? []).map(ip => ip.address.replace(/\/.*/, ''))
    } catch (error) {
      if (!(error instanceof CniError)) throw error
      throw new KubehopError('KH_CIDR_EXHAUSTED', `node ${this.#node}: ${error.message}`)
    }
  }
}

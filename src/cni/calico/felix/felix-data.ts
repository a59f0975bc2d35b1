import { addrToBigInt, parseAddr } from '../../../wire/addr.ts'
import { isV6Text } from '../../runtime/host-draft.ts'
import type { FelixConfig } from '../config.ts'
import { convertPolicy, type FelixPolicy, type PolicyDirection } from './convert-policy.ts'
import { type Selector, selectorMatches, selectorText } from './selector.ts'
import { type FelixObjects, type Workload, workloadsOf } from './workload.ts'

/** Whatever all Felixes of a cluster know of its objects; made once, and asked by every node. */
export class FelixData {
  readonly config: FelixConfig
  /** Whether kube-proxy is in IPVS mode: Felix sees kube-ipvs0. */
  readonly ipvs: boolean
  readonly workloads: readonly Workload[]
  /** In the order of their tier. */
  readonly policies: readonly FelixPolicy[]
  readonly #selected = new Map<string, readonly Workload[]>()
  readonly #policiesOf = new Map<Workload, Readonly<Record<PolicyDirection, readonly FelixPolicy[]>>>()

  constructor(objects: FelixObjects, config: FelixConfig, ipvs = false) {
    this.config = config
    this.ipvs = ipvs
    this.workloads = workloadsOf(objects)
    this.policies = objects.networkPolicies
      .map(policy => convertPolicy(policy, config.variant))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  /** Pods that a selector selects. */
  selected(selector: Selector): readonly Workload[] {
    const text = selectorText(selector)
    let found = this.#selected.get(text)
    if (found === undefined) {
      found = this.workloads.filter(workload => selectorMatches(selector, workload.labels))
      this.#selected.set(text, found)
    }
    return found
  }

  addressesOf(selector: Selector, family: 4 | 6): string[] {
    return sortedIps(this.selected(selector).flatMap(workload => ofFamily(workload, family)))
  }

  /** `ADDRESS,PROTOCOL:PORT` of every selected pod that has a port of that name. */
  portsOf(selector: Selector, protocol: string, name: string, family: 4 | 6): string[] {
    const members = this.selected(selector).flatMap(workload =>
      workload.ports
        .filter(port => port.name === name && port.protocol === protocol)
        .flatMap(({ port }) => ofFamily(workload, family).map(ip => `${ip},${protocol}:${port}`)),
    )
    return [...new Set(members)].sort()
  }

  /** The policies that select a pod and speak of a direction. */
  policiesOf(workload: Workload, direction: PolicyDirection): readonly FelixPolicy[] {
    let found = this.#policiesOf.get(workload)
    if (found === undefined) {
      const selecting = this.policies.filter(({ selector }) => selectorMatches(selector, workload.labels))
      found = {
        ingress: selecting.filter(policy => policy.ingress !== null),
        egress: selecting.filter(policy => policy.egress !== null),
      }
      this.#policiesOf.set(workload, found)
    }
    return found[direction]
  }
}

function ofFamily({ ips }: Workload, family: 4 | 6): readonly string[] {
  return ips.filter(ip => isV6Text(ip) === (family === 6))
}

function sortedIps(ips: readonly string[]): string[] {
  const numbered = [...new Set(ips)].map(ip => ({ ip, number: addrToBigInt(parseAddr(ip)) }))
  return numbered.sort((a, b) => (a.number < b.number ? -1 : 1)).map(({ ip }) => ip)
}

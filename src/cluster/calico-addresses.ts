import { BlockIpam, type CalicoNodeIpam, type CalicoPool, readPools } from '../cni/index.ts'
import { type AssignPodIP, podAddresses } from '../controlplane/index.ts'
import type { Snapshot } from '../controlplane/snapshot.ts'
import type { KubeObject } from '../controlplane/types/index.ts'
import { KubehopError, type Place } from '../errors.ts'
import type { PodIpam } from './pod-ipam.ts'

type PlaceOf = (object: KubeObject, path: string) => Place | undefined

/** Annotations in which calico-node writes the addresses of its tunnels. */
const TUNNELS = {
  ipip: 'projectcalico.org/IPv4IPIPTunnelAddr',
  vxlan: 'projectcalico.org/IPv4VXLANTunnelAddr',
} as const

/** Addresses of pods from the blocks of their nodes. */
export class CalicoAddresses implements PodIpam {
  readonly #defaults: readonly CalicoPool[]
  readonly #ipam: BlockIpam

  /** `defaults`: the pools when the objects hold none. */
  constructor(defaults: readonly CalicoPool[], ipam = new BlockIpam(defaults)) {
    this.#defaults = defaults
    this.#ipam = ipam
  }

  /** Where objects were written, for messages about them. */
  placeOf: PlaceOf = () => undefined

  get pools(): readonly CalicoPool[] {
    return this.#ipam.pools
  }

  readonly assign: AssignPodIP = (_pod, node, isTaken) => {
    const { name } = node.metadata
    const ips = this.#ipam.allocate(name, isTaken)
    const families = new Set(this.pools.filter(pool => !pool.disabled).map(({ cidr }) => cidr.includes(':')))
    if (ips.length < families.size) {
      throw new KubehopError('KH_CIDR_EXHAUSTED', `node ${name}: no address is left in ${this.#names()}`)
    }
    return ips
  }

  beforeSettle(snapshot: Snapshot): void {
    const objects = [...snapshot.list('IPPool.projectcalico.org'), ...snapshot.list('IPPool.crd.projectcalico.org')]
    this.#ipam.usePools(objects.length === 0 ? this.#defaults : readPools(objects, this.placeOf))
    for (const object of snapshot.list('BlockAffinity.crd.projectcalico.org')) {
      const { spec } = object as { readonly spec?: { readonly cidr?: unknown; readonly node?: unknown } }
      if (typeof spec?.cidr === 'string' && typeof spec.node === 'string') this.#ipam.observeBlock(spec.cidr, spec.node)
    }
    for (const { metadata } of snapshot.nodes) {
      for (const kind of ['ipip', 'vxlan'] as const) {
        const ip = metadata.annotations?.[TUNNELS[kind]]
        if (ip !== undefined) this.#ipam.observeTunnel(kind, ip, metadata.name)
      }
    }
    for (const pod of snapshot.pods) {
      if (pod.spec.hostNetwork === true || pod.spec.nodeName === undefined) continue
      for (const ip of podAddresses(pod)) this.#ipam.observe(ip, pod.spec.nodeName)
    }
  }

  afterSettle(snapshot: Snapshot): void {
    const isTaken = (ip: string): boolean => snapshot.podByIP(ip) !== undefined
    for (const { metadata } of snapshot.nodes) this.#ipam.startNode(metadata.name, isTaken)
  }

  nodeIpam(name: string): CalicoNodeIpam {
    return this.#ipam.nodeIpam(name)
  }

  fork(): CalicoAddresses {
    const copy = new CalicoAddresses(this.#defaults, this.#ipam.fork())
    copy.placeOf = this.placeOf
    return copy
  }

  #names(): string {
    const names = this.pools.filter(pool => !pool.disabled).map(pool => `${pool.name} (${pool.cidr})`)
    return names.length === 0 ? 'any pool: there is none' : names.join(', ')
  }
}

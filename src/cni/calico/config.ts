/** When packets between nodes are wrapped: to every node, to nodes of another subnet only, or never. */
export type Encapsulation = 'Always' | 'CrossSubnet' | 'Never'

/** An IPPool (projectcalico.org/v3): addresses for pods, and how packets for them get to other nodes. */
export interface CalicoPool {
  readonly name: string
  readonly cidr: string
  /** Prefix length of the blocks that nodes claim: 26 (IPv6: 122) by default. */
  readonly blockSize: number
  readonly ipipMode: Encapsulation
  readonly vxlanMode: Encapsulation
  /** Whether packets that leave all pools get the node's address. */
  readonly natOutgoing: boolean
  /** A disabled pool keeps its routes and gives out no addresses. */
  readonly disabled: boolean
}

/** What decides how Felix writes its rules. */
export interface FelixConfig {
  /** `classic`: marks, comments and names of the 3.x releases that courses use; `current`: those of today's. */
  readonly variant: 'classic' | 'current'
  /** `FELIX_CHAININSERTMODE`: whether Felix's jumps come before all other rules of the built-in chains, or after them. */
  readonly chainInsertMode: 'Insert' | 'Append'
  /** `FELIX_DEFAULTENDPOINTTOHOSTACTION`: what becomes of packets of pods to their node that egress policies let pass. */
  readonly defaultEndpointToHostAction: 'Accept' | 'Drop' | 'Return'
}

/** Calico's own pod network, and Felix. */
export interface CalicoConfig {
  readonly name: 'calico'
  readonly pools: readonly CalicoPool[]
  /** MTU of the pods' interfaces, 0: what the encapsulation leaves of the node's. */
  readonly mtu: number
  readonly felix: FelixConfig
}

/** What Calico's IPAM keeps about a node. */
export interface CalicoNodeIpam {
  /** Blocks with affinity to the node, in the order in which it claimed them. */
  readonly blocks: readonly string[]
  /** Addresses of its pods that lie in blocks of other nodes. */
  readonly borrowed: readonly string[]
  /** Addresses of its tunnel devices. */
  readonly tunnels: { readonly ipip?: string; readonly vxlan?: string }
}

/** UDP port and identifier of Calico's overlay. */
export const CALICO_VXLAN = { port: 4789, vni: 4096 } as const

export function usesIpip(pools: readonly CalicoPool[]): boolean {
  return pools.some(pool => pool.ipipMode !== 'Never')
}

export function usesVxlan(pools: readonly CalicoPool[]): boolean {
  return pools.some(pool => pool.vxlanMode !== 'Never')
}

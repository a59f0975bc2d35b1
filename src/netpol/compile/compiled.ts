import type { KubeObject, LabelSelector } from '../../controlplane/index.ts'
import type { Prefix } from '../../wire/prefix.ts'

export type Direction = 'ingress' | 'egress'

/** 0 TCP, 1 UDP, 2 SCTP. */
export type ProtocolIndex = 0 | 1 | 2

/** In the order of `ProtocolIndex`. */
export const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const

/** Ports by number, inclusive. */
export interface NumberedPorts {
  readonly protocol: ProtocolIndex
  readonly first: number
  readonly last: number
  readonly name?: undefined
}

/** Ports by name: of one protocol, or (cluster-wide policies) of whichever the pod declares. */
export interface NamedPorts {
  readonly protocol: ProtocolIndex | undefined
  readonly name: string
}

export type PortEntry = NumberedPorts | NamedPorts

/** Whom one item of `from` or `to` means. */
export type Peer =
  | {
      readonly kind: 'pods'
      /** The policy's own namespace, where the item has no namespaceSelector. */
      readonly namespace?: string
      readonly namespaceSelector?: LabelSelector
      /** Absent: all pods. */
      readonly podSelector?: LabelSelector
      /** Cluster-wide policies never mean pods of the host network. */
      readonly neverHostNetwork: boolean
    }
  | { readonly kind: 'block'; readonly cidr: Prefix; readonly except: readonly Prefix[] }
  | { readonly kind: 'nodes'; readonly selector: LabelSelector }
  /** A peer that matches nothing here: not understood, or a DNS name. */
  | { readonly kind: 'nothing' }

export type Action = 'accept' | 'deny' | 'pass'

export interface CompiledRule {
  readonly action: Action
  /** null: everybody, inside and outside. */
  readonly peers: readonly Peer[] | null
  /** null: all ports of all protocols. */
  readonly ports: readonly PortEntry[] | null
  /** Which one of its list: `spec.ingress[index]`. */
  readonly index: number
}

/** A policy of any kind in the words that evaluation needs. */
export interface CompiledPolicy {
  readonly object: KubeObject
  /** `Kind/namespace/name`. */
  readonly key: string
  readonly tier: 'Admin' | 'NetworkPolicy' | 'Baseline'
  /** Lower comes first; 0 for a NetworkPolicy, among which there is no order. */
  readonly priority: number
  /** The namespace whose pods a NetworkPolicy may select. */
  readonly namespace: string | undefined
  readonly subject: {
    readonly namespaceSelector: LabelSelector | undefined
    readonly podSelector: LabelSelector | undefined
  }
  /** null: the policy does not speak of this direction. An empty list of a NetworkPolicy denies everything. */
  readonly ingress: readonly CompiledRule[] | null
  readonly egress: readonly CompiledRule[] | null
}

import type { RuleRef } from '../../trace/index.ts'

/** The programs whose rules a node can have. */
export const RULE_KINDS = ['iptables', 'ip6tables', 'nft', 'ipvs', 'ipset'] as const
export type RuleKind = (typeof RULE_KINDS)[number]

/** One rule, element of a set or server of a virtual server, with its counters. */
export interface RuleView {
  /** 1 is the first. */
  readonly index: number
  /** As the real tool prints it, without counters. */
  readonly text: string
  readonly comment: string | null
  readonly target: string | null
  /** Chains of the same table that a packet may go to from here. */
  readonly jumps: readonly string[]
  /** Sets that it looks into. */
  readonly sets: readonly string[]
  readonly packets: number
  readonly bytes: number
  /** The same as events name it. */
  readonly ref: RuleRef
}

/** A chain, a set or map, or a virtual server, with what is in it. */
export interface ChainView {
  readonly type: 'chain' | 'set' | 'server'
  /** `filter`; `ip kube-proxy` of nft; `ipvs` and `ipset` for those. */
  readonly table: string
  readonly name: string
  /** Of a base chain: `PREROUTING`, `prerouting priority dstnat`. */
  readonly hook: string | null
  readonly policy: string | null
  readonly rules: readonly RuleView[]
}

import type { Device } from './device.ts'
import type { NativeHooks } from './nft.ts'
import type { Skb } from './skb.ts'

/** The five hooks of the ip and ip6 families, numbered as in linux/netfilter.h. */
export const HOOK_PREROUTING = 0
export const HOOK_INPUT = 1
export const HOOK_FORWARD = 2
export const HOOK_OUTPUT = 3
export const HOOK_POSTROUTING = 4
export type Hook = 0 | 1 | 2 | 3 | 4
export const HOOK_NAMES = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'] as const

/** NF_DROP: the packet ends here. NF_ACCEPT: it goes on. NF_STOLEN: a target took it and answered (REJECT). */
export const NF_DROP = 0
export const NF_ACCEPT = 1
export const NF_STOLEN = 2
export type Verdict = 0 | 1 | 2

export type TableName = 'raw' | 'mangle' | 'nat' | 'filter' | 'security'

/** Counters of a rule or of a base chain's policy, as in `[packets:bytes]`. */
export interface RuleCounters {
  packets: number
  bytes: number
}

/** Netfilter of one namespace, both families: rules as iptables has them, conntrack and NAT at their priorities. */
export interface Netfilter {
  /**
   * Sends a packet through everything registered at a hook, in the order of priorities. At OUTPUT it re-routes the packet
   * when mangle changed its mark, addresses or tos, or nat its destination; `skb.route` then differs and `outDev` does not.
   */
  run(hook: Hook, skb: Skb, inDev: Device | null, outDev: Device | null): Verdict
  /** Base chains of nftables, run at their priorities between the tables; null while there are none. */
  native: NativeHooks | null
  /** Whether some rule of iptables needs conntrack. */
  readonly needsConntrack: boolean
  /** Applies `iptables-restore` input. Throws KH_IPTABLES with the line and column; then nothing has changed. */
  restore(family: 4 | 6, text: string, options?: RestoreOptions): void
  /** `iptables-save` text of one table or all. */
  save(family: 4 | 6, table?: TableName, options?: { readonly counters?: boolean }): string
}

export interface RestoreOptions {
  /** Keep what the input does not mention (`--noflush`). */
  readonly noflush?: boolean
  /** Take the counters from the input (`--counters`). */
  readonly counters?: boolean
  /** Name of the input in messages. */
  readonly file?: string
}

/** The sets of one namespace, as `ipset` has them. */
export interface IpsetRegistry {
  /** `ipset restore` input. Throws KH_IPSET with the line; then nothing has changed. */
  restore(text: string, file?: string): void
  /** `ipset save` text. */
  save(): string
  /**
   * Whether a packet is in a set; `flags` are the `src,dst,…` of the rule, 'src' or 'dst' a dimension. With `returnNomatch` an
   * entry marked `nomatch` counts as a hit (`--return-nomatch`).
   */
  test(set: string, skb: Skb, flags: readonly ('src' | 'dst')[], returnNomatch?: boolean): boolean
  /** `-j SET --add-set`: the packet's fields become an entry. `timeout` in seconds; `exist` refreshes an entry that is there. */
  addPacket(
    set: string,
    skb: Skb,
    flags: readonly ('src' | 'dst')[],
    options?: { readonly timeout?: number; readonly exist?: boolean },
  ): void
  /** `-j SET --del-set`. */
  deletePacket(set: string, skb: Skb, flags: readonly ('src' | 'dst')[]): void
  has(set: string): boolean
  /** Which sets rules name, told after every restore of rules: those can be neither destroyed nor renamed. */
  reference(sets: ReadonlySet<string>): void
  readonly names: readonly string[]
}

import type { Device } from './device.ts'
import type { Hook, Verdict } from './netfilter.ts'
import type { Skb } from './skb.ts'

/** A base chain of nftables as the hooks call it. */
export interface NativeChain {
  /** Lower runs first: raw −300, mangle −150, dstnat −100, filter 0, security 50, srcnat 100. */
  readonly priority: number
  /** Chains of type nat are asked together with the nat table of iptables; those of type route make OUTPUT re-route. */
  readonly type: 'filter' | 'nat' | 'route'
  /** NF_ACCEPT ends only this chain: those of higher priority see the packet too. */
  run(hook: Hook, family: 4 | 6, skb: Skb, inDev: Device | null, outDev: Device | null): Verdict
}

/** nftables' side of the hooks of one namespace, given to `Netfilter` while there is a base chain. */
export interface NativeHooks {
  /** In the order in which they run. Chains of the inet family are among those of both families. */
  chains(hook: Hook, family: 4 | 6): readonly NativeChain[]
  /** Whether there is a chain of type nat at any hook of a family: then every hook translates. */
  hasNat(family: 4 | 6): boolean
  /** Whether some rule needs conntrack. */
  readonly needsConntrack: boolean
}

/** nftables of one namespace: the native ruleset, beside the tables of iptables. */
export interface Nft {
  /**
   * Applies `nft -f` input: all of it, or nothing. Throws KH_NFT with line and column where nft or the kernel would refuse
   * it.
   */
  load(text: string, file?: string): void
  /** What `nft list ruleset` prints. */
  list(): string
  /** Whether there is no table. */
  readonly empty: boolean
}

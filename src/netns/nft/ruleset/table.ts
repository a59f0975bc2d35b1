import type { RuleCounters } from '../../model/netfilter.ts'
import type { NftSet } from '../sets/nft-set.ts'
import type { Chain } from './chain.ts'

export type TableFamily = 'ip' | 'ip6' | 'inet'

/** A table with what is in it, each in the order in which it was made. */
export class Table {
  readonly family: TableFamily
  readonly name: string
  comment: string | null
  /** `flags dormant`: its base chains are not called. */
  dormant: boolean
  readonly chains: Map<string, Chain>
  readonly sets: Map<string, NftSet>
  readonly counters: Map<string, RuleCounters>
  /** How many rules and elements go to a chain (`c NAME`), use a set (`s NAME`) or a counter (`o NAME`). */
  readonly uses: Map<string, number>
  /** The last handle that was given. */
  handle: number

  constructor(family: TableFamily, name: string, comment: string | null, dormant: boolean, from?: Table) {
    this.family = family
    this.name = name
    this.comment = comment
    this.dormant = dormant
    this.chains = new Map(from?.chains)
    this.sets = new Map(from?.sets)
    this.counters = new Map(from?.counters)
    this.uses = new Map(from?.uses)
    this.handle = from?.handle ?? 0
  }

  /** `ip kube-proxy`. */
  get key(): string {
    return `${this.family} ${this.name}`
  }

  /** The same contents, to be changed by itself. */
  copy(): Table {
    return new Table(this.family, this.name, this.comment, this.dormant, this)
  }
}

import { HOOK_NAMES, type TableName } from '../../model/netfilter.ts'
import { TABLE_HOOKS } from '../tables.ts'
import { Chain } from './chain.ts'
import { Counters } from './counters.ts'

/** One table of one family in one namespace. */
export class Table {
  readonly name: TableName
  readonly family: 4 | 6
  counters = new Counters()
  readonly chains = new Map<string, Chain>()
  /** Base chains by hook. */
  readonly base: (Chain | null)[] = [null, null, null, null, null]

  constructor(name: TableName, family: 4 | 6) {
    this.name = name
    this.family = family
    for (const hook of TABLE_HOOKS[name]) {
      const chain = new Chain(HOOK_NAMES[hook], hook, this.counters)
      this.base[hook] = chain
      this.chains.set(chain.name, chain)
    }
  }

  /** Gives back the room that replaced chains have left. */
  compact(): void {
    if (!this.counters.wasteful) return
    this.counters = new Counters()
    for (const chain of this.chains.values()) chain.moveCounters(this.counters)
  }

  /** The chain that rule `index` of `chain` goes to. */
  link(chain: Chain, index: number): Chain | null {
    chain.links ??= new Array<Chain | null>(chain.rules.length).fill(null)
    let to = chain.links[index] ?? null
    if (to === null) {
      to = this.chains.get(chain.rules[index]?.target.chain ?? '') ?? null
      chain.links[index] = to
    }
    return to
  }

  /** Base chains in the order of hooks, then user chains by name: the order of iptables-save. */
  ordered(): Chain[] {
    const all = [...this.chains.values()]
    const users = all.filter(chain => chain.hook < 0)
    users.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    return [...all.filter(chain => chain.hook >= 0).sort((a, b) => a.hook - b.hook), ...users]
  }
}

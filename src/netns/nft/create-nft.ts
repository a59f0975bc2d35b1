import type { Device } from '../model/device.ts'
import type { Namespace } from '../model/namespace.ts'
import { HOOK_NAMES, type Hook, type Verdict } from '../model/netfilter.ts'
import type { NativeChain, NativeHooks, Nft } from '../model/nft.ts'
import type { Skb } from '../model/skb.ts'
import { listRuleset } from './list/list-ruleset.ts'
import type { BaseSpec, Chain } from './ruleset/chain.ts'
import { checkTable } from './ruleset/check.ts'
import { Draft } from './ruleset/draft.ts'
import type { Table } from './ruleset/table.ts'
import type { NftSet } from './sets/nft-set.ts'
import { type NftInput, parseRuleset, type SetLookup } from './text/parse-ruleset.ts'
import { NftWalk } from './walk.ts'

/** Nft with what the model does not ask for: shared inputs, replacing a configuration, and a look at the tables. */
export interface NftRuleset extends Nft {
  /** As `load`, with input that was read before, perhaps for another namespace. */
  apply(input: NftInput): void
  /**
   * Applies the texts of a configuration in place of those of the last one, whose tables go. Elements that packets have put
   * into dynamic sets stay, when the set does.
   */
  configure(inputs: readonly ((lookup: SetLookup) => NftInput)[]): void
  readonly tables: readonly Table[]
  /** Declarations of the sets that are there. */
  readonly lookup: SetLookup
}

/** nftables of a namespace: no table exists until something is loaded into it. */
export function createNft(ns: Namespace): NftRuleset {
  return new NamespaceNft(ns)
}

class NamespaceNft implements NftRuleset {
  readonly #ns: Namespace
  #tables: ReadonlyMap<string, Table> = new Map()
  #conntrack = false
  /** Tables that the last configuration made or changed. */
  #configured: ReadonlySet<string> = new Set()

  constructor(ns: Namespace) {
    this.#ns = ns
  }

  get empty(): boolean {
    return this.#tables.size === 0
  }

  get tables(): readonly Table[] {
    return [...this.#tables.values()]
  }

  get lookup(): SetLookup {
    return (family, table, name) => this.#tables.get(`${family} ${table}`)?.sets.get(name)?.spec
  }

  load(text: string, file = '(nft)'): void {
    this.apply(parseRuleset(text, file, this.lookup))
  }

  apply(input: NftInput): void {
    this.#commit(this.#draft(this.#tables, input), input.file)
  }

  configure(inputs: readonly ((lookup: SetLookup) => NftInput)[]): void {
    let tables: ReadonlyMap<string, Table> = new Map([...this.#tables].filter(([key]) => !this.#configured.has(key)))
    const configured = new Set<string>()
    for (const read of inputs) {
      const before = tables
      const input = read((family, table, name) => before.get(`${family} ${table}`)?.sets.get(name)?.spec)
      const draft = this.#draft(tables, input)
      for (const table of draft.touched) {
        checkTable(table, input.file)
        configured.add(table.key)
      }
      tables = draft.tables
    }
    for (const [key, table] of tables) {
      const old = this.#tables.get(key)
      for (const [name, set] of table.sets) {
        const before = old?.sets.get(name)
        if (before !== undefined && set.spec.dynamic && sameKey(before, set))
          for (const element of before.store.values())
            if (set.store.get(element.key) === undefined) set.store.put(element)
      }
    }
    this.#configured = configured
    this.#become(tables)
  }

  list(): string {
    return listRuleset(this.#tables.values(), this.#ns.sim.now)
  }

  #draft(tables: ReadonlyMap<string, Table>, input: NftInput): Draft {
    const draft = new Draft(tables, input.file, this.#ns.sim.now)
    for (const command of input.commands) draft.apply(command)
    return draft
  }

  #commit(draft: Draft, file: string): void {
    for (const table of draft.touched) checkTable(table, file)
    this.#become(draft.tables)
  }

  /** Tells the hooks; switches conntrack on with the first rule that needs it, and off with the last one. */
  #become(tables: ReadonlyMap<string, Table>): void {
    this.#tables = tables
    const { netfilter, conntrack } = this.#ns
    const needed = needsConntrack(tables.values())
    const hooks = new Hooks(this.#ns, tables.values(), needed)
    netfilter.native = hooks.empty ? null : hooks
    if (needed) conntrack.enabled = true
    else if (this.#conntrack && !netfilter.needsConntrack) conntrack.enabled = false
    this.#conntrack = needed
  }
}

/** The base chains by hook and family. */
class Hooks implements NativeHooks {
  readonly needsConntrack: boolean
  readonly #chains: Readonly<Record<4 | 6, readonly (readonly NativeChain[])[]>>

  constructor(ns: Namespace, tables: Iterable<Table>, conntrack: boolean) {
    this.needsConntrack = conntrack
    const walk = new NftWalk(ns)
    const of = (): NativeChain[][] => HOOK_NAMES.map(() => [])
    const chains = { 4: of(), 6: of() }
    for (const table of tables) {
      if (table.dormant) continue
      for (const chain of table.chains.values()) {
        if (chain.base === null) continue
        const bound = new BoundChain(walk, table, chain, chain.base)
        // Of two with the same priority the one that came last is called first (nf_hook_entries_grow).
        if (table.family !== 'ip6') chains[4][chain.base.hook]?.unshift(bound)
        if (table.family !== 'ip') chains[6][chain.base.hook]?.unshift(bound)
      }
    }
    for (const family of [4, 6] as const)
      for (const list of chains[family]) list.sort((a, b) => a.priority - b.priority)
    this.#chains = chains
  }

  get empty(): boolean {
    return ([4, 6] as const).every(family => this.#chains[family].every(list => list.length === 0))
  }

  hasNat(family: 4 | 6): boolean {
    return this.#chains[family].some(list => list.some(({ type }) => type === 'nat'))
  }

  chains(hook: Hook, family: 4 | 6): readonly NativeChain[] {
    return this.#chains[family][hook] ?? []
  }
}

class BoundChain implements NativeChain {
  readonly priority: number
  readonly type: 'filter' | 'nat' | 'route'
  readonly #walk: NftWalk
  readonly #table: Table
  readonly #chain: Chain

  constructor(walk: NftWalk, table: Table, chain: Chain, base: BaseSpec) {
    this.#walk = walk
    this.#table = table
    this.#chain = chain
    this.priority = base.priority
    this.type = base.type
  }

  run(hook: Hook, family: 4 | 6, skb: Skb, inDev: Device | null, outDev: Device | null): Verdict {
    this.#walk.enter(hook, family, inDev, outDev)
    return this.#walk.chain(this.#table, this.#chain, skb)
  }
}

function needsConntrack(tables: Iterable<Table>): boolean {
  for (const table of tables)
    for (const chain of table.chains.values())
      for (const { spec } of chain.rules) if (spec.statements.some(({ needs }) => needs.conntrack === true)) return true
  return false
}

function sameKey(a: NftSet, b: NftSet): boolean {
  const key = ({ spec }: NftSet): string => spec.types.map(type => type.name).join(' . ')
  return key(a) === key(b)
}

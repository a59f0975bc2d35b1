import type { TableName } from '../../model/netfilter.ts'
import { HOOK_NAMES } from '../../model/netfilter.ts'
import type { Chain } from '../rules/chain.ts'
import { ChainProgram } from '../rules/chain-program.ts'
import { Rule } from '../rules/rule.ts'
import type { Table } from '../rules/table.ts'
import { ACTION_GOTO, chainTarget } from '../rules/target.ts'
import { TABLE_HOOKS } from '../tables.ts'
import type { ParsedRule } from '../text/command.ts'

/** A chain while a restore is being tried. `program` as long as the rules are those of one program, else `rules`. */
export class ChainDraft {
  name: string
  /** The chain it will change, null for a new one. */
  readonly chain: Chain | null
  readonly base: boolean
  policyDrop: boolean
  policyPackets: number
  policyBytes: number
  policyCounted: boolean
  #program: ChainProgram
  #rules: Rule[] | null = null
  /** Packets and bytes by rule, as in `Chain.counters`; null while all are zero. */
  #counters: number[] | null = null

  constructor(name: string, chain: Chain | null, base: boolean) {
    this.name = name
    this.chain = chain
    this.base = base
    this.policyDrop = chain?.policyDrop ?? false
    this.policyPackets = chain?.policyPackets ?? 0
    this.policyBytes = chain?.policyBytes ?? 0
    this.policyCounted = chain?.policyCounted ?? false
    this.#program = chain?.program ?? ChainProgram.EMPTY
    this.#counters = chain?.copyCounters() ?? null
  }

  get length(): number {
    return this.#rules?.length ?? this.#program.rules.length
  }

  get rules(): readonly Rule[] {
    return this.#rules ?? this.#program.rules
  }

  /** Puts a whole program in the place of what was there. */
  replaceAll(program: ChainProgram, parsed: readonly ParsedRule[], withCounters: boolean): void {
    this.#program = program
    this.#rules = null
    this.#counters = null
    if (!withCounters) return
    parsed.forEach((rule, i) => {
      if (rule.counters !== null) this.#setCounters(i, rule.counters.packets, rule.counters.bytes)
    })
  }

  /** Inserts rules before index `at` (0-based), taking the place of `removed` ones. */
  splice(at: number, removed: number, parsed: readonly ParsedRule[], withCounters: boolean): void {
    this.#rules ??= [...this.#program.rules]
    this.#rules.splice(at, removed, ...parsed.map(rule => rule.rule))
    if (this.#counters !== null) {
      while (this.#counters.length < 2 * at) this.#counters.push(0)
      this.#counters.splice(2 * at, 2 * removed, ...new Array<number>(2 * parsed.length).fill(0))
    }
    parsed.forEach((rule, i) => {
      if (withCounters && rule.counters !== null) {
        this.#setCounters(at + i, rule.counters.packets, rule.counters.bytes)
      }
    })
  }

  /** Lets rules that go to one chain go to another name; everything else of them stays. */
  retarget(from: string, to: string): void {
    this.#rules = this.rules.map(rule =>
      rule.target.chain === from
        ? new Rule(rule.header, rule.matches, chainTarget(to, rule.target.action === ACTION_GOTO))
        : rule,
    )
  }

  /** Zeroes the counters of one rule (0-based), or of all and the policy. */
  zero(index: number | null): void {
    if (index === null) {
      this.#counters = null
      this.policyPackets = 0
      this.policyBytes = 0
    } else if (this.#counters !== null && this.#counters.length > 2 * index) {
      this.#setCounters(index, 0, 0)
    }
  }

  /** The program to give to the chain. */
  program(): ChainProgram {
    if (this.#rules !== null) this.#program = new ChainProgram(this.#rules)
    this.#rules = null
    return this.#program
  }

  /** Packets and bytes by rule; null for none. */
  counters(): readonly number[] | null {
    return this.#counters
  }

  #setCounters(index: number, packets: number, bytes: number): void {
    this.#counters ??= []
    while (this.#counters.length < 2 * index) this.#counters.push(0)
    this.#counters[2 * index] = packets
    this.#counters[2 * index + 1] = bytes
  }
}

/** A table while a restore is being tried: nothing of the real one changes before `commit`. */
export class TableDraft {
  readonly name: TableName
  readonly family: 4 | 6
  /** The table as it is; null when it does not exist yet. */
  readonly table: Table | null
  /** Chains that the restore touched; null for a deleted one. */
  readonly #touched = new Map<string, ChainDraft | null>()

  constructor(name: TableName, family: 4 | 6, table: Table | null) {
    this.name = name
    this.family = family
    this.table = table
  }

  get touched(): boolean {
    return this.#touched.size > 0
  }

  has(name: string): boolean {
    const touched = this.#touched.get(name)
    if (touched !== undefined) return touched !== null
    return this.table === null ? this.#isBase(name) : this.table.chains.has(name)
  }

  /** The chain to change, undefined when there is none of that name. */
  chain(name: string): ChainDraft | undefined {
    const touched = this.#touched.get(name)
    if (touched !== undefined) return touched ?? undefined
    const chain = this.table?.chains.get(name)
    if (chain === undefined && !(this.table === null && this.#isBase(name))) return undefined
    const draft = new ChainDraft(name, chain ?? null, this.#isBase(name))
    this.#touched.set(name, draft)
    return draft
  }

  add(name: string): ChainDraft {
    const draft = new ChainDraft(name, null, false)
    this.#touched.set(name, draft)
    return draft
  }

  delete(name: string): void {
    this.#touched.set(name, null)
  }

  /** Gives a chain another name, in the rules that go to it too. */
  rename(draft: ChainDraft, to: string): void {
    const from = draft.name
    this.#touched.set(from, null)
    draft.name = to
    this.#touched.set(to, draft)
    for (const name of this.names()) {
      if (this.program(name)?.jumps.includes(from)) this.chain(name)?.retarget(from, to)
    }
  }

  /** Names of all chains as they would be. */
  names(): string[] {
    const names = new Set<string>(
      this.table === null ? TABLE_HOOKS[this.name].map(h => HOOK_NAMES[h]) : this.table.chains.keys(),
    )
    for (const [name, draft] of this.#touched) {
      if (draft === null) names.delete(name)
      else names.add(name)
    }
    return [...names]
  }

  /** The rules that a chain would have, without making it a touched one. */
  program(name: string): ChainProgram | undefined {
    const touched = this.#touched.get(name)
    if (touched !== undefined) return touched?.program()
    if (this.table === null) return this.#isBase(name) ? ChainProgram.EMPTY : undefined
    return this.table.chains.get(name)?.program
  }

  /** Whether some target is for some hooks only. */
  get restricted(): boolean {
    return this.names().some(name => this.program(name)?.restricted)
  }

  /** Without --noflush: user chains go, base chains lose their rules, policy and counters. */
  clear(): void {
    for (const name of this.table === null ? [...this.#touched.keys()] : this.names()) {
      if (!this.#isBase(name)) {
        this.#touched.set(name, null)
        continue
      }
      const chain = this.chain(name)
      if (chain === undefined) continue
      chain.replaceAll(ChainProgram.EMPTY, [], false)
      chain.zero(null)
      chain.policyDrop = false
      chain.policyCounted = false
    }
  }

  drafts(): IterableIterator<[string, ChainDraft | null]> {
    return this.#touched.entries()
  }

  #isBase(name: string): boolean {
    return TABLE_HOOKS[this.name].some(hook => HOOK_NAMES[hook] === name)
  }
}

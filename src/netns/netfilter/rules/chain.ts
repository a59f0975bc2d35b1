import type { Hook } from '../../model/netfilter.ts'
import { ChainProgram } from './chain-program.ts'
import type { Counters } from './counters.ts'
import type { Match } from './match.ts'
import type { Rule } from './rule.ts'
import { NamedRule } from './rule-ref.ts'

/** A chain as it is in one namespace: the shared program, and what only this namespace has. */
export class Chain {
  name: string
  /** The hook of a base chain, −1 for a user chain. */
  readonly hook: Hook | -1
  policyDrop = false
  policyPackets = 0
  policyBytes = 0
  /** Whether the policy has counters that are told: since it was declared (`:INPUT ACCEPT`, `-P`), not before (nf_tables). */
  policyCounted = false
  program: ChainProgram = ChainProgram.EMPTY
  /** Those of the program, within reach of the walk. */
  rules: readonly Rule[] = []
  /** The chain that rule i goes to; resolved when it is first taken. */
  links: (Chain | null)[] | null = null
  /** What matches remember: the counter of `nth`, the bucket of `limit`. */
  #states: Map<Match, unknown> | null = null
  #sites: string[] | null = null
  /** Names of rules for events, made when first told. */
  #refs: (NamedRule | undefined)[] | null = null
  #counters: Counters
  /** Where its counters are, −1 before the first packet. */
  #counterAt = -1

  constructor(name: string, hook: Hook | -1, counters: Counters) {
    this.name = name
    this.hook = hook
    this.#counters = counters
  }

  /**
   * Replaces the rules; state of matches that stay is kept.
   * @param counters Packets and bytes by rule; null for none.
   */
  setProgram(program: ChainProgram, counters: readonly number[] | null): void {
    if (this.#states !== null) {
      const kept = new Map<Match, unknown>()
      for (const rule of program.rules) {
        for (const match of rule.matches) if (this.#states.has(match)) kept.set(match, this.#states.get(match))
      }
      this.#states = kept.size === 0 ? null : kept
    }
    this.forgetCounters()
    this.program = program
    this.rules = program.rules
    this.links = null
    this.#sites = null
    this.#refs = null
    if (counters !== null) this.#setCounters(counters)
  }

  /** The chain goes, or its counters are to be nothing. */
  forgetCounters(): void {
    if (this.#counterAt >= 0) this.#counters.release(this.rules.length)
    this.#counterAt = -1
  }

  /** Moves its counters to another place. */
  moveCounters(to: Counters): void {
    const values = this.copyCounters()
    this.#counters = to
    this.#counterAt = -1
    if (values !== null) this.#setCounters(values)
  }

  count(rule: number, bytes: number): void {
    if (this.#counterAt < 0) this.#counterAt = this.#counters.allocate(this.rules.length)
    this.#counters.count(this.#counterAt + 2 * rule, bytes)
  }

  packets(rule: number): number {
    return this.#counterAt < 0 ? 0 : this.#counters.get(this.#counterAt + 2 * rule)
  }

  bytes(rule: number): number {
    return this.#counterAt < 0 ? 0 : this.#counters.get(this.#counterAt + 2 * rule + 1)
  }

  /** Packets and bytes by rule; null while all are zero. */
  copyCounters(): number[] | null {
    if (this.#counterAt < 0) return null
    return this.rules.flatMap((_, i) => [this.packets(i), this.bytes(i)])
  }

  #setCounters(values: readonly number[]): void {
    this.#counterAt = this.#counters.allocate(this.rules.length)
    values.forEach((value, i) => {
      this.#counters.set(this.#counterAt + i, value)
    })
  }

  /** Name of the draw of a rule in a tree of branches. */
  site(table: string, rule: number): string {
    this.#sites ??= []
    let site = this.#sites[rule]
    if (site === undefined) {
      site = `${table} ${this.name} ${rule + 1}`
      this.#sites[rule] = site
    }
    return site
  }

  /** A rule as events name it. */
  ref(table: string, rule: Rule, index: number): NamedRule {
    this.#refs ??= []
    let ref = this.#refs[index]
    if (ref === undefined || ref.chain !== this.name) {
      ref = new NamedRule(table, this.name, index + 1, rule)
      this.#refs[index] = ref
    }
    return ref
  }

  /** The state of a match, made by `create` when first asked for. A match always makes the same kind of state. */
  state<T>(match: Match, create: () => T): T {
    this.#states ??= new Map()
    const known = this.#states.get(match)
    if (known !== undefined) return known as T
    const made = create()
    this.#states.set(match, made)
    return made
  }
}

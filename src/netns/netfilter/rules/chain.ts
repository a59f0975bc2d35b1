import type { Hook } from '../../model/netfilter.ts'
import { ChainProgram } from './chain-program.ts'
import type { Match } from './match.ts'

/** A chain as it is in one namespace: the shared program, and what only this namespace has. */
export class Chain {
  name: string
  /** The hook of a base chain, −1 for a user chain. */
  readonly hook: Hook | -1
  policyDrop = false
  policyPackets = 0
  policyBytes = 0
  program: ChainProgram = ChainProgram.EMPTY
  /** Packets and bytes of rule i at 2i and 2i+1; made when the first packet is counted. */
  counters: Float64Array | null = null
  /** The chain that rule i goes to; resolved when it is first taken. */
  links: (Chain | null)[] | null = null
  /** What matches remember: the counter of `nth`, the bucket of `limit`. */
  #states: Map<Match, unknown> | null = null
  #sites: string[] | null = null

  constructor(name: string, hook: Hook | -1) {
    this.name = name
    this.hook = hook
  }

  /** Replaces the rules; state of matches that stay is kept. */
  setProgram(program: ChainProgram, counters: Float64Array | null): void {
    if (this.#states !== null) {
      const kept = new Map<Match, unknown>()
      for (const rule of program.rules) {
        for (const match of rule.matches) if (this.#states.has(match)) kept.set(match, this.#states.get(match))
      }
      this.#states = kept.size === 0 ? null : kept
    }
    this.program = program
    this.counters = counters
    this.links = null
    this.#sites = null
  }

  count(rule: number, bytes: number): void {
    this.counters ??= new Float64Array(2 * this.program.rules.length)
    const at = 2 * rule
    this.counters[at] = (this.counters[at] ?? 0) + 1
    this.counters[at + 1] = (this.counters[at + 1] ?? 0) + bytes
  }

  packets(rule: number): number {
    return this.counters?.[2 * rule] ?? 0
  }

  bytes(rule: number): number {
    return this.counters?.[2 * rule + 1] ?? 0
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

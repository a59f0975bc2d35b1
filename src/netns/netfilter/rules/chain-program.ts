import type { RecentUse } from './match.ts'
import type { Rule } from './rule.ts'
import { RuleIndex } from './rule-index.ts'

/** Chains shorter than this are walked rule by rule. */
export const MIN_INDEXED = 12

/**
 * The rules of a chain, immutable: every namespace whose text says the same shares one program. Facts that are needed again
 * and again are worked out once.
 */
export class ChainProgram {
  static readonly EMPTY = new ChainProgram([])

  readonly rules: readonly Rule[]
  /** Names of the chains it jumps to, each once. */
  readonly jumps: readonly string[]
  /** Whether some rule switches connection tracking on. */
  readonly conntrack: boolean
  readonly recents: readonly RecentUse[]
  /** Names of the ipsets that its rules ask or change. */
  readonly sets: ReadonlySet<string>
  /** Whether the kernel takes some match or target at some hooks only. */
  readonly restricted: boolean
  #index: RuleIndex | null | undefined

  constructor(rules: readonly Rule[]) {
    this.rules = rules
    const jumps = new Set<string>()
    const recents: RecentUse[] = []
    let conntrack = false
    let restricted = false
    const sets = new Set<string>()
    for (const rule of rules) {
      const target = rule.target
      if (target.chain !== null) jumps.add(target.chain)
      conntrack ||= target.conntrack
      restricted ||= target.hooks !== null
      if (target.set !== null) sets.add(target.set)
      for (const match of rule.matches) {
        conntrack ||= match.conntrack
        restricted ||= match.hooks !== null
        if (match.set !== null) sets.add(match.set)
        if (match.recent !== null) recents.push(match.recent)
      }
    }
    this.jumps = [...jumps]
    this.recents = recents
    this.sets = sets
    this.conntrack = conntrack
    this.restricted = restricted
  }

  /** The dispatch index, null where walking is as good. */
  get index(): RuleIndex | null {
    if (this.#index === undefined) this.#index = this.rules.length < MIN_INDEXED ? null : RuleIndex.build(this.rules)
    return this.#index
  }
}

import type { Step } from '../trace/index.ts'
import { detail, numberOf } from './detail.ts'

/** Steps that are about rules and neither decide nor change anything. */
const IDLE: ReadonlySet<string> = new Set(['ruleMiss', 'policy'])

/** Jumps into chains where nothing came of it: gathered for one line. */
export class QuietChains {
  readonly #steps: readonly Step[]
  readonly #quiet = new Set<number>()
  #gathered: { table: string; target: string }[] = []

  constructor(steps: readonly Step[]) {
    this.#steps = steps
    // From the end: what a jump leads to is known before the jump.
    for (let i = steps.length - 1; i >= 0; i--) if (this.#leadsNowhere(i)) this.#quiet.add(i)
  }

  /** Whether the rule at `i` is a jump that led nowhere; then it is kept for `take`. */
  note(i: number): boolean {
    const step = this.#steps[i]
    if (step === undefined) return false
    if (this.#marksNothing(i)) return true
    if (!this.#quiet.has(i)) return false
    if (numberOf(step, 'depth') === 0) {
      // nftables names the verdict with the chain.
      const target = detail(step, 'target').replace(/^(?:jump|goto) /, '')
      this.#gathered.push({ table: detail(step, 'table'), target })
    }
    return true
  }

  /** `nat KUBE-SERVICES; filter KUBE-FORWARD, FLANNEL-FWD: nothing there decides`. */
  take(): string | undefined {
    if (this.#gathered.length === 0) return undefined
    const tables = new Map<string, string[]>()
    for (const { table, target } of this.#gathered) tables.set(table, [...(tables.get(table) ?? []), target])
    this.#gathered = []
    return `${[...tables].map(([table, targets]) => `${table} ${targets.join(', ')}`).join('; ')}: nothing there decides`
  }

  /** A rule that sets a mark to what it is already: Felix clears its bits at every turn. */
  #marksNothing(i: number): boolean {
    const step = this.#steps[i]
    if (step?.type !== 'rule' || detail(step, 'target') !== 'MARK') return false
    return this.#steps[i + 1]?.type !== 'mark'
  }

  #leadsNowhere(i: number): boolean {
    const step = this.#steps[i]
    if (step?.type !== 'rule' || (step.action !== 'JUMP' && step.action !== 'GOTO')) return false
    const depth = numberOf(step, 'depth')
    for (let next = i + 1; next < this.#steps.length; next++) {
      const after = this.#steps[next]
      if (after === undefined || after.type === 'hook') return true
      if (IDLE.has(after.type) || this.#marksNothing(next)) continue
      if (after.type !== 'rule') return isOutsideRules(after)
      // What a goto leads to is as deep as the rule itself: nothing comes back to it.
      if (numberOf(after, 'depth') < depth + (step.action === 'GOTO' ? 0 : 1)) return true
      if (!this.#quiet.has(next)) return false
    }
    return true
  }
}

/** What happens once the walk through the rules is over; anything else came of a rule. */
function isOutsideRules(step: Step): boolean {
  return !['statistic', 'recent', 'mark', 'nat', 'log', 'drop', 'reject'].includes(step.type)
}

import type { ExactFraction } from './fraction.ts'
import { type Decision, ScriptedChance } from './scripted-chance.ts'

/** One way that a walk can go. */
export interface ExploredBranch<T> {
  readonly value: T
  readonly decisions: readonly Decision[]
  readonly probability: ExactFraction
}

export interface Exploration<T> {
  /** In the order of choices: the first alternative of the first decision comes first. */
  readonly branches: readonly ExploredBranch<T>[]
  /** False when `limit` ended it: then the probabilities sum to less than 1. */
  readonly complete: boolean
}

/**
 * Walks every branch: `walk` is called once for each, with the chance it has to use, and must start from the same state
 * each time. When complete, the probabilities sum to exactly 1.
 */
export function explore<T>(walk: (chance: ScriptedChance) => T, limit = 1024, seed = 1): Exploration<T> {
  const branches: ExploredBranch<T>[] = []
  const pending: number[][] = [[]]
  for (let prefix = pending.pop(); prefix !== undefined; prefix = pending.pop()) {
    if (branches.length >= limit) return { branches, complete: false }
    const chance = new ScriptedChance(prefix, seed)
    const value = walk(chance)
    const { decisions } = chance
    branches.push({ value, decisions, probability: chance.probability })
    const choices = decisions.map(decision => decision.chosen)
    // Pushed so that the deepest decision with its next alternative comes off the stack first.
    for (let depth = prefix.length; depth < decisions.length; depth++) {
      const alternatives = decisions[depth]?.alternatives ?? 0
      for (let choice = alternatives - 1; choice > 0; choice--) pending.push([...choices.slice(0, depth), choice])
    }
  }
  return { branches, complete: true }
}

import type { Chance } from '../model/simulation.ts'
import { Random } from './random.ts'

/**
 * Chance as a sample: every decision is drawn from a seeded generator. Decisions and arbitrary numbers come from different
 * streams, so a port that is drawn somewhere does not change which backend is chosen later.
 */
export class SeededChance implements Chance {
  readonly #decisions: Random
  readonly #arbitrary: Random

  constructor(seed: number) {
    this.#decisions = new Random(seed, 1)
    this.#arbitrary = new Random(seed, 2)
  }

  bernoulli(_site: string, numerator: number, denominator: number): boolean {
    if (numerator <= 0) return false
    if (numerator >= denominator) return true
    return this.#decisions.below(denominator) < numerator
  }

  pick(_site: string, n: number): number {
    return n <= 1 ? 0 : this.#decisions.below(n)
  }

  arbitrary(n: number): number {
    return n <= 1 ? 0 : this.#arbitrary.below(n)
  }
}

import type { Chance } from '../model/simulation.ts'
import { type ExactFraction, fraction, ONE, times } from './fraction.ts'
import { Random } from './random.ts'

/** One decision of a walk: what could have been chosen, and what was. */
export interface Decision {
  readonly site: string
  /** 0 … alternatives−1. Of a Bernoulli decision 0 is true, 1 is false. */
  readonly chosen: number
  readonly alternatives: number
  /** How the chosen alternative is called: `true`, `false` or its number. */
  readonly label: string
  /** Probability of the chosen alternative. */
  readonly probability: ExactFraction
}

/**
 * Chance as a path: takes the choices of `prefix` first, then always the first alternative, and writes down every
 * decision. Certain outcomes (0, 1, one alternative) are no decisions. A choice of the prefix that no longer exists,
 * because the world changed between two walks, counts as the last alternative.
 */
export class ScriptedChance implements Chance {
  readonly decisions: Decision[] = []
  readonly #prefix: readonly number[]
  readonly #arbitrary: Random

  /** `seed` is for the arbitrary numbers only. */
  constructor(prefix: readonly number[] = [], seed = 1) {
    this.#prefix = prefix
    this.#arbitrary = new Random(seed, 2)
  }

  bernoulli(site: string, numerator: number, denominator: number): boolean {
    if (numerator <= 0) return false
    if (numerator >= denominator) return true
    const chosen = this.#next(2)
    const weight = chosen === 0 ? numerator : denominator - numerator
    const probability = fraction(BigInt(weight), BigInt(denominator))
    this.decisions.push({ site, chosen, alternatives: 2, label: chosen === 0 ? 'true' : 'false', probability })
    return chosen === 0
  }

  pick(site: string, n: number): number {
    if (n <= 1) return 0
    const chosen = this.#next(n)
    const probability = fraction(1n, BigInt(n))
    this.decisions.push({ site, chosen, alternatives: n, label: String(chosen), probability })
    return chosen
  }

  arbitrary(n: number): number {
    return n <= 1 ? 0 : this.#arbitrary.below(n)
  }

  /** Probability of this walk: the product of its decisions. */
  get probability(): ExactFraction {
    return this.decisions.reduce((product, decision) => times(product, decision.probability), ONE)
  }

  #next(alternatives: number): number {
    return Math.min(this.#prefix[this.decisions.length] ?? 0, alternatives - 1)
  }
}

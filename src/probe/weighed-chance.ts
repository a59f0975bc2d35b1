import { type Chance, type ExactFraction, fraction, ONE, times } from '../netns/index.ts'

/** Chance that keeps account of how likely its decisions were. */
export class WeighedChance implements Chance {
  readonly #chance: Chance
  #probability: ExactFraction = ONE

  constructor(chance: Chance) {
    this.#chance = chance
  }

  /** Probability of all decisions since the last `restart`. */
  get probability(): ExactFraction {
    return this.#probability
  }

  restart(): void {
    this.#probability = ONE
  }

  bernoulli(site: string, numerator: number, denominator: number): boolean {
    const result = this.#chance.bernoulli(site, numerator, denominator)
    if (numerator > 0 && numerator < denominator) {
      const weight = result ? numerator : denominator - numerator
      this.#probability = times(this.#probability, fraction(BigInt(weight), BigInt(denominator)))
    }
    return result
  }

  pick(site: string, n: number): number {
    if (n > 1) this.#probability = times(this.#probability, fraction(1n, BigInt(n)))
    return this.#chance.pick(site, n)
  }

  arbitrary(n: number): number {
    return this.#chance.arbitrary(n)
  }
}

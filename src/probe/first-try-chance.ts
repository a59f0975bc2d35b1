import { type Chance, SeededChance } from '../netns/index.ts'

/**
 * Chance whose decisions belong to the first try of an exchange. What is decided later, for packets that are sent again because no
 * answer came, is drawn by itself: it makes no branches, and does not count into how likely the walk was.
 */
export class FirstTryChance implements Chance {
  readonly #first: Chance
  readonly #later = new SeededChance(1)
  #isLater: () => boolean = () => false

  constructor(first: Chance) {
    this.#first = first
  }

  /** `isLater` tells whether the first try is over. */
  watch(isLater: () => boolean): void {
    this.#isLater = isLater
  }

  bernoulli(site: string, numerator: number, denominator: number): boolean {
    return this.#now.bernoulli(site, numerator, denominator)
  }

  pick(site: string, n: number): number {
    return this.#now.pick(site, n)
  }

  arbitrary(n: number): number {
    return this.#first.arbitrary(n)
  }

  get #now(): Chance {
    return this.#isLater() ? this.#later : this.#first
  }
}

/**
 * sfc32 (Chris Doty-Humphrey, PractRand): a small chaotic generator of 32-bit numbers. Integer arithmetic only, so the
 * same seed gives the same numbers on every engine. Not for secrets.
 */
export class Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  /** `stream` tells generators of the same seed apart. Both are taken modulo 2³². */
  constructor(seed: number, stream = 0) {
    this.#a = seed | 0
    this.#b = Math.trunc(seed / 0x1_0000_0000) | 0
    this.#c = stream | 0
    // The state is mixed before the first number is given out (PractRand does 12 rounds).
    for (let i = 0; i < 12; i++) this.next()
  }

  /** Uniform in [0, 2³²). */
  next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (this.#c << 21) | (this.#c >>> 11)
    this.#c = (this.#c + sum) | 0
    return sum >>> 0
  }

  /** Uniform in [0, n), without bias; n is an integer, 1 … 2³². */
  below(n: number): number {
    const excess = 0x1_0000_0000 % n
    let value = this.next()
    while (value >= 0x1_0000_0000 - excess) value = this.next()
    return value % n
  }
}

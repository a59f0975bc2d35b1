const EMPTY = new Int32Array(0)
const FREE = -1

/**
 * Numbers (below 2⁵³, not negative) to lists of rule numbers, by open addressing, so that a lookup neither hashes a boxed
 * number nor allocates.
 */
export class NumberMap {
  readonly #keys: Float64Array
  readonly #lists: Int32Array[]
  readonly #mask: number

  constructor(entries: ReadonlyMap<number, readonly number[]>) {
    let size = 4
    while (size < entries.size * 2) size *= 2
    this.#mask = size - 1
    this.#keys = new Float64Array(size).fill(FREE)
    this.#lists = new Array<Int32Array>(size).fill(EMPTY)
    for (const [key, list] of entries) {
      let slot = hash(key) & this.#mask
      while (this.#keys[slot] !== FREE) slot = (slot + 1) & this.#mask
      this.#keys[slot] = key
      this.#lists[slot] = Int32Array.from(list)
    }
  }

  /** The list of a key, empty when there is none. */
  get(key: number): Int32Array {
    let slot = hash(key) & this.#mask
    for (;;) {
      const found = this.#keys[slot]
      if (found === key) return this.#lists[slot] ?? EMPTY
      if (found === FREE) return EMPTY
      slot = (slot + 1) & this.#mask
    }
  }
}

/** Mixes both halves of a number of up to 53 bits. */
function hash(key: number): number {
  const high = (key / 0x1_0000_0000) | 0
  let h = Math.imul((key | 0) ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b)
  h ^= h >>> 15
  h = Math.imul(h, 0xc2b2ae35)
  return (h ^ (h >>> 13)) >>> 0
}

const FREE = -1

/**
 * Numbers (below 2⁵³, not negative) to ascending lists of rule numbers, by open addressing in flat arrays: a lookup neither
 * hashes a boxed number nor allocates nor follows pointers.
 */
export class NumberMap {
  readonly #keys: Float64Array
  /** The list of slot i lies in `lists` from `starts[i]` to `starts[i] + counts[i]`. */
  readonly #starts: Int32Array
  readonly #counts: Int32Array
  readonly #lists: Int32Array
  readonly #mask: number

  constructor(entries: ReadonlyMap<number, readonly number[]>) {
    let size = 4
    while (size < entries.size * 2) size *= 2
    let total = 0
    for (const list of entries.values()) total += list.length
    this.#mask = size - 1
    this.#keys = new Float64Array(size).fill(FREE)
    this.#starts = new Int32Array(size)
    this.#counts = new Int32Array(size)
    this.#lists = new Int32Array(total)
    let at = 0
    for (const [key, list] of entries) {
      let slot = hash(key) & this.#mask
      while (this.#keys[slot] !== FREE) slot = (slot + 1) & this.#mask
      this.#keys[slot] = key
      this.#starts[slot] = at
      this.#counts[slot] = list.length
      this.#lists.set(list, at)
      at += list.length
    }
  }

  /** The first rule of the key's list that is ≥ `from` and < `limit`, else `limit`. */
  first(key: number, from: number, limit: number): number {
    let slot = hash(key) & this.#mask
    for (;;) {
      const found = this.#keys[slot]
      if (found === FREE) return limit
      if (found === key) break
      slot = (slot + 1) & this.#mask
    }
    const start = this.#starts[slot] ?? 0
    return firstFrom(this.#lists, start, start + (this.#counts[slot] ?? 0), from, limit)
  }
}

/** The first element of a sorted part of a list that is ≥ `from` and < `limit`, else `limit`. */
export function firstFrom(list: Int32Array, start: number, end: number, from: number, limit: number): number {
  let low = start
  let high = end
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((list[middle] ?? 0) < from) low = middle + 1
    else high = middle
  }
  if (low === end) return limit
  const found = list[low] ?? limit
  return Math.min(found, limit)
}

/** Mixes both halves of a number of up to 53 bits. */
function hash(key: number): number {
  const high = (key / 0x1_0000_0000) | 0
  let h = Math.imul((key | 0) ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b)
  h ^= h >>> 15
  h = Math.imul(h, 0xc2b2ae35)
  return (h ^ (h >>> 13)) >>> 0
}

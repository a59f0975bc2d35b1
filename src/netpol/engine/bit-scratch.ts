import { ALL_BITS, type BitRow, NO_BITS } from './bit-row.ts'

/** A dense row to compute in. It remembers which words were touched, so that clearing and copying cost what was used. */
export class BitScratch {
  words: Uint32Array
  #low = 0
  #high = 0
  #all = false

  constructor(wordCount: number) {
    this.words = new Uint32Array(wordCount)
  }

  /** Empties it and makes room for this many words. */
  reset(wordCount: number): void {
    if (this.words.length < wordCount) this.words = new Uint32Array(Math.max(wordCount, 2 * this.words.length))
    else this.words.fill(0, this.#low, this.#high)
    this.#low = 0
    this.#high = 0
    this.#all = false
  }

  get isAll(): boolean {
    return this.#all
  }

  add(index: number): void {
    const word = index >>> 5
    this.#touch(word, word + 1)
    this.words[word] = (this.words[word] ?? 0) | (1 << (index & 31))
  }

  or(row: BitRow): void {
    if (row.all) this.#all = true
    if (this.#all || row.words.length === 0) return
    const { words } = this
    const source = row.words
    const { first } = row
    this.#touch(first, first + source.length)
    for (let i = 0; i < source.length; i++) words[first + i] = (words[first + i] ?? 0) | (source[i] ?? 0)
  }

  /** Keeps what is in the row too. */
  and(row: BitRow): void {
    if (row.all) return
    const { words } = this
    const low = Math.max(this.#low, row.first)
    const high = Math.min(this.#high, row.first + row.words.length)
    if (low >= high) {
      words.fill(0, this.#low, this.#high)
      return
    }
    words.fill(0, this.#low, low)
    words.fill(0, high, this.#high)
    for (let i = low; i < high; i++) words[i] = (words[i] ?? 0) & (row.words[i - row.first] ?? 0)
  }

  /** Takes out what is in the row. */
  andNot(row: BitRow): void {
    if (row.all) {
      this.words.fill(0, this.#low, this.#high)
      return
    }
    const low = Math.max(this.#low, row.first)
    const high = Math.min(this.#high, row.first + row.words.length)
    for (let i = low; i < high; i++) this.words[i] = (this.words[i] ?? 0) & ~(row.words[i - row.first] ?? 0)
  }

  /** Sets every bit below `limit`. */
  fill(limit: number): void {
    const full = limit >>> 5
    this.#touch(0, full + ((limit & 31) === 0 ? 0 : 1))
    this.words.fill(0xffffffff, 0, full)
    if ((limit & 31) !== 0) this.words[full] = (1 << (limit & 31)) - 1
  }

  /** A copy without the zero words at both ends. */
  toRow(): BitRow {
    if (this.#all) return ALL_BITS
    let low = this.#low
    let high = this.#high
    while (low < high && this.words[low] === 0) low++
    while (high > low && this.words[high - 1] === 0) high--
    return low === high ? NO_BITS : { first: low, words: this.words.slice(low, high), all: false }
  }

  #touch(low: number, high: number): void {
    if (this.#low === this.#high) {
      this.#low = low
      this.#high = high
    } else {
      if (low < this.#low) this.#low = low
      if (high > this.#high) this.#high = high
    }
  }
}

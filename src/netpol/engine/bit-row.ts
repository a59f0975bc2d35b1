/** A set of class numbers as bits; words outside `first … first + words.length` are zero. `all` holds every number there will be. */
export interface BitRow {
  first: number
  words: Uint32Array
  readonly all: boolean
}

const NO_WORDS = new Uint32Array(0)
export const ALL_BITS: BitRow = { first: 0, words: NO_WORDS, all: true }
export const NO_BITS: BitRow = { first: 0, words: NO_WORDS, all: false }

export function testBit(row: BitRow, index: number): boolean {
  if (row.all) return true
  const word = (index >>> 5) - row.first
  if (word < 0 || word >= row.words.length) return false
  return (((row.words[word] ?? 0) >>> (index & 31)) & 1) === 1
}

/** Sets or clears a bit, growing the row where the bit lies outside. The row must not be one of the shared constants. */
export function putBit(row: BitRow, index: number, value: boolean): void {
  let at = (index >>> 5) - row.first
  if (at < 0 || at >= row.words.length) {
    if (!value) return
    const word = index >>> 5
    const empty = row.words.length === 0
    const first = empty ? word : Math.min(row.first, word)
    const end = empty ? word + 1 : Math.max(row.first + row.words.length, word + 1)
    const grown = new Uint32Array(end - first)
    if (!empty) grown.set(row.words, row.first - first)
    row.first = first
    row.words = grown
    at = (index >>> 5) - first
  }
  const bit = 1 << (index & 31)
  const before = row.words[at] ?? 0
  row.words[at] = value ? before | bit : before & ~bit
}

/** Calls with every number below `limit` in the row, in ascending order. */
export function eachBit(row: BitRow, limit: number, visit: (index: number) => void): void {
  if (row.all) {
    for (let i = 0; i < limit; i++) visit(i)
    return
  }
  for (let w = 0; w < row.words.length; w++) {
    let word = row.words[w] ?? 0
    const base = (row.first + w) << 5
    while (word !== 0) {
      const low = word & -word
      const index = base + 31 - Math.clz32(low)
      if (index < limit) visit(index)
      word ^= low
    }
  }
}

/** How many numbers are in the row; -1 for all. */
export function countBits(row: BitRow): number {
  if (row.all) return -1
  let count = 0
  for (let w = 0; w < row.words.length; w++) {
    let v = row.words[w] ?? 0
    v -= (v >>> 1) & 0x55555555
    v = (v & 0x33333333) + ((v >>> 2) & 0x33333333)
    count += (((v + (v >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24
  }
  return count
}

import { type Addr, addrToBigInt, familyOf } from '../../wire/addr.ts'
import type { Prefix } from '../../wire/prefix.ts'

/**
 * The addresses of one family, cut into ranges that no block in use distinguishes (an interval partition: blocks nest or are
 * apart, and there is one dimension). Atom 0 begins at the first address. IPv4 is computed in numbers, IPv6 in bigints.
 */
export class CidrAtoms {
  readonly family: 4 | 6
  /** First address of each atom, ascending. */
  readonly starts: readonly (number | bigint)[]

  constructor(family: 4 | 6, prefixes: Iterable<Prefix>) {
    this.family = family
    const starts = new Set<number | bigint>([order(0n, family)])
    for (const prefix of prefixes) {
      if (prefix.family !== family) continue
      const first = addrToBigInt(prefix.addr)
      starts.add(order(first, family))
      const behind = first + prefix.size
      if (behind < 1n << (family === 4 ? 32n : 128n)) starts.add(order(behind, family))
    }
    this.starts = [...starts].sort((a, b) => (a < b ? -1 : 1))
  }

  /** The atom of an address of this family. */
  find(addr: Addr): number {
    const wanted = this.family === 4 ? addr : addrToBigInt(addr)
    let low = 0
    let high = this.starts.length
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if ((this.starts[middle] ?? 0) <= wanted) low = middle
      else high = middle
    }
    return low
  }

  /** First and behind-last atom of a block; undefined where the block would cut one. */
  span(prefix: Prefix): readonly [first: number, end: number] | undefined {
    if (prefix.family !== this.family) return [0, 0]
    const start = addrToBigInt(prefix.addr)
    const first = this.#exact(order(start, this.family))
    const behind = start + prefix.size
    const end =
      behind === 1n << (this.family === 4 ? 32n : 128n) ? this.starts.length : this.#exact(order(behind, this.family))
    return first === undefined || end === undefined ? undefined : [first, end]
  }

  /** First and last address of an atom, as integers. */
  range(atom: number): readonly [first: bigint, last: bigint] {
    const next = this.starts[atom + 1]
    const behind = next === undefined ? 1n << (this.family === 4 ? 32n : 128n) : BigInt(next)
    return [BigInt(this.starts[atom] ?? 0), behind - 1n]
  }

  #exact(start: number | bigint): number | undefined {
    let low = 0
    let high = this.starts.length
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if ((this.starts[middle] ?? 0) <= start) low = middle
      else high = middle
    }
    return this.starts[low] === start ? low : undefined
  }

  has(addr: Addr): boolean {
    return familyOf(addr) === this.family
  }
}

function order(value: bigint, family: 4 | 6): number | bigint {
  return family === 4 ? Number(value) : value
}

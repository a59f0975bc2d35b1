import type { Addr } from '../../../wire/addr.ts'
import { maskAddr, Prefix } from '../../../wire/prefix.ts'
import type { DataType, Value } from './data-type.ts'

/**
 * One value, a prefix, a range, or all names that begin alike (`eth*`). What stands in elements and on the right side of a
 * comparison. Immutable.
 */
export class Interval {
  readonly type: DataType
  readonly lo: Value
  readonly hi: Value
  readonly #form: 'value' | 'prefix' | 'range' | 'wildcard'
  readonly #length: number

  private constructor(type: DataType, lo: Value, hi: Value, form: Interval['form'], length = 0) {
    this.type = type
    this.lo = lo
    this.hi = hi
    this.#form = form
    this.#length = length
  }

  static value(type: DataType, value: Value): Interval {
    return new Interval(type, value, value, 'value')
  }

  /** `ADDRESS/LENGTH`, with the host bits cleared; a full length is a single value. */
  static prefix(type: DataType, addr: Addr, length: number): Interval {
    const prefix = new Prefix(addr, length)
    const full = prefix.family === 4 ? 32 : 128
    if (length === full) return Interval.value(type, addr)
    return new Interval(type, prefix.addr, prefix.last, 'prefix', length)
  }

  static range(type: DataType, lo: Value, hi: Value): Interval {
    return lo === hi ? Interval.value(type, lo) : new Interval(type, lo, hi, 'range')
  }

  static wildcard(type: DataType, start: string): Interval {
    return new Interval(type, start, start, 'wildcard')
  }

  get form(): 'value' | 'prefix' | 'range' | 'wildcard' {
    return this.#form
  }

  /** Bits of a prefix. */
  get length(): number {
    return this.#length
  }

  get single(): boolean {
    return this.#form === 'value'
  }

  has(value: Value): boolean {
    switch (this.#form) {
      case 'value':
        return value === this.lo
      case 'wildcard':
        return typeof value === 'string' && typeof this.lo === 'string' && value.startsWith(this.lo)
      case 'prefix':
        // Only addresses have prefixes.
        return maskAddr(value as Addr, this.#length) === this.lo
      case 'range': {
        const order = this.type.order(value)
        return order >= this.type.order(this.lo) && order <= this.type.order(this.hi)
      }
    }
  }

  overlaps(other: Interval): boolean {
    return this.lowest <= other.highest && other.lowest <= this.highest
  }

  get lowest(): number | bigint {
    return this.type.order(this.lo)
  }

  get highest(): number | bigint {
    return this.type.order(this.hi)
  }

  toString(): string {
    const lo = this.type.format(this.lo)
    switch (this.#form) {
      case 'value':
        return lo
      case 'prefix':
        return `${lo}/${this.#length}`
      case 'range':
        return `${lo}-${this.type.format(this.hi)}`
      case 'wildcard':
        return `"${this.lo}*"`
    }
  }
}

import { KubehopError } from '../errors.ts'
import {
  type Addr,
  addrFromBigInt,
  addrToBigInt,
  familyOf,
  formatAddr,
  isV6,
  tryParseAddr,
  v4,
  v6,
  v6Word,
} from './addr.ts'

/** A network prefix, such as 10.244.0.0/16 or fd00::/64. Host bits are always zero. Immutable. */
export class Prefix {
  readonly addr: Addr
  /** 0 … 32 or 0 … 128. */
  readonly length: number
  readonly #mask: number

  constructor(addr: Addr, length: number) {
    this.addr = maskAddr(addr, length)
    this.length = length
    this.#mask = mask32(length)
  }

  get family(): 4 | 6 {
    return familyOf(this.addr)
  }

  /** Whether the address lies in this prefix; false for the other family. */
  contains(addr: Addr): boolean {
    if (isV6(addr)) return isV6(this.addr) && maskAddr(addr, this.length) === this.addr
    return !isV6(this.addr) && ((addr ^ this.addr) & this.#mask) === 0
  }

  /** Whether every address of `other` lies in this prefix. */
  covers(other: Prefix): boolean {
    return other.length >= this.length && this.contains(other.addr)
  }

  overlaps(other: Prefix): boolean {
    return this.covers(other) || other.covers(this)
  }

  /** The last address: the broadcast address of an IPv4 subnet. */
  get last(): Addr {
    const bits = this.family === 4 ? 32n : 128n
    return addrFromBigInt(addrToBigInt(this.addr) | ((1n << (bits - BigInt(this.length))) - 1n), this.family)
  }

  /** How many addresses, as a bigint. */
  get size(): bigint {
    return 1n << BigInt((this.family === 4 ? 32 : 128) - this.length)
  }

  /** Address number `index` of the prefix (0 is the network address). */
  at(index: number | bigint): Addr {
    return addrFromBigInt(addrToBigInt(this.addr) + BigInt(index), this.family)
  }

  equals(other: Prefix): boolean {
    return this.addr === other.addr && this.length === other.length
  }

  toString(): string {
    return `${formatAddr(this.addr)}/${this.length}`
  }
}

/** The 32-bit netmask of a length, as a signed number usable with `&`. */
export function mask32(length: number): number {
  return length <= 0 ? 0 : length >= 32 ? -1 : -1 << (32 - length)
}

/** The address with all bits after the first `length` cleared. */
export function maskAddr(addr: Addr, length: number): Addr {
  if (!isV6(addr)) return v4(addr & mask32(length))
  if (length >= 128) return addr
  return v6(
    v6Word(addr, 0) & mask32(length),
    v6Word(addr, 1) & mask32(length - 32),
    v6Word(addr, 2) & mask32(length - 64),
    v6Word(addr, 3) & mask32(length - 96),
  )
}

/** `ADDRESS/LENGTH`, keeping the address as written. Undefined where it is not one. A bare address gets its full length. */
export function tryParseCidr(text: string): { addr: Addr; length: number } | undefined {
  const slash = text.indexOf('/')
  const addr = tryParseAddr(slash < 0 ? text : text.slice(0, slash))
  if (addr === undefined) return undefined
  const bits = isV6(addr) ? 128 : 32
  if (slash < 0) return { addr, length: bits }
  const digits = text.slice(slash + 1)
  if (!/^(?:0|[1-9][0-9]{0,2})$/.test(digits) || Number(digits) > bits) return undefined
  return { addr, length: Number(digits) }
}

/** Reads a prefix; host bits are cleared. Throws KH_ADDRESS. */
export function parsePrefix(text: string): Prefix {
  const cidr = tryParseCidr(text)
  if (cidr === undefined) {
    throw new KubehopError('KH_ADDRESS', `${JSON.stringify(text)} is not a network prefix such as 10.244.0.0/16`)
  }
  return new Prefix(cidr.addr, cidr.length)
}

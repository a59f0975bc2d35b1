import ipaddr from 'ipaddr.js'
import { KubehopError } from '../errors.ts'

/**
 * An IP address as one number, so that packets, tuples and routes compare and hash addresses without strings.
 *
 * - IPv4: its 32-bit value, 0 … 2³²−1 (10.0.0.1 is 0x0a000001).
 * - IPv6: a handle ≥ 2³², given out by an intern table that holds the four words. Equal addresses have equal handles
 *   within a process; handles carry no order and are never printed. The table only grows: 2²⁰ distinct IPv6 addresses take
 *   about 100 MB, and interning more than `MAX_INTERNED` is refused.
 *
 * `0` is IPv4 0.0.0.0 (unspecified); `V6_ANY` is `::`.
 */
export type Addr = number & { readonly __brand: 'Addr' }

const V6_BASE = 0x1_0000_0000
const MAX_INTERNED = 1 << 22

/** Words of interned address i are at 4i … 4i+3, most significant first, as unsigned 32-bit numbers. */
let words = new Uint32Array(4 * 1024)
let interned = 0
const handles = new Map<string, number>()

export const V4_ANY = 0 as Addr
export const V6_ANY: Addr = v6(0, 0, 0, 0)

/** The IPv4 address with this 32-bit value (signed or unsigned). */
export function v4(value: number): Addr {
  return (value >>> 0) as Addr
}

/** The IPv6 address with these four 32-bit words, most significant first. */
export function v6(w0: number, w1: number, w2: number, w3: number): Addr {
  const key = String.fromCharCode(
    w0 >>> 16,
    w0 & 0xffff,
    w1 >>> 16,
    w1 & 0xffff,
    w2 >>> 16,
    w2 & 0xffff,
    w3 >>> 16,
    w3 & 0xffff,
  )
  const known = handles.get(key)
  if (known !== undefined) return known as Addr
  if (interned >= MAX_INTERNED) throw new KubehopError('KH_LIMIT', `more than ${MAX_INTERNED} distinct IPv6 addresses`)
  const at = 4 * interned
  if (at >= words.length) {
    const grown = new Uint32Array(words.length * 2)
    grown.set(words)
    words = grown
  }
  words[at] = w0
  words[at + 1] = w1
  words[at + 2] = w2
  words[at + 3] = w3
  const handle = V6_BASE + interned
  interned++
  handles.set(key, handle)
  return handle as Addr
}

export function isV6(addr: Addr): boolean {
  return addr >= V6_BASE
}

/** 4 or 6. */
export function familyOf(addr: Addr): 4 | 6 {
  return addr >= V6_BASE ? 6 : 4
}

/** Word `index` (0 = most significant, 3 = least) of an IPv6 address. */
export function v6Word(addr: Addr, index: 0 | 1 | 2 | 3): number {
  return words[4 * (addr - V6_BASE) + index] ?? 0
}

/** 0.0.0.0 or ::. */
export function isUnspecified(addr: Addr): boolean {
  return addr === V4_ANY || addr === V6_ANY
}

/** 224.0.0.0/4 or ff00::/8. */
export function isMulticast(addr: Addr): boolean {
  return addr >= V6_BASE ? v6Word(addr, 0) >>> 24 === 0xff : addr >= 0xe0000000 && addr < 0xf0000000
}

/** 127.0.0.0/8 or ::1. */
export function isLoopback(addr: Addr): boolean {
  if (addr < V6_BASE) return addr >= 0x7f000000 && addr < 0x80000000
  return v6Word(addr, 0) === 0 && v6Word(addr, 1) === 0 && v6Word(addr, 2) === 0 && v6Word(addr, 3) === 1
}

/** fe80::/10 (IPv6) or 169.254.0.0/16 (IPv4). */
export function isLinkLocal(addr: Addr): boolean {
  if (addr < V6_BASE) return addr >>> 16 === 0xa9fe
  return v6Word(addr, 0) >>> 22 === 0xfe80 >>> 6
}

const DECIMAL_OCTET = /^(?:0|[1-9][0-9]{0,2})$/

/**
 * Reads an address. Strict: four plain decimal parts for IPv4 (no leading zeros, no short or hexadecimal forms), RFC 4291
 * text for IPv6 without a zone. Returns undefined where the text is not an address.
 */
export function tryParseAddr(text: string): Addr | undefined {
  if (text.length > 45) return undefined
  if (!text.includes(':')) {
    const parts = text.split('.')
    if (parts.length !== 4) return undefined
    let value = 0
    for (const part of parts) {
      if (!DECIMAL_OCTET.test(part)) return undefined
      const octet = Number(part)
      if (octet > 255) return undefined
      value = value * 256 + octet
    }
    return v4(value)
  }
  if (text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined
  const parts = ipaddr.IPv6.parse(text).parts
  const word = (i: number): number => (((parts[i] ?? 0) << 16) | (parts[i + 1] ?? 0)) >>> 0
  return v6(word(0), word(2), word(4), word(6))
}

/** As `tryParseAddr`, but throws KH_ADDRESS. */
export function parseAddr(text: string): Addr {
  const addr = tryParseAddr(text)
  if (addr === undefined) throw new KubehopError('KH_ADDRESS', `${JSON.stringify(text)} is not an IP address`)
  return addr
}

/** Dotted quad, or RFC 5952 text for IPv6. */
export function formatAddr(addr: Addr): string {
  if (addr < V6_BASE) return `${addr >>> 24}.${(addr >>> 16) & 255}.${(addr >>> 8) & 255}.${addr & 255}`
  const parts: number[] = []
  for (const i of [0, 1, 2, 3] as const) {
    const word = v6Word(addr, i)
    parts.push(word >>> 16, word & 0xffff)
  }
  return new ipaddr.IPv6(parts).toRFC5952String()
}

/** The address as 4 or 16 bytes in network order. */
export function addrBytes(addr: Addr): Uint8Array {
  if (addr < V6_BASE) return Uint8Array.of(addr >>> 24, (addr >>> 16) & 255, (addr >>> 8) & 255, addr & 255)
  const bytes = new Uint8Array(16)
  const view = new DataView(bytes.buffer)
  for (const i of [0, 1, 2, 3] as const) view.setUint32(4 * i, v6Word(addr, i))
  return bytes
}

/** Writes the 4 or 16 bytes of the address at `offset`, without allocating an array as `addrBytes` does. */
export function writeAddr(addr: Addr, view: DataView, offset: number): void {
  if (addr < V6_BASE) {
    view.setUint32(offset, addr)
    return
  }
  const at = 4 * (addr - V6_BASE)
  for (let i = 0; i < 4; i++) view.setUint32(offset + 4 * i, words[at + i] ?? 0)
}

/** The inverse of `addrBytes`: 4 or 16 bytes at `offset`. */
export function addrFromBytes(bytes: Uint8Array, offset: number, length: 4 | 16): Addr {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, length)
  if (length === 4) return v4(view.getUint32(0))
  return v6(view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12))
}

/** The address as an unsigned integer (32 or 128 bits), for arithmetic off the hot path. */
export function addrToBigInt(addr: Addr): bigint {
  if (addr < V6_BASE) return BigInt(addr)
  let value = 0n
  for (const i of [0, 1, 2, 3] as const) value = (value << 32n) | BigInt(v6Word(addr, i))
  return value
}

/** The inverse of `addrToBigInt`; takes the value modulo 2³² or 2¹²⁸. */
export function addrFromBigInt(value: bigint, family: 4 | 6): Addr {
  if (family === 4) return v4(Number(BigInt.asUintN(32, value)))
  const word = (shift: bigint): number => Number(BigInt.asUintN(32, value >> shift))
  return v6(word(96n), word(64n), word(32n), word(0n))
}

/** The address `offset` further on (negative: back), within its family. */
export function addrPlus(addr: Addr, offset: number): Addr {
  return addrFromBigInt(addrToBigInt(addr) + BigInt(offset), familyOf(addr))
}

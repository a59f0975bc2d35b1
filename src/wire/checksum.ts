import { type Addr, isV6, v6Word } from './addr.ts'

/**
 * The sum of 16-bit words of RFC 1071 §1, not yet folded: `initial` plus every word of `bytes` from `start` to `end`. An odd
 * last byte counts as the high half of a word. At most 2²¹ bytes keep the sum exact.
 */
export function sumWords(bytes: Uint8Array, start = 0, end = bytes.length, initial = 0): number {
  let sum = initial
  let i = start
  for (; i + 1 < end; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0)
  if (i < end) sum += (bytes[i] ?? 0) << 8
  return sum
}

/** One's complement of the folded sum: what a checksum field gets. */
export function foldChecksum(sum: number): number {
  while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000)
  return ~sum & 0xffff
}

/** The Internet checksum of RFC 1071. It is 0 over data that contains its own right checksum. */
export function internetChecksum(bytes: Uint8Array, start = 0, end = bytes.length, initial = 0): number {
  return foldChecksum(sumWords(bytes, start, end, initial))
}

/**
 * Sum of the pseudo header that TCP, UDP and ICMPv6 checksums include: RFC 9293 §3.1 for IPv4, RFC 8200 §8.1 for IPv6.
 * `length` is the transport header and its data in bytes.
 */
export function pseudoHeaderSum(src: Addr, dst: Addr, protocol: number, length: number): number {
  const high = Math.floor(length / 0x10000)
  return sumAddr(src) + sumAddr(dst) + protocol + high + (length % 0x10000)
}

function sumAddr(addr: Addr): number {
  if (!isV6(addr)) return (addr >>> 16) + (addr & 0xffff)
  let sum = 0
  for (let i = 0 as 0 | 1 | 2 | 3; ; i++) {
    const word = v6Word(addr, i)
    sum += (word >>> 16) + (word & 0xffff)
    if (i === 3) return sum
  }
}

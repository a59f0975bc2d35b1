import { type Addr, isV6 } from './addr.ts'
import { dataView, needBytes, wireError } from './bytes.ts'
import { internetChecksum, pseudoHeaderSum } from './checksum.ts'
import { IPPROTO_UDP } from './protocol.ts'

export const UDP_HEADER_LENGTH = 8

/** The UDP header (RFC 768). */
export interface UdpHeader {
  readonly sport: number
  readonly dport: number
  /** Header and data in bytes. */
  readonly length: number
  /** Whether the checksum is used. Without it the field is zero, which IPv6 allows tunnels only (RFC 6935). */
  readonly checksum: boolean
}

/**
 * Reads the header at the start of a datagram. `quoted`: only its beginning is there, in an ICMP error. Throws KH_WIRE.
 */
export function parseUdp(bytes: Uint8Array, quoted = false): UdpHeader {
  needBytes('UDP', bytes, UDP_HEADER_LENGTH)
  const view = dataView(bytes)
  const length = view.getUint16(4)
  if (length < UDP_HEADER_LENGTH) throw wireError('UDP', `length ${length} is below the header's 8`)
  if (!quoted) needBytes('UDP length', bytes, length)
  return { sport: view.getUint16(0), dport: view.getUint16(2), length, checksum: view.getUint16(6) !== 0 }
}

/**
 * Writes the header at the start of `bytes`, the whole datagram whose data is in place; `src` and `dst` are needed for the
 * pseudo header. A sum of zero is sent as all ones, since "an all zero transmitted checksum value means that the
 * transmitter generated no checksum" (RFC 768).
 */
export function writeUdp(header: UdpHeader, bytes: Uint8Array, src: Addr, dst: Addr): void {
  needBytes('UDP', bytes, header.length)
  const view = dataView(bytes)
  view.setUint16(0, header.sport)
  view.setUint16(2, header.dport)
  view.setUint16(4, header.length)
  view.setUint16(6, 0)
  if (!header.checksum) return
  const sum = internetChecksum(bytes, 0, header.length, pseudoHeaderSum(src, dst, IPPROTO_UDP, header.length))
  view.setUint16(6, sum === 0 ? 0xffff : sum)
}

/** Whether the datagram's checksum is right, or absent where it may be. */
export function udpChecksumOk(bytes: Uint8Array, src: Addr, dst: Addr): boolean {
  const { length, checksum } = parseUdp(bytes)
  if (!checksum) return !isV6(dst)
  return internetChecksum(bytes, 0, length, pseudoHeaderSum(src, dst, IPPROTO_UDP, length)) === 0
}

/** `udp 40000 > 53, length 20`: the length is the data's. */
export function formatUdp(header: UdpHeader): string {
  return `udp ${header.sport} > ${header.dport}, length ${header.length - UDP_HEADER_LENGTH}`
}

import { type Addr, addrFromBytes, formatAddr, V4_ANY, V6_ANY, writeAddr } from './addr.ts'
import { dataView, needBytes, wireError } from './bytes.ts'
import { protocolName } from './protocol.ts'

export const IPV6_HEADER_LENGTH = 40

/** The fixed IPv6 header (RFC 8200 §3). It has no checksum. */
export interface Ipv6Header {
  readonly trafficClass: number
  /** 20 bits (RFC 6437). */
  readonly flowLabel: number
  /** Extension headers and data, in bytes. */
  readonly payloadLength: number
  readonly nextHeader: number
  readonly hopLimit: number
  readonly src: Addr
  readonly dst: Addr
}

/**
 * Reads the header at the start of a packet. `quoted`: the packet stands in an ICMPv6 error, which may hold only its
 * beginning. Throws KH_WIRE.
 */
export function parseIpv6(bytes: Uint8Array, quoted = false): Ipv6Header {
  needBytes('IPv6', bytes, IPV6_HEADER_LENGTH)
  const view = dataView(bytes)
  const first = view.getUint32(0)
  if (first >>> 28 !== 6) throw wireError('IPv6', `version ${first >>> 28} found, 6 expected`)
  const payloadLength = view.getUint16(4)
  if (!quoted) needBytes('IPv6 payload length', bytes, IPV6_HEADER_LENGTH + payloadLength)
  return {
    trafficClass: (first >>> 20) & 0xff,
    flowLabel: first & 0xfffff,
    payloadLength,
    nextHeader: view.getUint8(6),
    hopLimit: view.getUint8(7),
    src: addrFromBytes(bytes, 8, 16),
    dst: addrFromBytes(bytes, 24, 16),
  }
}

/** Writes the header at the start of `bytes`. An unset IPv4 0.0.0.0 counts as `::`. Throws KH_WIRE. */
export function writeIpv6(header: Ipv6Header, bytes: Uint8Array): void {
  if (header.payloadLength > 0xffff)
    throw wireError('IPv6', `payload length ${header.payloadLength} is more than 65535`)
  needBytes('IPv6', bytes, IPV6_HEADER_LENGTH)
  const view = dataView(bytes)
  view.setUint32(0, (0x60000000 | (header.trafficClass << 20) | header.flowLabel) >>> 0)
  view.setUint16(4, header.payloadLength)
  view.setUint8(6, header.nextHeader)
  view.setUint8(7, header.hopLimit)
  writeAddr(header.src === V4_ANY ? V6_ANY : header.src, view, 8)
  writeAddr(header.dst === V4_ANY ? V6_ANY : header.dst, view, 24)
}

/** `fd00::1 > fd00::2: tcp, hlim 64, length 40`: the length is the payload's, as tcpdump has it. */
export function formatIpv6(header: Ipv6Header): string {
  return `${formatAddr(header.src)} > ${formatAddr(header.dst)}: ${protocolName(header.nextHeader)}, hlim ${header.hopLimit}, length ${header.payloadLength}`
}

import { type Addr, formatAddr, v4, writeAddr } from './addr.ts'
import { dataView, needBytes, wireError } from './bytes.ts'
import { internetChecksum } from './checksum.ts'
import { protocolName } from './protocol.ts'

/** The IPv4 header (RFC 791 §3.1). */
export interface Ipv4Header {
  /** DSCP and ECN in one byte (RFC 2474, RFC 3168). */
  readonly tos: number
  /** Total length: header and data, 20 … 65535 bytes. */
  readonly length: number
  readonly id: number
  readonly df: boolean
  readonly mf: boolean
  /** In bytes, a multiple of 8 below 65536. */
  readonly fragOffset: number
  readonly ttl: number
  readonly protocol: number
  readonly src: Addr
  readonly dst: Addr
  /** Raw options, a multiple of 4 and at most 40 bytes. They are carried, not interpreted. */
  readonly options: Uint8Array
}

const NO_OPTIONS = new Uint8Array(0)

/** 20 … 60. */
export function ipv4HeaderLength(header: Ipv4Header): number {
  return 20 + header.options.length
}

/**
 * Reads the header at the start of a packet. `quoted`: the packet stands in an ICMP error, which holds only its beginning,
 * so `length` may be more than what is there. Throws KH_WIRE. The checksum is not looked at: see `ipv4ChecksumOk`.
 */
export function parseIpv4(bytes: Uint8Array, quoted = false): Ipv4Header {
  needBytes('IPv4', bytes, 20)
  const view = dataView(bytes)
  const version = view.getUint8(0) >>> 4
  if (version !== 4) throw wireError('IPv4', `version ${version} found, 4 expected`)
  const headerLength = 4 * (view.getUint8(0) & 0xf)
  if (headerLength < 20) throw wireError('IPv4', `header length ${headerLength} is below 20`)
  needBytes('IPv4 options', bytes, headerLength)
  const length = view.getUint16(2)
  if (length < headerLength) throw wireError('IPv4', `total length ${length} is below the header's ${headerLength}`)
  if (!quoted) needBytes('IPv4 total length', bytes, length)
  const frag = view.getUint16(6)
  return {
    tos: view.getUint8(1),
    length,
    id: view.getUint16(4),
    df: (frag & 0x4000) !== 0,
    mf: (frag & 0x2000) !== 0,
    fragOffset: 8 * (frag & 0x1fff),
    ttl: view.getUint8(8),
    protocol: view.getUint8(9),
    src: v4(view.getUint32(12)),
    dst: v4(view.getUint32(16)),
    options: headerLength === 20 ? NO_OPTIONS : bytes.slice(20, headerLength),
  }
}

/** Writes the header and its checksum at the start of `bytes`. Throws KH_WIRE for options or a length that do not fit. */
export function writeIpv4(header: Ipv4Header, bytes: Uint8Array): void {
  const headerLength = ipv4HeaderLength(header)
  if (headerLength > 60 || headerLength % 4 !== 0) {
    throw wireError('IPv4', `${header.options.length} bytes of options are not a multiple of 4 up to 40`)
  }
  if (header.length > 0xffff) throw wireError('IPv4', `total length ${header.length} is more than 65535`)
  needBytes('IPv4', bytes, headerLength)
  const view = dataView(bytes)
  view.setUint8(0, 0x40 | (headerLength / 4))
  view.setUint8(1, header.tos)
  view.setUint16(2, header.length)
  view.setUint16(4, header.id)
  view.setUint16(6, (header.df ? 0x4000 : 0) | (header.mf ? 0x2000 : 0) | (header.fragOffset >>> 3))
  view.setUint8(8, header.ttl)
  view.setUint8(9, header.protocol)
  view.setUint16(10, 0)
  writeAddr(header.src, view, 12)
  writeAddr(header.dst, view, 16)
  bytes.set(header.options, 20)
  view.setUint16(10, internetChecksum(bytes, 0, headerLength))
}

/** Whether the header that starts `bytes` has its right checksum (over the header alone, RFC 791 §3.1). */
export function ipv4ChecksumOk(bytes: Uint8Array): boolean {
  return internetChecksum(bytes, 0, 4 * ((bytes[0] ?? 0) & 0xf)) === 0
}

/** `10.0.0.1 > 10.0.0.2: tcp, ttl 64, id 7, flags [DF], length 60`. */
export function formatIpv4(header: Ipv4Header): string {
  const flags = header.df ? (header.mf ? 'DF,+' : 'DF') : header.mf ? '+' : 'none'
  const offset = header.fragOffset === 0 ? '' : `, offset ${header.fragOffset}`
  return `${formatAddr(header.src)} > ${formatAddr(header.dst)}: ${protocolName(header.protocol)}, ttl ${header.ttl}, id ${header.id}${offset}, flags [${flags}], length ${header.length}`
}

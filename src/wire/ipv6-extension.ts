import { dataView, needBytes, wireError } from './bytes.ts'
import { IPPROTO_FRAGMENT } from './protocol.ts'

export const IPV6_FRAGMENT_LENGTH = 8
const HOP_BY_HOP = 0
const ROUTING = 43
const DESTINATION_OPTIONS = 60

/** More extension headers than any honest packet has (RFC 8504 §5.3 lets a host give up much earlier). */
const MAX_EXTENSIONS = 8

/** The fragment extension header (RFC 8200 §4.5). */
export interface Ipv6FragmentHeader {
  readonly nextHeader: number
  /** In bytes, a multiple of 8. */
  readonly fragOffset: number
  readonly mf: boolean
  /** 32 bits. */
  readonly id: number
}

/** What stands between the fixed header and the transport header. */
export interface Ipv6Extensions {
  /** Protocol of what follows all extension headers. */
  readonly protocol: number
  /** Bytes that the extension headers take. */
  readonly length: number
  readonly fragment: Ipv6FragmentHeader | null
}

/** Reads a fragment header at the start of `bytes`. Throws KH_WIRE. */
export function parseIpv6Fragment(bytes: Uint8Array): Ipv6FragmentHeader {
  needBytes('IPv6 fragment', bytes, IPV6_FRAGMENT_LENGTH)
  const view = dataView(bytes)
  const offset = view.getUint16(2)
  return {
    nextHeader: view.getUint8(0),
    fragOffset: offset & 0xfff8,
    mf: (offset & 1) === 1,
    id: view.getUint32(4),
  }
}

/** Writes a fragment header at the start of `bytes`. */
export function writeIpv6Fragment(header: Ipv6FragmentHeader, bytes: Uint8Array): void {
  needBytes('IPv6 fragment', bytes, IPV6_FRAGMENT_LENGTH)
  const view = dataView(bytes)
  view.setUint8(0, header.nextHeader)
  view.setUint8(1, 0)
  view.setUint16(2, (header.fragOffset & 0xfff8) | (header.mf ? 1 : 0))
  view.setUint32(4, header.id)
}

/**
 * Walks the extension headers that follow the fixed header: hop-by-hop, routing and destination options are skipped, a
 * fragment header is read. Behind a fragment header of a later piece there is data, not a header: the walk ends there.
 * Throws KH_WIRE.
 */
export function parseIpv6Extensions(bytes: Uint8Array, nextHeader: number): Ipv6Extensions {
  let protocol = nextHeader
  let length = 0
  let fragment: Ipv6FragmentHeader | null = null
  for (let count = 0; ; count++) {
    if (count > MAX_EXTENSIONS) throw wireError('IPv6', `more than ${MAX_EXTENSIONS} extension headers`)
    const rest = bytes.subarray(length)
    if (protocol === IPPROTO_FRAGMENT) {
      if (fragment !== null) throw wireError('IPv6', 'a second fragment header')
      fragment = parseIpv6Fragment(rest)
      protocol = fragment.nextHeader
      length += IPV6_FRAGMENT_LENGTH
      if (fragment.fragOffset > 0) return { protocol, length, fragment }
    } else if (protocol === HOP_BY_HOP || protocol === ROUTING || protocol === DESTINATION_OPTIONS) {
      needBytes('IPv6 extension', rest, 8)
      const size = 8 + 8 * (rest[1] ?? 0)
      needBytes('IPv6 extension', rest, size)
      protocol = rest[0] ?? 0
      length += size
    } else {
      return { protocol, length, fragment }
    }
  }
}

/** `frag id 0x00000007 offset 1448 +`. */
export function formatIpv6Fragment(header: Ipv6FragmentHeader): string {
  return `frag id 0x${header.id.toString(16).padStart(8, '0')} offset ${header.fragOffset}${header.mf ? ' +' : ''}`
}

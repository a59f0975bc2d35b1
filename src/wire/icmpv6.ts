import type { Addr } from './addr.ts'
import { dataView, needBytes } from './bytes.ts'
import { internetChecksum, pseudoHeaderSum } from './checksum.ts'
import { formatIcmpEcho, type IcmpEcho, type IcmpOther, writeIcmpEcho, writeIcmpStart } from './icmp-shared.ts'
import { formatNd, isNdType, type NdMessage, ndLength, ndType, parseNd, writeNd } from './nd.ts'
import { IPPROTO_ICMPV6 } from './protocol.ts'

export const ICMPV6_UNREACHABLE = 1
export const ICMPV6_PACKET_TOO_BIG = 2
export const ICMPV6_TIME_EXCEEDED = 3
export const ICMPV6_PARAMETER_PROBLEM = 4
export const ICMPV6_ECHO_REQUEST = 128
export const ICMPV6_ECHO_REPLY = 129

/**
 * An ICMPv6 message (RFC 4443). What follows the eight bytes of an echo (its data) or an error (the quotation) is not in
 * the record; a neighbour discovery message (RFC 4861) is whole.
 */
export type Icmpv6Header =
  | IcmpEcho
  /** Type 1: code 0 no route, 1 prohibited, 3 address, 4 port, 5 policy. */
  | { readonly kind: 'unreachable'; readonly code: number }
  | { readonly kind: 'packetTooBig'; readonly mtu: number }
  /** Type 3: code 0 hop limit, 1 reassembly. */
  | { readonly kind: 'timeExceeded'; readonly code: number }
  | { readonly kind: 'parameterProblem'; readonly code: number; readonly pointer: number }
  | NdMessage
  | IcmpOther

/** The type number. */
export function icmpv6Type(header: Icmpv6Header): number {
  switch (header.kind) {
    case 'echo':
      return header.reply ? ICMPV6_ECHO_REPLY : ICMPV6_ECHO_REQUEST
    case 'unreachable':
      return ICMPV6_UNREACHABLE
    case 'packetTooBig':
      return ICMPV6_PACKET_TOO_BIG
    case 'timeExceeded':
      return ICMPV6_TIME_EXCEEDED
    case 'parameterProblem':
      return ICMPV6_PARAMETER_PROBLEM
    case 'other':
      return header.type
    default:
      return ndType(header)
  }
}

/** The code number. */
export function icmpv6Code(header: Icmpv6Header): number {
  return 'code' in header ? header.code : 0
}

/** Errors have types below 128 (RFC 4443 §2.1). */
export function isIcmpv6Error(type: number): boolean {
  return type < 128
}

/** Bytes that the record itself takes: 8, or the whole neighbour discovery message. */
export function icmpv6Length(header: Icmpv6Header): number {
  switch (header.kind) {
    case 'echo':
    case 'unreachable':
    case 'packetTooBig':
    case 'timeExceeded':
    case 'parameterProblem':
    case 'other':
      return 8
    default:
      return ndLength(header)
  }
}

/** Reads the message at the start of `bytes`, which end where it ends. Throws KH_WIRE. */
export function parseIcmpv6(bytes: Uint8Array): Icmpv6Header {
  needBytes('ICMPv6', bytes, 8)
  const view = dataView(bytes)
  const type = view.getUint8(0)
  const code = view.getUint8(1)
  if (isNdType(type) && code === 0) return parseNd(bytes)
  switch (type) {
    case ICMPV6_UNREACHABLE:
      return { kind: 'unreachable', code }
    case ICMPV6_PACKET_TOO_BIG:
      if (code !== 0) break
      return { kind: 'packetTooBig', mtu: view.getUint32(4) }
    case ICMPV6_TIME_EXCEEDED:
      return { kind: 'timeExceeded', code }
    case ICMPV6_PARAMETER_PROBLEM:
      return { kind: 'parameterProblem', code, pointer: view.getUint32(4) }
    case ICMPV6_ECHO_REQUEST:
    case ICMPV6_ECHO_REPLY:
      if (code !== 0) break
      return { kind: 'echo', reply: type === ICMPV6_ECHO_REPLY, id: view.getUint16(4), seq: view.getUint16(6) }
  }
  return { kind: 'other', type, code, rest: view.getUint32(4) }
}

/**
 * Writes the message at the start of `bytes`, the whole message whose data or quotation is in place; `src` and `dst` are
 * needed for the pseudo header (RFC 4443 §2.3).
 */
export function writeIcmpv6(header: Icmpv6Header, bytes: Uint8Array, src: Addr, dst: Addr): void {
  needBytes('ICMPv6', bytes, icmpv6Length(header))
  const view = writeIcmpStart(bytes, icmpv6Type(header), icmpv6Code(header))
  switch (header.kind) {
    case 'echo':
      writeIcmpEcho(header, view)
      break
    case 'packetTooBig':
      view.setUint32(4, header.mtu)
      break
    case 'parameterProblem':
      view.setUint32(4, header.pointer)
      break
    case 'other':
      view.setUint32(4, header.rest)
      break
    case 'unreachable':
    case 'timeExceeded':
      break
    default:
      writeNd(header, bytes)
  }
  const pseudo = pseudoHeaderSum(src, dst, IPPROTO_ICMPV6, bytes.length)
  view.setUint16(2, internetChecksum(bytes, 0, bytes.length, pseudo))
}

/** Whether the checksum of the message, all of `bytes`, is right. */
export function icmpv6ChecksumOk(bytes: Uint8Array, src: Addr, dst: Addr): boolean {
  return internetChecksum(bytes, 0, bytes.length, pseudoHeaderSum(src, dst, IPPROTO_ICMPV6, bytes.length)) === 0
}

/** `icmp6 echo request id 7 seq 1`, `icmp6 packet too big mtu 1450`. */
export function formatIcmpv6(header: Icmpv6Header): string {
  switch (header.kind) {
    case 'echo':
      return `icmp6 ${formatIcmpEcho(header)}`
    case 'unreachable':
      return `icmp6 unreachable code ${header.code}`
    case 'packetTooBig':
      return `icmp6 packet too big mtu ${header.mtu}`
    case 'timeExceeded':
      return `icmp6 time exceeded code ${header.code}`
    case 'parameterProblem':
      return `icmp6 parameter problem code ${header.code} pointer ${header.pointer}`
    case 'other':
      return `icmp6 type ${header.type} code ${header.code}`
    default:
      return `icmp6 ${formatNd(header)}`
  }
}

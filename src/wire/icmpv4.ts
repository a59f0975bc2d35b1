import { type Addr, formatAddr, v4, writeAddr } from './addr.ts'
import { dataView, needBytes } from './bytes.ts'
import { internetChecksum } from './checksum.ts'
import { formatIcmpEcho, type IcmpEcho, type IcmpOther, writeIcmpEcho, writeIcmpStart } from './icmp-shared.ts'

export const ICMP_ECHO_REPLY = 0
export const ICMP_UNREACHABLE = 3
export const ICMP_REDIRECT = 5
export const ICMP_ECHO_REQUEST = 8
export const ICMP_TIME_EXCEEDED = 11
export const ICMP_PARAMETER_PROBLEM = 12

/** Code of "fragmentation needed and DF set" (RFC 1191 §4). */
export const ICMP_FRAGMENTATION_NEEDED = 4

export const ICMP_HEADER_LENGTH = 8

/** An ICMP message (RFC 792) without what follows its eight bytes: the echoed data, or the quotation of an error. */
export type Icmpv4Header =
  | IcmpEcho
  /** Type 3. `mtu` is the next hop's with code 4 (RFC 1191), else 0. */
  | { readonly kind: 'unreachable'; readonly code: number; readonly mtu: number }
  /** Type 5: code 0 network, 1 host. */
  | { readonly kind: 'redirect'; readonly code: number; readonly gateway: Addr }
  /** Type 11: code 0 in transit, 1 during reassembly. */
  | { readonly kind: 'timeExceeded'; readonly code: number }
  /** Type 12: `pointer` is the offset of the octet that is wrong. */
  | { readonly kind: 'parameterProblem'; readonly code: number; readonly pointer: number }
  | IcmpOther

/** The type number. */
export function icmpv4Type(header: Icmpv4Header): number {
  switch (header.kind) {
    case 'echo':
      return header.reply ? ICMP_ECHO_REPLY : ICMP_ECHO_REQUEST
    case 'unreachable':
      return ICMP_UNREACHABLE
    case 'redirect':
      return ICMP_REDIRECT
    case 'timeExceeded':
      return ICMP_TIME_EXCEEDED
    case 'parameterProblem':
      return ICMP_PARAMETER_PROBLEM
    case 'other':
      return header.type
  }
}

/** The code number; echo has always 0. */
export function icmpv4Code(header: Icmpv4Header): number {
  return header.kind === 'echo' ? 0 : header.code
}

/** Whether a message of this type reports an error and quotes a packet (RFC 1122 §3.2.2). */
export function isIcmpv4Error(type: number): boolean {
  return (
    type === ICMP_UNREACHABLE ||
    type === 4 ||
    type === ICMP_REDIRECT ||
    type === ICMP_TIME_EXCEEDED ||
    type === ICMP_PARAMETER_PROBLEM
  )
}

/** Reads the eight bytes at the start of a message; unused fields are not looked at. Throws KH_WIRE. */
export function parseIcmpv4(bytes: Uint8Array): Icmpv4Header {
  needBytes('ICMP', bytes, ICMP_HEADER_LENGTH)
  const view = dataView(bytes)
  const type = view.getUint8(0)
  const code = view.getUint8(1)
  switch (type) {
    case ICMP_ECHO_REPLY:
    case ICMP_ECHO_REQUEST:
      if (code !== 0) break
      return { kind: 'echo', reply: type === ICMP_ECHO_REPLY, id: view.getUint16(4), seq: view.getUint16(6) }
    case ICMP_UNREACHABLE:
      return { kind: 'unreachable', code, mtu: code === ICMP_FRAGMENTATION_NEEDED ? view.getUint16(6) : 0 }
    case ICMP_REDIRECT:
      return { kind: 'redirect', code, gateway: v4(view.getUint32(4)) }
    case ICMP_TIME_EXCEEDED:
      return { kind: 'timeExceeded', code }
    case ICMP_PARAMETER_PROBLEM:
      return { kind: 'parameterProblem', code, pointer: view.getUint8(4) }
  }
  return { kind: 'other', type, code, rest: view.getUint32(4) }
}

/** Writes the eight bytes at the start of `bytes`, the whole message whose data or quotation is in place. */
export function writeIcmpv4(header: Icmpv4Header, bytes: Uint8Array): void {
  needBytes('ICMP', bytes, ICMP_HEADER_LENGTH)
  const view = writeIcmpStart(bytes, icmpv4Type(header), icmpv4Code(header))
  switch (header.kind) {
    case 'echo':
      writeIcmpEcho(header, view)
      break
    case 'unreachable':
      view.setUint16(6, header.mtu)
      break
    case 'redirect':
      writeAddr(header.gateway, view, 4)
      break
    case 'parameterProblem':
      view.setUint8(4, header.pointer)
      break
    case 'other':
      view.setUint32(4, header.rest)
      break
    case 'timeExceeded':
  }
  view.setUint16(2, internetChecksum(bytes))
}

/** Whether the checksum of the message, all of `bytes`, is right. ICMP has no pseudo header. */
export function icmpv4ChecksumOk(bytes: Uint8Array): boolean {
  return internetChecksum(bytes) === 0
}

/** `icmp echo request id 7 seq 1`, `icmp unreachable code 4 mtu 1450`. */
export function formatIcmpv4(header: Icmpv4Header): string {
  switch (header.kind) {
    case 'echo':
      return `icmp ${formatIcmpEcho(header)}`
    case 'unreachable':
      return `icmp unreachable code ${header.code}${header.mtu === 0 ? '' : ` mtu ${header.mtu}`}`
    case 'redirect':
      return `icmp redirect code ${header.code} to ${formatAddr(header.gateway)}`
    case 'timeExceeded':
      return `icmp time exceeded code ${header.code}`
    case 'parameterProblem':
      return `icmp parameter problem code ${header.code} pointer ${header.pointer}`
    case 'other':
      return `icmp type ${header.type} code ${header.code}`
  }
}

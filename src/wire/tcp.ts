import type { Addr } from './addr.ts'
import { dataView, needBytes, wireError } from './bytes.ts'
import { internetChecksum, pseudoHeaderSum } from './checksum.ts'
import { formatTcpFlags, IPPROTO_TCP } from './protocol.ts'
import {
  formatTcpOption,
  parseTcpOptions,
  TCP_OPTIONS_MAX,
  type TcpOption,
  tcpOptionsLength,
  writeTcpOptions,
} from './tcp-option.ts'

/** The TCP header (RFC 9293 §3.1). */
export interface TcpHeader {
  readonly sport: number
  readonly dport: number
  readonly seq: number
  readonly ack: number
  /** TCP_* bits: FIN 1 … URG 32, ECE 64, CWR 128. */
  readonly flags: number
  /** As on the wire, not scaled. */
  readonly window: number
  readonly urgent: number
  readonly options: readonly TcpOption[]
}

/** 20 … 60: where the data begins. */
export function tcpHeaderLength(header: TcpHeader): number {
  return 20 + tcpOptionsLength(header.options)
}

/** The data offset of the segment that starts `bytes`, in bytes. Throws KH_WIRE where that is no header length. */
export function tcpDataOffset(bytes: Uint8Array): number {
  needBytes('TCP', bytes, 20)
  const offset = 4 * ((bytes[12] ?? 0) >>> 4)
  if (offset < 20) throw wireError('TCP', `data offset ${offset} is below 20`)
  return offset
}

/** Reads the header at the start of a segment; its data begins at `tcpDataOffset`. Throws KH_WIRE. */
export function parseTcp(bytes: Uint8Array): TcpHeader {
  const offset = tcpDataOffset(bytes)
  needBytes('TCP options', bytes, offset)
  const view = dataView(bytes)
  return {
    sport: view.getUint16(0),
    dport: view.getUint16(2),
    seq: view.getUint32(4),
    ack: view.getUint32(8),
    flags: view.getUint8(13),
    window: view.getUint16(14),
    urgent: view.getUint16(18),
    options: parseTcpOptions(bytes.subarray(20, offset)),
  }
}

/**
 * Writes the header at the start of `bytes`, the whole segment whose data is in place; `src` and `dst` are needed for the
 * pseudo header. Throws KH_WIRE for more than 40 bytes of options.
 */
export function writeTcp(header: TcpHeader, bytes: Uint8Array, src: Addr, dst: Addr): void {
  const offset = tcpHeaderLength(header)
  if (offset > 20 + TCP_OPTIONS_MAX) throw wireError('TCP', `${offset - 20} bytes of options are more than 40`)
  needBytes('TCP', bytes, offset)
  const view = dataView(bytes)
  view.setUint16(0, header.sport)
  view.setUint16(2, header.dport)
  view.setUint32(4, header.seq)
  view.setUint32(8, header.ack)
  view.setUint8(12, (offset / 4) << 4)
  view.setUint8(13, header.flags)
  view.setUint16(14, header.window)
  view.setUint16(16, 0)
  view.setUint16(18, header.urgent)
  writeTcpOptions(header.options, bytes.subarray(20, offset))
  const pseudo = pseudoHeaderSum(src, dst, IPPROTO_TCP, bytes.length)
  view.setUint16(16, internetChecksum(bytes, 0, bytes.length, pseudo))
}

/** Whether the checksum of the segment, all of `bytes`, is right. */
export function tcpChecksumOk(bytes: Uint8Array, src: Addr, dst: Addr): boolean {
  return internetChecksum(bytes, 0, bytes.length, pseudoHeaderSum(src, dst, IPPROTO_TCP, bytes.length)) === 0
}

/** `tcp 40000 > 80 [S], seq 1, ack 0, win 64240, options [mss 1460,…]`. */
export function formatTcp(header: TcpHeader): string {
  const options = header.options.length === 0 ? '' : `, options [${header.options.map(formatTcpOption).join(',')}]`
  return `tcp ${header.sport} > ${header.dport} [${formatTcpFlags(header.flags)}], seq ${header.seq}, ack ${header.ack}, win ${header.window}${options}`
}

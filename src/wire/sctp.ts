import { dataView, needBytes, wireError } from './bytes.ts'
import { crc32c } from './crc32c.ts'
import {
  parseSctpChunk,
  type SctpChunk,
  sctpChunkLength,
  sctpChunkName,
  sctpChunkType,
  writeSctpChunk,
} from './sctp-chunk.ts'

export const SCTP_HEADER_LENGTH = 12
const CHECKSUM_AT = 8

/** An SCTP packet: common header and chunks (RFC 9260 §3). */
export interface SctpPacket {
  readonly sport: number
  readonly dport: number
  /** Verification tag; 0 in a packet with INIT. */
  readonly tag: number
  readonly chunks: readonly SctpChunk[]
}

/** Bytes of the whole packet: every chunk is padded to four. */
export function sctpLength(packet: SctpPacket): number {
  let length = SCTP_HEADER_LENGTH
  for (const chunk of packet.chunks) length += (sctpChunkLength(chunk) + 3) & ~3
  return length
}

/** Reads the packet that is all of `bytes`. The padding of the last chunk may be missing. Throws KH_WIRE. */
export function parseSctp(bytes: Uint8Array): SctpPacket {
  needBytes('SCTP', bytes, SCTP_HEADER_LENGTH)
  const view = dataView(bytes)
  const chunks: SctpChunk[] = []
  for (let at = SCTP_HEADER_LENGTH; at < bytes.length; ) {
    needBytes('SCTP chunk', bytes.subarray(at), 4)
    const size = view.getUint16(at + 2)
    if (size < 4 || at + size > bytes.length) {
      throw wireError('SCTP chunk', `length ${size} found, 4 … ${bytes.length - at} expected`)
    }
    chunks.push(parseSctpChunk(bytes.subarray(at, at + size)))
    at += (size + 3) & ~3
  }
  return { sport: view.getUint16(0), dport: view.getUint16(2), tag: view.getUint32(4), chunks }
}

/** Writes the whole packet and its checksum at the start of `bytes`. */
export function writeSctp(packet: SctpPacket, bytes: Uint8Array): void {
  const length = sctpLength(packet)
  needBytes('SCTP', bytes, length)
  const view = dataView(bytes)
  bytes.fill(0, 0, length)
  view.setUint16(0, packet.sport)
  view.setUint16(2, packet.dport)
  view.setUint32(4, packet.tag)
  let at = SCTP_HEADER_LENGTH
  for (const chunk of packet.chunks) {
    writeSctpChunk(chunk, bytes.subarray(at))
    at += (sctpChunkLength(chunk) + 3) & ~3
  }
  view.setUint32(CHECKSUM_AT, crc32c(bytes.subarray(0, length), CHECKSUM_AT), true)
}

/** Whether the CRC32c of the packet, all of `bytes`, is right. There is no pseudo header: NAT leaves it alone but for ports. */
export function sctpChecksumOk(bytes: Uint8Array): boolean {
  return (
    bytes.length >= SCTP_HEADER_LENGTH && dataView(bytes).getUint32(CHECKSUM_AT, true) === crc32c(bytes, CHECKSUM_AT)
  )
}

/** `sctp 40000 > 38412 [INIT]`. */
export function formatSctp(packet: SctpPacket): string {
  const chunks = packet.chunks.map(chunk => sctpChunkName(sctpChunkType(chunk))).join(', ')
  return `sctp ${packet.sport} > ${packet.dport} [${chunks}]`
}

import { dataView, needBytes, wireError } from './bytes.ts'

export const SCTP_DATA = 0
export const SCTP_INIT = 1
export const SCTP_INIT_ACK = 2
export const SCTP_SACK = 3
export const SCTP_HEARTBEAT = 4
export const SCTP_HEARTBEAT_ACK = 5
export const SCTP_ABORT = 6
export const SCTP_SHUTDOWN = 7
export const SCTP_SHUTDOWN_ACK = 8
export const SCTP_ERROR = 9
export const SCTP_COOKIE_ECHO = 10
export const SCTP_COOKIE_ACK = 11
export const SCTP_SHUTDOWN_COMPLETE = 14

/** A chunk (RFC 9260 §3.3). Flags that the record does not name are carried in `flags` where the chunk has any. */
export type SctpChunk =
  | {
      readonly kind: 'data'
      /** E 1, B 2, U 4, I 8. */
      readonly flags: number
      readonly tsn: number
      readonly stream: number
      readonly streamSeq: number
      readonly payloadProtocol: number
      readonly data: Uint8Array
    }
  | {
      readonly kind: 'init' | 'initAck'
      readonly initiateTag: number
      /** Advertised receiver window credit, bytes. */
      readonly arwnd: number
      readonly outStreams: number
      readonly inStreams: number
      readonly initialTsn: number
      /** Raw parameters; INIT ACK has a state cookie among them. */
      readonly parameters: Uint8Array
    }
  | {
      readonly kind: 'sack'
      readonly cumulativeTsn: number
      readonly arwnd: number
      /** Offsets from `cumulativeTsn`. */
      readonly gaps: readonly (readonly [start: number, end: number])[]
      readonly duplicates: readonly number[]
    }
  | { readonly kind: 'shutdown'; readonly cumulativeTsn: number }
  /** Every other type: cookies, heartbeats, aborts with their causes, and what is not known. */
  | { readonly kind: 'other'; readonly type: number; readonly flags: number; readonly value: Uint8Array }

const NAMES: Readonly<Record<number, string>> = {
  0: 'DATA',
  1: 'INIT',
  2: 'INIT ACK',
  3: 'SACK',
  4: 'HB REQ',
  5: 'HB ACK',
  6: 'ABORT',
  7: 'SHUTDOWN',
  8: 'SHUTDOWN ACK',
  9: 'ERROR',
  10: 'COOKIE ECHO',
  11: 'COOKIE ACK',
  14: 'SHUTDOWN COMPLETE',
}

/** Chunk names as tcpdump prints them. */
export function sctpChunkName(type: number): string {
  return NAMES[type] ?? `chunk ${type}`
}

export function sctpChunkType(chunk: SctpChunk): number {
  switch (chunk.kind) {
    case 'data':
      return SCTP_DATA
    case 'init':
      return SCTP_INIT
    case 'initAck':
      return SCTP_INIT_ACK
    case 'sack':
      return SCTP_SACK
    case 'shutdown':
      return SCTP_SHUTDOWN
    case 'other':
      return chunk.type
  }
}

/** The chunk's length field: header and value without padding (RFC 9260 §3.2). */
export function sctpChunkLength(chunk: SctpChunk): number {
  switch (chunk.kind) {
    case 'data':
      return 16 + chunk.data.length
    case 'init':
    case 'initAck':
      return 20 + chunk.parameters.length
    case 'sack':
      return 16 + 4 * chunk.gaps.length + 4 * chunk.duplicates.length
    case 'shutdown':
      return 8
    case 'other':
      return 4 + chunk.value.length
  }
}

/** Reads the chunk that is all of `bytes`, padding taken off. Throws KH_WIRE. */
export function parseSctpChunk(bytes: Uint8Array): SctpChunk {
  needBytes('SCTP chunk', bytes, 4)
  const view = dataView(bytes)
  const type = view.getUint8(0)
  const flags = view.getUint8(1)
  switch (type) {
    case SCTP_DATA:
      needBytes('SCTP DATA', bytes, 16)
      return {
        kind: 'data',
        flags,
        tsn: view.getUint32(4),
        stream: view.getUint16(8),
        streamSeq: view.getUint16(10),
        payloadProtocol: view.getUint32(12),
        data: bytes.slice(16),
      }
    case SCTP_INIT:
    case SCTP_INIT_ACK:
      needBytes('SCTP INIT', bytes, 20)
      return {
        kind: type === SCTP_INIT ? 'init' : 'initAck',
        initiateTag: view.getUint32(4),
        arwnd: view.getUint32(8),
        outStreams: view.getUint16(12),
        inStreams: view.getUint16(14),
        initialTsn: view.getUint32(16),
        parameters: bytes.slice(20),
      }
    case SCTP_SACK:
      return parseSack(bytes, view)
    case SCTP_SHUTDOWN:
      needBytes('SCTP SHUTDOWN', bytes, 8)
      return { kind: 'shutdown', cumulativeTsn: view.getUint32(4) }
    default:
      return { kind: 'other', type, flags, value: bytes.slice(4) }
  }
}

function parseSack(bytes: Uint8Array, view: DataView): SctpChunk {
  needBytes('SCTP SACK', bytes, 16)
  const gapCount = view.getUint16(12)
  const duplicateCount = view.getUint16(14)
  if (bytes.length !== 16 + 4 * gapCount + 4 * duplicateCount) {
    throw wireError('SCTP SACK', `${gapCount} gaps and ${duplicateCount} duplicates do not fill ${bytes.length} bytes`)
  }
  const gaps: [number, number][] = []
  let at = 16
  for (let i = 0; i < gapCount; i++, at += 4) gaps.push([view.getUint16(at), view.getUint16(at + 2)])
  const duplicates: number[] = []
  for (let i = 0; i < duplicateCount; i++, at += 4) duplicates.push(view.getUint32(at))
  return { kind: 'sack', cumulativeTsn: view.getUint32(4), arwnd: view.getUint32(8), gaps, duplicates }
}

/** Writes the chunk at the start of `bytes`, which hold zeros where padding is due. */
export function writeSctpChunk(chunk: SctpChunk, bytes: Uint8Array): void {
  needBytes('SCTP chunk', bytes, sctpChunkLength(chunk))
  const view = dataView(bytes)
  view.setUint8(0, sctpChunkType(chunk))
  view.setUint8(1, chunk.kind === 'data' || chunk.kind === 'other' ? chunk.flags : 0)
  view.setUint16(2, sctpChunkLength(chunk))
  switch (chunk.kind) {
    case 'data':
      view.setUint32(4, chunk.tsn)
      view.setUint16(8, chunk.stream)
      view.setUint16(10, chunk.streamSeq)
      view.setUint32(12, chunk.payloadProtocol)
      bytes.set(chunk.data, 16)
      return
    case 'init':
    case 'initAck':
      view.setUint32(4, chunk.initiateTag)
      view.setUint32(8, chunk.arwnd)
      view.setUint16(12, chunk.outStreams)
      view.setUint16(14, chunk.inStreams)
      view.setUint32(16, chunk.initialTsn)
      bytes.set(chunk.parameters, 20)
      return
    case 'sack': {
      view.setUint32(4, chunk.cumulativeTsn)
      view.setUint32(8, chunk.arwnd)
      view.setUint16(12, chunk.gaps.length)
      view.setUint16(14, chunk.duplicates.length)
      let at = 16
      for (const [start, end] of chunk.gaps) {
        view.setUint16(at, start)
        view.setUint16(at + 2, end)
        at += 4
      }
      for (const tsn of chunk.duplicates) {
        view.setUint32(at, tsn)
        at += 4
      }
      return
    }
    case 'shutdown':
      view.setUint32(4, chunk.cumulativeTsn)
      return
    case 'other':
      bytes.set(chunk.value, 4)
  }
}

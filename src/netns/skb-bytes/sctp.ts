import {
  SCTP_ABORT,
  SCTP_COOKIE_ACK,
  SCTP_COOKIE_ECHO,
  SCTP_DATA,
  SCTP_ERROR,
  SCTP_HEARTBEAT,
  SCTP_HEARTBEAT_ACK,
  SCTP_INIT,
  SCTP_INIT_ACK,
  SCTP_SACK,
  SCTP_SHUTDOWN,
  type SctpChunk,
  type SctpPacket,
  sctpChunkType,
} from '../../wire/index.ts'
import type { Skb } from '../model/skb.ts'

/** Parameter types of RFC 9260 §3.3.3.1 and §3.3.5. */
const PARAMETER_HEARTBEAT_INFO = 1
const PARAMETER_STATE_COOKIE = 7

/** What Linux announces when the program asked for nothing (sctp_initmsg defaults). */
const OUT_STREAMS = 10
const IN_STREAMS = 0xffff

/** First and last fragment of a user message: a whole one. */
const DATA_WHOLE = 3

/** Common header and the fixed part of the first chunk. A state cookie and heartbeat information have a parameter header. */
export function sctpHeaderLength(skb: Skb): number {
  switch (skb.sctpChunk) {
    case SCTP_DATA:
    case SCTP_SACK:
      return 12 + 16
    case SCTP_INIT:
      return 12 + 20
    case SCTP_INIT_ACK:
      return 12 + (skb.payloadLength > 0 ? 24 : 20)
    case SCTP_HEARTBEAT:
    case SCTP_HEARTBEAT_ACK:
    case SCTP_SHUTDOWN:
      return 12 + 8
    default:
      return 12 + 4
  }
}

/** What `payload` is: user data (DATA), parameters (INIT), cookie, heartbeat information, causes (ABORT, ERROR). */
export function sctpHasPayload(skb: Skb): boolean {
  switch (skb.sctpChunk) {
    case SCTP_DATA:
    case SCTP_INIT:
    case SCTP_INIT_ACK:
    case SCTP_COOKIE_ECHO:
    case SCTP_HEARTBEAT:
    case SCTP_HEARTBEAT_ACK:
    case SCTP_ABORT:
    case SCTP_ERROR:
      return true
    default:
      return false
  }
}

/**
 * The packet with its one chunk. TSNs stand in the fields of TCP: `tcpSeq` is the TSN of DATA and the initial TSN of INIT,
 * `tcpAck` the cumulative TSN of SACK and SHUTDOWN, `tcpWindow` the receiver window.
 */
export function sctpFromSkb(skb: Skb, payload: Uint8Array): SctpPacket {
  return { sport: skb.sport, dport: skb.dport, tag: skb.sctpTag, chunks: [chunkFromSkb(skb, payload)] }
}

function chunkFromSkb(skb: Skb, payload: Uint8Array): SctpChunk {
  const type = skb.sctpChunk
  switch (type) {
    case SCTP_DATA:
      return {
        kind: 'data',
        flags: DATA_WHOLE,
        tsn: skb.tcpSeq,
        stream: 0,
        streamSeq: 0,
        payloadProtocol: 0,
        data: payload,
      }
    case SCTP_INIT:
    case SCTP_INIT_ACK:
      return {
        kind: type === SCTP_INIT ? 'init' : 'initAck',
        initiateTag: skb.sctpInitTag,
        arwnd: skb.tcpWindow,
        outStreams: OUT_STREAMS,
        inStreams: IN_STREAMS,
        initialTsn: skb.tcpSeq,
        parameters: type === SCTP_INIT || payload.length === 0 ? payload : parameter(PARAMETER_STATE_COOKIE, payload),
      }
    case SCTP_SACK:
      return { kind: 'sack', cumulativeTsn: skb.tcpAck, arwnd: skb.tcpWindow, gaps: [], duplicates: [] }
    case SCTP_SHUTDOWN:
      return { kind: 'shutdown', cumulativeTsn: skb.tcpAck }
    case SCTP_HEARTBEAT:
    case SCTP_HEARTBEAT_ACK:
      return { kind: 'other', type, flags: 0, value: parameter(PARAMETER_HEARTBEAT_INFO, payload) }
    default:
      return { kind: 'other', type, flags: 0, value: sctpHasPayload(skb) ? payload : new Uint8Array(0) }
  }
}

function parameter(type: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + value.length)
  bytes[1] = type
  new DataView(bytes.buffer).setUint16(2, bytes.length)
  bytes.set(value, 4)
  return bytes
}

/** The inverse of `sctpFromSkb`; of several chunks the first counts. Returns the payload. */
export function sctpToSkb(packet: SctpPacket, skb: Skb): Uint8Array {
  skb.sport = packet.sport
  skb.dport = packet.dport
  skb.sctpTag = packet.tag
  const chunk = packet.chunks[0]
  if (chunk === undefined) {
    // Not a packet that RFC 9260 allows; COOKIE ACK is the emptiest chunk there is.
    skb.sctpChunk = SCTP_COOKIE_ACK
    return new Uint8Array(0)
  }
  skb.sctpChunk = sctpChunkType(chunk)
  switch (chunk.kind) {
    case 'data':
      skb.tcpSeq = chunk.tsn
      return chunk.data
    case 'init':
    case 'initAck':
      skb.tcpSeq = chunk.initialTsn
      skb.sctpInitTag = chunk.initiateTag
      skb.tcpWindow = chunk.arwnd
      return chunk.kind === 'init' ? chunk.parameters : parameterValue(PARAMETER_STATE_COOKIE, chunk.parameters)
    case 'sack':
      skb.tcpAck = chunk.cumulativeTsn
      skb.tcpWindow = chunk.arwnd
      return new Uint8Array(0)
    case 'shutdown':
      skb.tcpAck = chunk.cumulativeTsn
      return new Uint8Array(0)
    case 'other':
      if (chunk.type === SCTP_HEARTBEAT || chunk.type === SCTP_HEARTBEAT_ACK) {
        return parameterValue(PARAMETER_HEARTBEAT_INFO, chunk.value)
      }
      return sctpHasPayload(skb) ? chunk.value : new Uint8Array(0)
  }
}

/** The value of the first parameter of a type, empty when there is none. */
function parameterValue(type: number, bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = view.getUint16(at + 2)
    if (length < 4 || at + length > bytes.length) break
    if (view.getUint16(at) === type) return bytes.slice(at + 4, at + length)
    at += (length + 3) & ~3
  }
  return new Uint8Array(0)
}

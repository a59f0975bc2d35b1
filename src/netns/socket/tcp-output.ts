import { isV6 } from '../../wire/addr.ts'
import { IPPROTO_TCP, TCP_ACK, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN } from '../../wire/protocol.ts'
import type { Namespace } from '../model/namespace.ts'
import type { Skb } from '../model/skb.ts'
import { newPacket, transmit } from './emit.ts'
import { answerOif, mtuTowards } from './source.ts'
import { seqDiff, seqPlus, type TcpConnection } from './tcp-connection.ts'

/** Options of a SYN: MSS, SACK permitted, timestamps, window scale; of any other segment: timestamps (tcp_output.c). */
const SYN_OPTIONS = 20
const OPTIONS = 12
/** Segments in flight at most: the initial congestion window (RFC 6928). It does not grow here. */
const WINDOW_SEGMENTS = 10

/** A SYN, with ACK at the passive end. */
export function sendSyn(ns: Namespace, c: TcpConnection): void {
  const passive = c.state === 'SYN_RECV'
  const skb = segment(ns, c, passive ? TCP_SYN | TCP_ACK : TCP_SYN, c.iss, 0)
  skb.tcpOptionsLength = SYN_OPTIONS
  skb.tcpMss = mtuTowards(ns, c.remote, c.local, c.mark, c.oif) - (isV6(c.remote) ? 60 : 40)
  if (!passive) skb.tcpAck = 0
  if (c.client !== null && c.client.packet === 0) c.client.packet = skb.id
  transmit(ns, skb, c.oif)
}

export function sendAck(ns: Namespace, c: TcpConnection): void {
  transmit(ns, segment(ns, c, TCP_ACK, c.sndNxt, 0), c.oif)
}

/** A RST that ends a connection of ours (tcp_send_active_reset). */
export function sendAbort(ns: Namespace, c: TcpConnection): void {
  transmit(ns, segment(ns, c, TCP_RST | TCP_ACK, c.sndNxt, 0), c.oif)
}

/** Sends what the program wrote and the window allows; FIN goes with the last bytes. */
export function push(ns: Namespace, c: TcpConnection): void {
  const limit = WINDOW_SEGMENTS * c.mss
  for (;;) {
    const inFlight = seqDiff(c.sndNxt, c.sndUna)
    const left = seqDiff(c.sndEnd, c.sndNxt)
    const length = Math.min(left, c.mss, limit - inFlight)
    if (left > 0 && length <= 0) return
    const fin = c.closing && !c.finSent && length === left
    if (length <= 0 && !fin) return
    sendData(ns, c, c.sndNxt, Math.max(length, 0), fin)
    c.sndNxt = seqPlus(c.sndNxt, Math.max(length, 0) + (fin ? 1 : 0))
    if (fin) c.finSent = true
  }
}

/** Sends the oldest unacknowledged segment again. */
export function resend(ns: Namespace, c: TcpConnection): void {
  if (c.state === 'SYN_SENT' || c.state === 'SYN_RECV') {
    sendSyn(ns, c)
    return
  }
  const data = Math.min(seqDiff(c.sndEnd, c.sndUna), c.mss)
  const fin = c.finSent && seqPlus(c.sndUna, data) === c.sndEnd
  if (data > 0 || fin) sendData(ns, c, c.sndUna, Math.max(data, 0), fin)
}

function sendData(ns: Namespace, c: TcpConnection, seq: number, length: number, fin: boolean): void {
  let flags = TCP_ACK
  if (length > 0 && seqPlus(seq, length) === c.sndEnd) flags |= TCP_PSH
  if (fin) flags |= TCP_FIN
  transmit(ns, segment(ns, c, flags, seq, length), c.oif)
}

function segment(ns: Namespace, c: TcpConnection, flags: number, seq: number, length: number): Skb {
  const skb = newPacket(ns, IPPROTO_TCP, c.local, c.remote, c.causeId)
  skb.sport = c.localPort
  skb.dport = c.remotePort
  skb.tcpFlags = flags
  skb.tcpSeq = seq
  skb.tcpAck = c.rcvNxt
  skb.tcpOptionsLength = OPTIONS
  skb.payloadLength = length
  if (length > 0 && c.written !== null)
    skb.payload = c.written.subarray(seqDiff(seq, c.iss) - 1, seqDiff(seq, c.iss) - 1 + length)
  skb.ttl = c.ttl
  skb.tos = c.tos
  skb.mark = c.mark
  skb.df = c.df
  return skb
}

/**
 * Answers a segment that belongs to no connection (RFC 9293 §3.10.7.1, tcp_v4_send_reset): never a RST, and for a segment
 * with ACK a bare RST at its acknowledged number.
 */
export function sendReset(ns: Namespace, skb: Skb): void {
  if ((skb.tcpFlags & TCP_RST) !== 0) return
  // Nobody answers for a broadcast address (tcp_v4_send_reset: the route must be RTN_LOCAL).
  if (skb.route?.action === 'broadcast') return
  const reset = newPacket(ns, IPPROTO_TCP, skb.dst, skb.src, skb.id)
  reset.sport = skb.dport
  reset.dport = skb.sport
  reset.df = true
  // The type of service of what it answers, without the ECN bits (tcp_v4_send_reset, tcp_v6_send_response).
  reset.tos = skb.tos & ~3
  reset.tcpWindow = 0
  if ((skb.tcpFlags & TCP_ACK) !== 0) {
    reset.tcpFlags = TCP_RST
    reset.tcpSeq = skb.tcpAck
  } else {
    reset.tcpFlags = TCP_RST | TCP_ACK
    reset.tcpAck = seqPlus(skb.tcpSeq, segmentLength(skb))
  }
  transmit(ns, reset, answerOif(skb))
}

/** Sequence numbers that a segment takes: payload, SYN and FIN. */
export function segmentLength(skb: Skb): number {
  return skb.payloadLength + ((skb.tcpFlags & TCP_SYN) !== 0 ? 1 : 0) + ((skb.tcpFlags & TCP_FIN) !== 0 ? 1 : 0)
}

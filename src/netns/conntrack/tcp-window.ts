import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from '../../wire/protocol.ts'
import type { Skb } from '../model/skb.ts'
import { SEEN_ACK, TCP_SYN_RECV, TCP_SYN_SENT } from './tcp-states.ts'
import { TCP_BE_LIBERAL, TCP_DATA_UNACKNOWLEDGED, TCP_MAXACK_SET, type TcpPeer, type TcpTrack } from './tcp-track.ts'

/** Answers of the window check. IGNORE lets the packet pass without learning from it. */
export const WINDOW_ACCEPT = 0
export const WINDOW_IGNORE = 1
export const WINDOW_INVALID = 2

const MAX_ACK_WINDOW = 66_000

/** Whether sequence number a comes before b (RFC 1982). */
export function before(a: number, b: number): boolean {
  return ((a - b) | 0) < 0
}

/** Whether sequence number a comes after b. */
export function after(a: number, b: number): boolean {
  return ((b - a) | 0) < 0
}

/** Sequence number after the segment. */
export function segmentEnd(skb: Skb): number {
  let end = skb.tcpSeq + skb.payloadLength
  if ((skb.tcpFlags & TCP_SYN) !== 0) end++
  if ((skb.tcpFlags & TCP_FIN) !== 0) end++
  return end | 0
}

function maxAckWindow(sender: TcpPeer): number {
  return Math.max(sender.maxWin, MAX_ACK_WINDOW)
}

function initSender(sender: TcpPeer, end: number, win: number): void {
  sender.end = end
  sender.maxEnd = end
  sender.maxWin = win === 0 ? 1 : win
  sender.flags &= TCP_BE_LIBERAL
}

/**
 * Whether the segment can belong to the connection (tcp_in_window): its data must touch the receiver's window and its ACK
 * must be for data that was seen. Learns from packets that do.
 *
 * Limits: packets carry no window scale and no SACK blocks here, so windows count as announced and `sack` is `ack`.
 */
export function tcpInWindow(
  track: TcpTrack,
  sender: TcpPeer,
  receiver: TcpPeer,
  dir: number,
  seen: number,
  skb: Skb,
  beLiberal: boolean,
): number {
  const flags = skb.tcpFlags
  const syn = (flags & TCP_SYN) !== 0
  const hasAck = (flags & TCP_ACK) !== 0
  const win = skb.tcpWindow
  let seq = skb.tcpSeq | 0
  let ack = skb.tcpAck | 0
  let end = segmentEnd(skb)

  if (sender.maxWin === 0) {
    if (syn) {
      initSender(sender, end, win)
      if (!hasAck) return WINDOW_ACCEPT
    } else {
      // The middle of a connection: take the packet's word.
      sender.end = end
      sender.maxWin = win === 0 ? 1 : win
      sender.maxEnd = (end + sender.maxWin) | 0
      if (receiver.maxWin === 0) {
        receiver.end = ack
        receiver.maxEnd = ack
      } else if (ack === ((receiver.end + 1) | 0)) {
        // Answer to a keepalive.
        receiver.end = ack
      }
    }
  } else if (syn && after(end, sender.end) && (track.state === TCP_SYN_SENT || track.state === TCP_SYN_RECV)) {
    // RFC 9293 §3.4.2: a reinitialised end uses sequence numbers larger than before.
    initSender(sender, end, win)
    if (dir === 1 && !hasAck) return WINDOW_ACCEPT
  }

  // No ACK, or a RST of a stack that sets the flag without a number: as if it acknowledged everything.
  if (!hasAck || ((flags & TCP_RST) !== 0 && ack === 0)) ack = receiver.end
  if ((flags & TCP_RST) !== 0 && seq === 0 && track.state === TCP_SYN_SENT) {
    seq = sender.end
    end = sender.end
  }

  const liberal = beLiberal || (sender.flags & TCP_BE_LIBERAL) !== 0
  const ackFloor = (receiver.end - maxAckWindow(sender) - 1) | 0
  const seqFloor = (sender.end - receiver.maxWin - 1) | 0
  if (!before(seq, sender.maxEnd + 1)) {
    const overshot = (end - sender.maxEnd + 1) >>> 0
    if (
      receiver.maxWin !== 0 &&
      after(end, seqFloor) &&
      after(ack, ackFloor) &&
      overshot <= receiver.maxWin &&
      before(ack, receiver.end + 1)
    ) {
      // A little more than the window allows: the peer may well take and acknowledge it.
      sender.end = end
      sender.flags |= TCP_DATA_UNACKNOWLEDGED
      return liberal ? WINDOW_ACCEPT : WINDOW_IGNORE
    }
    return liberal ? WINDOW_ACCEPT : WINDOW_INVALID
  }
  if (!before(ack, receiver.end + 1)) return liberal ? WINDOW_ACCEPT : WINDOW_INVALID
  if (receiver.maxWin !== 0 && !after(end, seqFloor)) return liberal ? WINDOW_ACCEPT : WINDOW_IGNORE
  if (!after(ack, ackFloor)) return liberal ? WINDOW_ACCEPT : WINDOW_IGNORE

  if (sender.maxWin < win) sender.maxWin = win
  if (after(end, sender.end)) {
    sender.end = end
    sender.flags |= TCP_DATA_UNACKNOWLEDGED
  }
  if (hasAck) {
    if ((sender.flags & TCP_MAXACK_SET) === 0 || after(ack, sender.maxAck)) sender.maxAck = ack
    sender.flags |= TCP_MAXACK_SET
  }
  if (receiver.maxWin !== 0 && after(end, sender.maxEnd)) receiver.maxWin += (end - sender.maxEnd) | 0
  if (after(ack + win, receiver.maxEnd - 1)) receiver.maxEnd = (ack + (win === 0 ? 1 : win)) | 0
  if (ack === receiver.end) receiver.flags &= ~TCP_DATA_UNACKNOWLEDGED
  if (seen === SEEN_ACK) countRetransmissions(track, dir, seq, ack, end, win)
  return WINDOW_ACCEPT
}

function countRetransmissions(track: TcpTrack, dir: number, seq: number, ack: number, end: number, win: number): void {
  if (
    track.lastDir === dir &&
    track.lastSeq === seq &&
    track.lastAck === ack &&
    track.lastEnd === end &&
    track.lastWin === win
  ) {
    track.retrans++
    return
  }
  track.lastDir = dir
  track.lastSeq = seq
  track.lastAck = ack
  track.lastEnd = end
  track.lastWin = win
  track.retrans = 0
}

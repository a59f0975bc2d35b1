import type { Skb } from '../model/skb.ts'
import type { FlowEntry } from './entry.ts'
import * as S from './tcp-states.ts'
import * as T from './tcp-track.ts'
import { before } from './tcp-window.ts'

/** Answers of `judgeReset`: look at the window; look unless it answers an ignored packet; keep the state; INVALID. */
export const RESET_CHECKED = 0
export const RESET_UNCHECKED = 1
export const RESET_KEEPS_STATE = 2
export const RESET_INVALID = 3

/**
 * RFC 5961 §3 seen from the middle: a RST must be exactly at the sequence number that the other end expects, else the
 * state stays (a challenge ACK may follow); before it, the RST is INVALID.
 */
export function judgeReset(entry: FlowEntry, track: T.TcpTrack, dir: number, skb: Skb): number {
  const other = track.peer(1 - dir)
  if ((other.flags & T.TCP_MAXACK_SET) === 0 || track.lastSeen === S.SEEN_SYN) return RESET_UNCHECKED
  const seq = skb.tcpSeq | 0
  const alive = track.state === S.TCP_ESTABLISHED && entry.assured
  if (seq === 0 && !alive) return RESET_CHECKED
  if (before(seq, other.maxAck)) return RESET_INVALID
  if (!alive || seq === other.maxAck) return RESET_CHECKED
  if (track.lastSeen === S.SEEN_ACK && track.lastDir === dir && seq === track.lastEnd) return RESET_CHECKED
  return RESET_KEEPS_STATE
}

/** Whether a RST answers a SYN or ACK that had been let through unjudged. */
export function answersIgnored(entry: FlowEntry, track: T.TcpTrack, dir: number, skb: Skb, oldState: number): boolean {
  if (
    ((entry.seenReply && track.lastSeen === S.SEEN_SYN && track.lastDir !== dir) ||
      (!entry.assured && track.lastSeen === S.SEEN_ACK)) &&
    (skb.tcpAck | 0) === track.lastEnd
  ) {
    return true
  }
  return (
    oldState === S.TCP_SYN_SENT &&
    track.lastSeen === S.SEEN_ACK &&
    track.lastDir === 1 &&
    (skb.tcpSeq | 0) === track.lastAck
  )
}

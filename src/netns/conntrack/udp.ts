import type { Skb } from '../model/skb.ts'
import type { FlowEntry } from './entry.ts'
import { refresh } from './refresh.ts'
import { TRACK_ACCEPT, type TrackVerdict } from './verdicts.ts'

const SECOND = 1_000_000
/** `nf_conntrack_udp_timeout` and `nf_conntrack_udp_timeout_stream`. */
const UNREPLIED = 30 * SECOND
const STREAM = 120 * SECOND
/** Traffic both ways for longer than that is a stream. */
const STREAM_AFTER = 2 * SECOND

/** Follows a UDP packet (nf_conntrack_udp_packet): 30 s; 120 s and [ASSURED] once both sides speak after two seconds. */
export function trackUdp(entry: FlowEntry, dir: number, skb: Skb, now: number): TrackVerdict {
  if (!entry.confirmed) entry.streamAt = now + STREAM_AFTER
  if (entry.seenReply && now > entry.streamAt) {
    refresh(entry, dir, skb, now, STREAM)
    entry.assured = true
  } else {
    refresh(entry, dir, skb, now, UNREPLIED)
  }
  return TRACK_ACCEPT
}

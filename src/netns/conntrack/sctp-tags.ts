import type { Skb } from '../model/skb.ts'

const INIT = 1
const HEARTBEAT = 4
const HEARTBEAT_ACK = 5
const SHUTDOWN_ACK = 8

/** A tag that an INIT or INIT ACK announced. Packets do not carry it here: the first packet that uses it shows it. */
const ANNOUNCED = -1

/** Verification tags of a flow (struct ip_ct_sctp): what packets of each direction must carry; 0 when not known. */
export class SctpTrack {
  originalTag = 0
  replyTag = 0
  /** A HEARTBEAT with another tag came by, and in which direction: its ACK may confirm a new tag. */
  heartbeatFailed = false
  heartbeatDir = 0

  announce(dir: number): void {
    this.set(dir, ANNOUNCED)
  }

  get(dir: number): number {
    return dir === 0 ? this.originalTag : this.replyTag
  }

  set(dir: number, tag: number): void {
    if (dir === 0) this.originalTag = tag
    else this.replyTag = tag
  }

  /** Whether packets of this direction carry this tag. */
  matches(dir: number, tag: number): boolean {
    if (this.get(dir) === ANNOUNCED && tag !== 0) this.set(dir, tag)
    return this.get(dir) === tag
  }
}

export const TAG_RIGHT = 0
export const TAG_WRONG = 1
/** The packet passes, and changes nothing. */
export const TAG_IGNORED = 2

/**
 * RFC 9260 §8.5 as conntrack sees it. Limits: the T bit of ABORT and SHUTDOWN COMPLETE counts as not set, and the tag that
 * an INIT ACK repeats is believed.
 */
export function checkTag(track: SctpTrack, dir: number, skb: Skb): number {
  const tag = skb.sctpTag
  switch (skb.sctpChunk) {
    case INIT:
      return tag === 0 ? TAG_RIGHT : TAG_WRONG
    case SHUTDOWN_ACK:
      return TAG_RIGHT
    case HEARTBEAT:
      if (track.get(dir) === 0) track.set(dir, tag)
      else if (!track.matches(dir, tag)) {
        track.heartbeatFailed = true
        track.heartbeatDir = dir
        return TAG_IGNORED
      } else track.heartbeatFailed = false
      return TAG_RIGHT
    case HEARTBEAT_ACK:
      if (track.get(dir) === 0) track.set(dir, tag)
      else if (!track.matches(dir, tag)) {
        if (!track.heartbeatFailed || track.heartbeatDir === dir) return TAG_WRONG
        track.heartbeatFailed = false
        track.set(dir, tag)
        track.set(1 - dir, 0)
      } else track.heartbeatFailed = false
      return TAG_RIGHT
    default:
      return track.matches(dir, tag) ? TAG_RIGHT : TAG_WRONG
  }
}

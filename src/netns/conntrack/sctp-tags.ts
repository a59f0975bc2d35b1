import type { Skb } from '../model/skb.ts'

const INIT = 1
const HEARTBEAT = 4
const HEARTBEAT_ACK = 5
const SHUTDOWN_ACK = 8

/** A tag that is in use but not known, as of a loaded dump: the first packet that carries one shows it. */
const UNKNOWN = -1

/** Verification tags of a flow (struct ip_ct_sctp): what packets of each direction must carry; 0 when not known. */
export class SctpTrack {
  originalTag = 0
  replyTag = 0
  /** A HEARTBEAT with another tag came by, and in which direction: its ACK may confirm a new tag. */
  heartbeatFailed = false
  heartbeatDir = 0
  /** Whether each direction has sent an INIT since the last COOKIE ACK: both do when two ends open at once. */
  originalInit = false
  replyInit = false

  /** An INIT or INIT ACK told what packets of direction `dir` shall carry. */
  announce(dir: number, tag: number): void {
    this.set(dir, tag === 0 ? UNKNOWN : tag)
  }

  noteInit(dir: number, tag: number): void {
    if (this.originalInit && this.replyInit) this.#setInit(1 - dir, false)
    this.#setInit(dir, true)
    this.announce(1 - dir, tag)
  }

  /** Whether an INIT ACK may announce this tag: not another one than is in use, unless the other end asked for it. */
  acceptsInitAck(dir: number, tag: number): boolean {
    const known = this.get(1 - dir)
    if (known === UNKNOWN || known === tag) return true
    const asked = dir === 0 ? this.replyInit : this.originalInit
    if (!asked) return known === 0
    return !(this.originalInit && this.replyInit)
  }

  clearInits(): void {
    this.originalInit = false
    this.replyInit = false
  }

  #setInit(dir: number, seen: boolean): void {
    if (dir === 0) this.originalInit = seen
    else this.replyInit = seen
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
    if (this.get(dir) === UNKNOWN && tag !== 0) this.set(dir, tag)
    return this.get(dir) === tag
  }
}

export const TAG_RIGHT = 0
export const TAG_WRONG = 1
/** The packet passes, and changes nothing. */
export const TAG_IGNORED = 2

/** RFC 9260 §8.5 as conntrack sees it. Limit: the T bit of ABORT and SHUTDOWN COMPLETE counts as not set. */
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

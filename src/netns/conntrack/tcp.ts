import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN, TCP_URG } from '../../wire/protocol.ts'
import type { Skb } from '../model/skb.ts'
import type { FlowEntry } from './entry.ts'
import { account, refresh } from './refresh.ts'
import { answersIgnored, judgeReset, RESET_INVALID, RESET_KEEPS_STATE, RESET_UNCHECKED } from './tcp-reset.ts'
import * as S from './tcp-states.ts'
import * as T from './tcp-track.ts'
import { segmentEnd, tcpInWindow, WINDOW_IGNORE, WINDOW_INVALID } from './tcp-window.ts'
import { TRACK_ACCEPT, TRACK_DESTROYED, TRACK_INVALID, TRACK_REPEAT, type TrackVerdict } from './verdicts.ts'

/** The two settings of a namespace that TCP tracking reads. */
export interface TcpSettings {
  readonly tcpLoose: boolean
  readonly tcpBeLiberal: boolean
}

const FLAGS_THAT_COUNT = TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK | TCP_URG

/** Combinations that occur in nature (tcp_valid_flags); PSH, ECE and CWR may be added to any. */
function validFlags(flags: number): boolean {
  switch (flags & FLAGS_THAT_COUNT) {
    case TCP_SYN:
    case TCP_SYN | TCP_URG:
    case TCP_SYN | TCP_ACK:
    case TCP_RST:
    case TCP_RST | TCP_ACK:
    case TCP_FIN | TCP_ACK:
    case TCP_FIN | TCP_ACK | TCP_URG:
    case TCP_ACK:
    case TCP_ACK | TCP_URG:
      return true
    default:
      return false
  }
}

function seenIn(flags: number): number {
  if ((flags & TCP_RST) !== 0) return S.SEEN_RST
  if ((flags & TCP_SYN) !== 0) return (flags & TCP_ACK) !== 0 ? S.SEEN_SYNACK : S.SEEN_SYN
  if ((flags & TCP_FIN) !== 0) return S.SEEN_FIN
  return (flags & TCP_ACK) !== 0 ? S.SEEN_ACK : S.SEEN_NONE
}

/** The track of a flow's first packet (tcp_new), or null where it cannot begin one. */
function begin(skb: Skb, seen: number, settings: TcpSettings): T.TcpTrack | null {
  const state = S.tcpTransition(0, seen, S.TCP_NONE)
  if (state === S.TCP_INVALID) return null
  const picksUp = state !== S.TCP_SYN_SENT
  if (picksUp && !settings.tcpLoose) return null
  const track = new T.TcpTrack()
  const sender = track.original
  sender.end = segmentEnd(skb)
  sender.maxWin = skb.tcpWindow === 0 ? 1 : skb.tcpWindow
  sender.maxEnd = sender.end
  if (picksUp) {
    sender.maxEnd = (sender.end + sender.maxWin) | 0
    sender.flags = T.TCP_BE_LIBERAL
    track.reply.flags = T.TCP_BE_LIBERAL
  }
  return track
}

/** Whether a full table may give this connection up (tcp_can_early_drop). */
function closing(state: number): boolean {
  return state >= S.TCP_FIN_WAIT && state <= S.TCP_CLOSE
}

/**
 * Follows a TCP packet of a flow (nf_conntrack_tcp_packet). `dir` is the packet's direction, `now` simulated microseconds.
 * Without a window scale option in the model, see `tcpInWindow`.
 */
export function trackTcp(entry: FlowEntry, dir: number, skb: Skb, now: number, settings: TcpSettings): TrackVerdict {
  if (!validFlags(skb.tcpFlags)) return TRACK_INVALID
  const seen = seenIn(skb.tcpFlags)
  if (!entry.confirmed) {
    entry.tcp = begin(skb, seen, settings)
  }
  const track = entry.tcp
  if (track === null) return TRACK_INVALID

  let oldState = track.state
  let newState = S.tcpTransition(dir, seen, oldState)
  let checkWindow = true

  switch (newState) {
    case S.TCP_INVALID:
      return TRACK_INVALID
    case S.TCP_SYN_SENT:
      if (oldState < S.TCP_TIME_WAIT) break
      if (
        ((track.original.flags | track.reply.flags) & T.TCP_CLOSE_INIT) !== 0 ||
        (track.lastDir === dir && track.lastSeen === S.SEEN_RST)
      ) {
        // RFC 9293 §3.6.1: a new SYN may reopen a closed connection. It begins a new flow, with new NAT.
        return TRACK_REPEAT
      }
      if (!resynchronises(track, dir, seen, skb)) return ignore(track, dir, seen, skb, oldState)
      oldState = S.TCP_SYN_SENT
      newState = S.TCP_SYN_RECV
      break
    case S.TCP_IGNORE:
      if (!resynchronises(track, dir, seen, skb)) return ignore(track, dir, seen, skb, oldState)
      oldState = S.TCP_SYN_SENT
      newState = S.TCP_SYN_RECV
      break
    case S.TCP_TIME_WAIT:
      if (
        oldState === S.TCP_LAST_ACK &&
        seen === S.SEEN_ACK &&
        track.lastDir !== dir &&
        track.lastSeen === S.SEEN_SYN &&
        (track.lastFlags & T.TCP_EXP_CHALLENGE_ACK) !== 0
      ) {
        // RFC 5961 §4: a challenge ACK, not the one for the last FIN.
        track.lastFlags &= ~T.TCP_EXP_CHALLENGE_ACK
        return TRACK_ACCEPT
      }
      break
    case S.TCP_SYN_SENT2:
      track.lastFlags |= T.TCP_SIMULTANEOUS_OPEN
      break
    case S.TCP_SYN_RECV:
      if (dir === 1 && seen === S.SEEN_ACK && (track.lastFlags & T.TCP_SIMULTANEOUS_OPEN) !== 0) {
        newState = S.TCP_ESTABLISHED
      }
      break
    case S.TCP_CLOSE:
      if (seen !== S.SEEN_RST) break
      if (closing(oldState)) {
        checkWindow = false
        break
      }
      switch (judgeReset(entry, track, dir, skb)) {
        case RESET_INVALID:
          return TRACK_INVALID
        case RESET_KEEPS_STATE:
          newState = oldState
          checkWindow = !answersIgnored(entry, track, dir, skb, oldState)
          break
        case RESET_UNCHECKED:
          checkWindow = !answersIgnored(entry, track, dir, skb, oldState)
          break
        default:
          break
      }
      break
    default:
      break
  }

  if (checkWindow) {
    const window = tcpInWindow(track, track.peer(dir), track.peer(1 - dir), dir, seen, skb, settings.tcpBeLiberal)
    if (window === WINDOW_IGNORE) return TRACK_ACCEPT
    if (window === WINDOW_INVALID) {
      shortenAfterInvalid(entry, track, dir, seen, now)
      return TRACK_INVALID
    }
  }

  track.lastSeen = seen
  track.lastDir = dir
  if (newState !== track.state) {
    track.state = newState
    entry.tcpState = S.TCP_STATE_NAMES[newState] ?? 'NONE'
  }
  if (oldState !== newState && newState === S.TCP_FIN_WAIT) track.peer(dir).flags |= T.TCP_CLOSE_INIT
  return settle(entry, track, dir, skb, now, seen, oldState, newState)
}

/** Timeout, destruction by RST, and [ASSURED] after an accepted packet. */
function settle(
  entry: FlowEntry,
  track: T.TcpTrack,
  dir: number,
  skb: Skb,
  now: number,
  seen: number,
  oldState: number,
  newState: number,
): TrackVerdict {
  const usual = S.TCP_TIMEOUTS[newState] ?? S.TCP_TIMEOUT_RETRANS
  let timeout = usual
  if (track.retrans >= S.TCP_MAX_RETRANS && usual > S.TCP_TIMEOUT_RETRANS) timeout = S.TCP_TIMEOUT_RETRANS
  else if (seen === S.SEEN_RST) timeout = S.TCP_TIMEOUTS[S.TCP_CLOSE] ?? usual
  else if (
    ((track.original.flags | track.reply.flags) & T.TCP_DATA_UNACKNOWLEDGED) !== 0 &&
    usual > S.TCP_TIMEOUT_UNACK
  ) {
    timeout = S.TCP_TIMEOUT_UNACK
  } else if (track.lastWin === 0 && usual > S.TCP_TIMEOUT_RETRANS) timeout = S.TCP_TIMEOUT_RETRANS

  if (!entry.seenReply) {
    if (seen === S.SEEN_RST) {
      // The only answer is a RST: there never was a connection.
      account(entry, dir, skb)
      return TRACK_DESTROYED
    }
    // A repeated SYN does not keep the flow, and its NAT, alive.
    if (seen === S.SEEN_SYN && oldState === S.TCP_SYN_SENT) return TRACK_ACCEPT
    if (newState === S.TCP_ESTABLISHED && timeout > S.TCP_TIMEOUT_UNACK) timeout = S.TCP_TIMEOUT_UNACK
  } else if (
    !entry.assured &&
    (oldState === S.TCP_SYN_RECV || oldState === S.TCP_ESTABLISHED) &&
    newState === S.TCP_ESTABLISHED
  ) {
    entry.assured = true
  }
  refresh(entry, dir, skb, now, timeout)
  return TRACK_ACCEPT
}

/** Whether a SYN,ACK answers a SYN that was let through although the flow seemed alive: the two ends know better. */
function resynchronises(track: T.TcpTrack, dir: number, seen: number, skb: Skb): boolean {
  if (
    seen !== S.SEEN_SYNACK ||
    track.lastSeen !== S.SEEN_SYN ||
    track.lastDir === dir ||
    (skb.tcpAck | 0) !== track.lastEnd
  ) {
    return false
  }
  const opener = track.peer(track.lastDir)
  opener.end = track.lastEnd
  opener.maxEnd = track.lastEnd
  opener.maxWin = track.lastWin === 0 ? 1 : track.lastWin
  track.lastFlags &= ~T.TCP_EXP_CHALLENGE_ACK
  opener.flags = track.lastFlags & ~T.TCP_SIMULTANEOUS_OPEN
  T.resetPeer(track.peer(dir))
  return true
}

/** Lets a packet pass that may tell the two ends more than us, and remembers it. */
function ignore(track: T.TcpTrack, dir: number, seen: number, skb: Skb, oldState: number): TrackVerdict {
  track.lastSeen = seen
  track.lastDir = dir
  track.lastSeq = skb.tcpSeq | 0
  track.lastEnd = segmentEnd(skb)
  track.lastWin = skb.tcpWindow
  if (seen === S.SEEN_SYN && dir === 0) {
    track.lastFlags = oldState === S.TCP_LAST_ACK ? T.TCP_EXP_CHALLENGE_ACK : 0
  }
  if (oldState === S.TCP_SYN_SENT && seen === S.SEEN_ACK && dir === 1) track.lastAck = skb.tcpAck | 0
  return TRACK_ACCEPT
}

/** A FIN or RST in each direction that we called out of window: do not keep the flow for days (nf_tcp_handle_invalid). */
function shortenAfterInvalid(entry: FlowEntry, track: T.TcpTrack, dir: number, seen: number, now: number): void {
  if (!entry.assured || entry.fixedTimeout || (seen !== S.SEEN_RST && seen !== S.SEEN_FIN)) return
  if (track.lastDir !== dir && (track.lastSeen === S.SEEN_FIN || track.lastSeen === S.SEEN_RST)) {
    if (entry.expires - now > S.TCP_TIMEOUT_UNACK) entry.expires = now + S.TCP_TIMEOUT_UNACK
    return
  }
  track.lastSeen = seen
  track.lastDir = dir
}

/** The connection ends here: CLOSE with its timeout (nf_conntrack_tcp_set_closing). */
export function closeTcp(entry: FlowEntry, now: number): void {
  const { tcp } = entry
  if (tcp === null) return
  tcp.state = S.TCP_CLOSE
  entry.tcpState = S.TCP_STATE_NAMES[S.TCP_CLOSE] ?? 'NONE'
  if (!entry.fixedTimeout) entry.expires = now + (S.TCP_TIMEOUTS[S.TCP_CLOSE] ?? 0)
}

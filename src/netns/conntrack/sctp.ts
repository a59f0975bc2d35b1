import type { Skb } from '../model/skb.ts'
import type { FlowEntry } from './entry.ts'
import { refresh } from './refresh.ts'
import { SCTP_STATES } from './sctp-states.ts'
import { checkTag, SctpTrack, TAG_IGNORED, TAG_WRONG } from './sctp-tags.ts'
import { TRACK_ACCEPT, TRACK_INVALID, type TrackVerdict } from './verdicts.ts'

/** Chunk types (RFC 9260 §3.2) in the order of the table's rows. */
const CHUNKS = [1, 2, 6, 7, 8, 9, 10, 11, 14, 4, 5]
const INIT = 1
const INIT_ACK = 2
const HEARTBEAT = 4
const ABORT = 6
const SHUTDOWN_ACK = 8
const COOKIE_ACK = 11
const SHUTDOWN_COMPLETE = 14

/** Columns: the state before. Rows: the chunk. Entries: the state after (nf_conntrack_proto_sctp.c sctp_conntracks). */
const ORIGINAL = `
                NONE CLOSED C_WAIT C_ECHOED ESTAB S_SENT S_RECD SA_SENT H_SENT
  INIT          CL   CL     CW     CE       ES    CL     CL     SA      CW
  INIT_ACK      CL   CL     CW     CE       ES    SS     SR     SA      CL
  ABORT         CL   CL     CL     CL       CL    CL     CL     CL      CL
  SHUTDOWN      CL   CL     CW     CE       SS    SS     SR     SA      CL
  SHUTDOWN_ACK  SA   CL     CW     CE       ES    SA     SA     SA      SA
  ERROR         CL   CL     CW     CE       ES    SS     SR     SA      CL
  COOKIE_ECHO   CL   CL     CE     CE       ES    SS     SR     SA      CL
  COOKIE_ACK    CL   CL     CW     ES       ES    SS     SR     SA      CL
  SHUTDOWN_COMP CL   CL     CW     CE       ES    SS     SR     CL      CL
  HEARTBEAT     HS   CL     CW     CE       ES    SS     SR     SA      HS
  HEARTBEAT_ACK CL   CL     CW     CE       ES    SS     SR     SA      HS`

const REPLY = `
                NONE CLOSED C_WAIT C_ECHOED ESTAB S_SENT S_RECD SA_SENT H_SENT
  INIT          IV   CL     CW     CE       ES    SS     SR     SA      IV
  INIT_ACK      IV   CW     CW     CE       ES    SS     SR     SA      IV
  ABORT         IV   CL     CL     CL       CL    CL     CL     CL      IV
  SHUTDOWN      IV   CL     CW     CE       SR    SS     SR     SA      IV
  SHUTDOWN_ACK  IV   CL     CW     CE       ES    SA     SA     SA      IV
  ERROR         IV   CL     CW     CL       ES    SS     SR     SA      IV
  COOKIE_ECHO   IV   CL     CE     CE       ES    SS     SR     SA      IV
  COOKIE_ACK    IV   CL     CW     ES       ES    SS     SR     SA      IV
  SHUTDOWN_COMP IV   CL     CW     CE       ES    SS     SR     CL      IV
  HEARTBEAT     IV   CL     CW     CE       ES    SS     SR     SA      HS
  HEARTBEAT_ACK IV   CL     CW     CE       ES    SS     SR     SA      ES`

const CODES = ['NO', 'CL', 'CW', 'CE', 'ES', 'SS', 'SR', 'SA', 'HS', 'IV']
const INVALID = 9
const STATES = SCTP_STATES.length

function readTable(text: string): number[] {
  return text
    .trim()
    .split('\n')
    .slice(1)
    .flatMap(row => row.trim().split(/\s+/).slice(1))
    .map(code => CODES.indexOf(code))
}

const TRANSITIONS = Uint8Array.from([...readTable(ORIGINAL), ...readTable(REPLY)])
const SECOND = 1_000_000
/** `net.netfilter.nf_conntrack_sctp_timeout_*`, microseconds, by state. */
const TIMEOUTS = [10, 10, 3, 3, 210, 3, 3, 3, 30].map(seconds => seconds * SECOND)

/** The state that a chunk in direction `dir` leads to; −1 when it is invalid there. DATA, SACK and others change nothing. */
export function sctpTransition(dir: number, chunk: number, state: number): number {
  const row = CHUNKS.indexOf(chunk)
  if (row < 0) return state
  const next = TRANSITIONS[(dir * CHUNKS.length + row) * STATES + state] ?? INVALID
  return next === INVALID ? -1 : next
}

/**
 * Follows an SCTP packet by its first chunk (nf_conntrack_sctp_packet). Limits: later chunks of a bundle are not looked at;
 * after INITs of both ends, a further INIT ACK with a foreign initiate tag may be judged otherwise than by the kernel.
 * Verification tags: see `checkTag`.
 */
export function trackSctp(entry: FlowEntry, dir: number, skb: Skb, now: number): TrackVerdict {
  const chunk = skb.sctpChunk
  if (!entry.confirmed) {
    // RFC 9260 §8.4: out of the blue.
    if (chunk === ABORT || chunk === SHUTDOWN_COMPLETE || chunk === COOKIE_ACK) return TRACK_INVALID
    if (sctpTransition(0, chunk, 0) <= 0) return TRACK_INVALID
    entry.sctp = new SctpTrack()
    if (chunk === HEARTBEAT) entry.sctp.originalTag = skb.sctpTag
    else if (chunk === SHUTDOWN_ACK) entry.sctp.replyTag = skb.sctpTag
  }
  const track = entry.sctp
  if (track === null) return TRACK_INVALID
  switch (checkTag(track, dir, skb)) {
    case TAG_WRONG:
      return TRACK_INVALID
    case TAG_IGNORED:
      return TRACK_ACCEPT
    default:
      break
  }
  const oldState = SCTP_STATES.indexOf(entry.sctpState)
  const newState = sctpTransition(dir, chunk, oldState)
  const name = SCTP_STATES[newState]
  if (newState < 0 || name === undefined) return TRACK_INVALID
  if (chunk === INIT) track.noteInit(dir, skb.sctpInitTag)
  else if (chunk === INIT_ACK) {
    if (!track.acceptsInitAck(dir, skb.sctpInitTag)) return TRACK_INVALID
    track.announce(1 - dir, skb.sctpInitTag)
  } else if (chunk === COOKIE_ACK) track.clearInits()
  entry.sctpState = name
  if (newState !== oldState && name === 'ESTABLISHED') entry.assured = true
  // A repeated INIT does not keep the flow, and its NAT, alive.
  if (chunk === INIT && name === 'CLOSED' && oldState === newState && entry.confirmed) return TRACK_ACCEPT
  refresh(entry, dir, skb, now, TIMEOUTS[newState] ?? SECOND)
  return TRACK_ACCEPT
}

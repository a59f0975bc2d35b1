import { SEEN_NONE, TCP_NONE } from './tcp-states.ts'

/** Flags of one end (IP_CT_TCP_FLAG_*). */
export const TCP_CLOSE_INIT = 0x04
/** Out-of-window packets of this end are accepted: a connection picked up in its middle, or loaded from a dump. */
export const TCP_BE_LIBERAL = 0x08
export const TCP_DATA_UNACKNOWLEDGED = 0x10
export const TCP_MAXACK_SET = 0x20

/** Flags of the track (`lastFlags`). */
export const TCP_EXP_CHALLENGE_ACK = 0x40
export const TCP_SIMULTANEOUS_OPEN = 0x80

/**
 * What one end has sent (struct ip_ct_tcp_state). Sequence numbers are kept as signed 32-bit integers. Lives in the tuple of
 * that direction: one allocation less for every connection.
 */
export interface TcpPeer {
  /** Highest sequence number sent, plus one. */
  end: number
  /** Highest sequence number it may send. */
  maxEnd: number
  /** Largest window it announced; 0 until it has sent anything. */
  maxWin: number
  maxAck: number
  flags: number
}

/** Forgets what was learnt of an end (nf_ct_tcp_state_reset). */
export function resetPeer(peer: TcpPeer): void {
  peer.end = 0
  peer.maxEnd = 0
  peer.maxWin = 0
  peer.maxAck = 0
  peer.flags &= TCP_BE_LIBERAL
}

/** What both directions of a connection share (struct ip_ct_tcp). */
export class TcpTrack {
  state = TCP_NONE
  lastSeen = SEEN_NONE
  lastDir = 0
  lastSeq = 0
  lastAck = 0
  lastEnd = 0
  lastWin = 0
  lastFlags = 0
  retrans = 0
}

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

/** What one end has sent (struct ip_ct_tcp_state). Sequence numbers are kept as signed 32-bit integers. */
export class TcpPeer {
  /** Highest sequence number sent, plus one. */
  end = 0
  /** Highest sequence number it may send. */
  maxEnd = 0
  /** Largest window it announced; 0 until it has sent anything. */
  maxWin = 0
  maxAck = 0
  flags = 0
}

/** Forgets what was learnt of an end (nf_ct_tcp_state_reset). */
export function resetPeer(peer: TcpPeer): void {
  peer.end = 0
  peer.maxEnd = 0
  peer.maxWin = 0
  peer.maxAck = 0
  peer.flags &= TCP_BE_LIBERAL
}

/** Both ends of a connection, and what they share (struct ip_ct_tcp). */
export class TcpTrack {
  readonly original = new TcpPeer()
  readonly reply = new TcpPeer()
  state = TCP_NONE
  lastSeen = SEEN_NONE
  lastDir = 0
  lastSeq = 0
  lastAck = 0
  lastEnd = 0
  lastWin = 0
  lastFlags = 0
  retrans = 0

  /** The end that sends in a direction. */
  peer(dir: number): TcpPeer {
    return dir === 0 ? this.original : this.reply
  }
}

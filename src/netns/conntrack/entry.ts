import type { Addr } from '../../wire/addr.ts'
import type { ConntrackEntry, TcpConntrackState, Tuple } from '../model/conntrack.ts'
import type { Skb } from '../model/skb.ts'
import type { SctpConntrackState } from './sctp-states.ts'
import type { SctpTrack } from './sctp-tags.ts'
import type { TcpPeer, TcpTrack } from './tcp-track.ts'

/** One direction of a flow, and its place in a hash chain. */
export class TupleNode implements Tuple, TcpPeer {
  src: Addr
  dst: Addr
  sport: number
  dport: number
  readonly proto: number
  readonly entry: FlowEntry
  /** DIR_ORIGINAL or DIR_REPLY. */
  readonly dir: number
  hash = 0
  next: TupleNode | null = null
  end = 0
  maxEnd = 0
  maxWin = 0
  maxAck = 0
  flags = 0

  constructor(entry: FlowEntry, dir: number, src: Addr, dst: Addr, sport: number, dport: number, proto: number) {
    this.entry = entry
    this.dir = dir
    this.src = src
    this.dst = dst
    this.sport = sport
    this.dport = dport
    this.proto = proto
  }
}

/** Bits of `FlowEntry.natDone`: the binding of that end is fixed (IPS_SRC_NAT_DONE, IPS_DST_NAT_DONE). */
export const NAT_SRC_DONE = 1
export const NAT_DST_DONE = 2
export const NAT_DONE = 3

/** struct nf_conn: a flow, its two tuples, and links of the table that holds it. */
export class FlowEntry implements ConntrackEntry {
  readonly original: TupleNode
  readonly reply: TupleNode
  confirmed = false
  /** Deleted: a packet that still carries it must not bring it back. */
  dying = false
  seenReply = false
  assured = false
  mark = 0
  tcpState: TcpConntrackState = 'NONE'
  sctpState: SctpConntrackState = 'NONE'
  snat = false
  dnat = false
  natDone = 0
  /** Simulated microseconds. */
  expires = 0
  /** The expiry is not moved by packets (IPS_FIXED_TIMEOUT). */
  fixedTimeout = false
  /** UDP: when traffic in both directions makes it a stream. */
  streamAt = 0
  readonly zone: number
  originalPackets = 0
  originalBytes = 0
  replyPackets = 0
  replyBytes = 0
  /** `FlowTable.inserts` when the tuple was last seen to be free; −1 when nobody has looked. */
  originalFreeAt = -1
  replyFreeAt = -1
  tcp: TcpTrack | null = null
  sctp: SctpTrack | null = null
  /** Neighbours in the list of creation. */
  older: FlowEntry | null = null
  newer: FlowEntry | null = null
  /** Next with the same hash of its original source. */
  nextBySource: FlowEntry | null = null

  constructor(
    src: Addr,
    dst: Addr,
    sport: number,
    dport: number,
    proto: number,
    replySport: number,
    replyDport: number,
    zone: number,
  ) {
    this.original = new TupleNode(this, 0, src, dst, sport, dport, proto)
    this.reply = new TupleNode(this, 1, dst, src, replySport, replyDport, proto)
    this.zone = zone
  }

  get packets(): [number, number] {
    return [this.originalPackets, this.replyPackets]
  }

  get bytes(): [number, number] {
    return [this.originalBytes, this.replyBytes]
  }

  /** The tuple of a direction. */
  tuple(dir: number): TupleNode {
    return dir === 0 ? this.original : this.reply
  }

  /** Whether the entry's time is over at `now`. */
  expired(now: number): boolean {
    return this.expires <= now
  }
}

/** The flow of a packet. Entries are made nowhere but here, so what the model calls a ConntrackEntry is a FlowEntry. */
export function flowOf(skb: Skb): FlowEntry | null {
  return skb.ct as FlowEntry | null
}

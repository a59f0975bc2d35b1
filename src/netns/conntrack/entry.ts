import { type Addr, isV6 } from '../../wire/addr.ts'
import type { ConntrackEntry, TcpConntrackState, Tuple } from '../model/conntrack.ts'
import type { Skb } from '../model/skb.ts'
import type { SctpConntrackState } from './sctp-states.ts'
import type { SctpTrack } from './sctp-tags.ts'
import type { TcpTrack } from './tcp-track.ts'

/** What `addrOf` adds to the key of an IPv6 address: handles begin there. */
const V6_HANDLES = 0x1_0000_0000

/**
 * One direction of a flow, and its place in a hash chain. Millions of these live at once, so everything is kept in signed
 * 32-bit numbers, which the engine stores inside the object: an address above 127.255.255.255 kept as it is would be an
 * object of its own.
 */
export class TupleNode implements Tuple {
  readonly proto: number
  readonly entry: FlowEntry
  /** DIR_ORIGINAL or DIR_REPLY. */
  readonly dir: number
  hash = 0
  next: TupleNode | null = null
  /** The low 32 bits of an IPv4 value or of an IPv6 handle. */
  #src: number
  #dst: number
  /** Source port in the upper half. */
  #ports: number
  readonly #v6: boolean

  constructor(entry: FlowEntry, dir: number, src: Addr, dst: Addr, sport: number, dport: number, proto: number) {
    this.proto = proto
    this.entry = entry
    this.dir = dir
    this.#src = src | 0
    this.#dst = dst | 0
    this.#ports = (sport << 16) | (dport & 0xffff)
    this.#v6 = isV6(src)
  }

  get src(): Addr {
    return this.#addr(this.#src)
  }

  set src(addr: Addr) {
    this.#src = addr | 0
  }

  get dst(): Addr {
    return this.#addr(this.#dst)
  }

  set dst(addr: Addr) {
    this.#dst = addr | 0
  }

  get sport(): number {
    return this.#ports >>> 16
  }

  set sport(port: number) {
    this.#ports = (port << 16) | (this.#ports & 0xffff)
  }

  get dport(): number {
    return this.#ports & 0xffff
  }

  set dport(port: number) {
    this.#ports = (this.#ports & ~0xffff) | (port & 0xffff)
  }

  /** Whether this is the tuple with these five numbers. */
  is(src: Addr, dst: Addr, sport: number, dport: number, proto: number): boolean {
    return (
      this.#src === (src | 0) &&
      this.#dst === (dst | 0) &&
      this.#ports === ((sport << 16) | (dport & 0xffff)) &&
      this.proto === proto &&
      this.#v6 === isV6(src)
    )
  }

  #addr(key: number): Addr {
    return (this.#v6 ? V6_HANDLES + (key >>> 0) : key >>> 0) as Addr // what the constructor took apart
  }
}

/** Bits of `FlowEntry.natDone`: the binding of that end is fixed (IPS_SRC_NAT_DONE, IPS_DST_NAT_DONE). */
export const NAT_SRC_DONE = 1
export const NAT_DST_DONE = 2
export const NAT_DONE = 3

/** Bits of a flow's status (enum ip_conntrack_status, without IPS_). */
const SEEN_REPLY = 1 << 1
const ASSURED = 1 << 2
const CONFIRMED = 1 << 3
const SRC_NAT = 1 << 4
const DST_NAT = 1 << 5
const NAT_DONE_SHIFT = 7
const DYING = 1 << 9
const FIXED_TIMEOUT = 1 << 10

/** struct nf_conn: a flow, its two tuples, and links of the table that holds it. */
export class FlowEntry implements ConntrackEntry {
  readonly original: TupleNode
  readonly reply: TupleNode
  mark = 0
  tcpState: TcpConntrackState = 'NONE'
  sctpState: SctpConntrackState = 'NONE'
  /** Simulated microseconds. */
  expires = 0
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
  #status = 0

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

  get confirmed(): boolean {
    return (this.#status & CONFIRMED) !== 0
  }

  set confirmed(on: boolean) {
    this.#set(CONFIRMED, on)
  }

  /** Deleted: a packet that still carries it must not bring it back. */
  get dying(): boolean {
    return (this.#status & DYING) !== 0
  }

  set dying(on: boolean) {
    this.#set(DYING, on)
  }

  get seenReply(): boolean {
    return (this.#status & SEEN_REPLY) !== 0
  }

  set seenReply(on: boolean) {
    this.#set(SEEN_REPLY, on)
  }

  get assured(): boolean {
    return (this.#status & ASSURED) !== 0
  }

  set assured(on: boolean) {
    this.#set(ASSURED, on)
  }

  get snat(): boolean {
    return (this.#status & SRC_NAT) !== 0
  }

  set snat(on: boolean) {
    this.#set(SRC_NAT, on)
  }

  get dnat(): boolean {
    return (this.#status & DST_NAT) !== 0
  }

  set dnat(on: boolean) {
    this.#set(DST_NAT, on)
  }

  /** The expiry is not moved by packets. */
  get fixedTimeout(): boolean {
    return (this.#status & FIXED_TIMEOUT) !== 0
  }

  set fixedTimeout(on: boolean) {
    this.#set(FIXED_TIMEOUT, on)
  }

  /** NAT_SRC_DONE, NAT_DST_DONE. */
  get natDone(): number {
    return (this.#status >> NAT_DONE_SHIFT) & NAT_DONE
  }

  set natDone(ends: number) {
    this.#status = (this.#status & ~(NAT_DONE << NAT_DONE_SHIFT)) | (ends << NAT_DONE_SHIFT)
  }

  get packets(): [number, number] {
    return [this.originalPackets, this.replyPackets]
  }

  get bytes(): [number, number] {
    return [this.originalBytes, this.replyBytes]
  }

  /** Whether the entry's time is over at `now`. */
  expired(now: number): boolean {
    return this.expires <= now
  }

  #set(bit: number, on: boolean): void {
    this.#status = on ? this.#status | bit : this.#status & ~bit
  }
}

/** The flow of a packet. Entries are made nowhere but here, so what the model calls a ConntrackEntry is a FlowEntry. */
export function flowOf(skb: Skb): FlowEntry | null {
  return skb.ct as FlowEntry | null
}

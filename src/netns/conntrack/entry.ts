import type { ConntrackEntry, TcpConntrackState } from '../model/conntrack.ts'
import type { Skb } from '../model/skb.ts'
import {
  BY_SOURCE,
  COUNTERS,
  DOUBLES,
  EXPIRES,
  type FlowStore,
  INTS,
  MARK,
  MASQUERADED_BY,
  NEWER,
  NONE,
  ORIGINAL_FREE_AT,
  REPLY_FREE_AT,
  STATE,
  STATUS,
  STREAM_AT,
  ZONE,
} from './flow-store.ts'
import { FlowTuple } from './flow-tuple.ts'
import { SCTP_STATES, type SctpConntrackState } from './sctp-states.ts'
import type { SctpTrack } from './sctp-tags.ts'
import { TCP_STATE_NAMES } from './tcp-states.ts'
import type { TcpTrack } from './tcp-track.ts'

/** Bits of `FlowEntry.natDone`: the binding of that end is fixed (IPS_SRC_NAT_DONE, IPS_DST_NAT_DONE). */
export const NAT_SRC_DONE = 1
export const NAT_DST_DONE = 2
export const NAT_DONE = 3

/** Bits of a flow's status (enum ip_conntrack_status, without IPS_). */
const SEEN_REPLY = 1 << 1
const ASSURED = 1 << 2
export const CONFIRMED = 1 << 3
const SRC_NAT = 1 << 4
const DST_NAT = 1 << 5
const NAT_DONE_SHIFT = 7
export const DYING = 1 << 9
const FIXED_TIMEOUT = 1 << 10

/**
 * A flow (struct nf_conn) as code and packets refer to it: a view of one slot of the store, made whenever somebody needs one.
 * Two views of the same flow are different objects; `is` compares. A view stays true for a minute of simulated time after
 * the flow has gone, longer than any packet holds it.
 */
export class FlowEntry implements ConntrackEntry {
  readonly store: FlowStore
  readonly slot: number

  constructor(store: FlowStore, slot: number) {
    this.store = store
    this.slot = slot
  }

  /** The view of a slot, null for none. */
  static at(store: FlowStore, slot: number): FlowEntry | null {
    return slot === NONE ? null : new FlowEntry(store, slot)
  }

  /** Whether both are the same flow. */
  is(other: FlowEntry | null): boolean {
    return other !== null && other.slot === this.slot && other.store === this.store
  }

  get original(): FlowTuple {
    return new FlowTuple(this.store, this.slot, 0)
  }

  get reply(): FlowTuple {
    return new FlowTuple(this.store, this.slot, 1)
  }

  get confirmed(): boolean {
    return (this.#int(STATUS) & CONFIRMED) !== 0
  }

  set confirmed(on: boolean) {
    this.#setBit(CONFIRMED, on)
  }

  /** Deleted: a packet that still carries it must not bring it back. */
  get dying(): boolean {
    return (this.#int(STATUS) & DYING) !== 0
  }

  set dying(on: boolean) {
    this.#setBit(DYING, on)
  }

  get seenReply(): boolean {
    return (this.#int(STATUS) & SEEN_REPLY) !== 0
  }

  set seenReply(on: boolean) {
    this.#setBit(SEEN_REPLY, on)
  }

  get assured(): boolean {
    return (this.#int(STATUS) & ASSURED) !== 0
  }

  set assured(on: boolean) {
    this.#setBit(ASSURED, on)
  }

  get snat(): boolean {
    return (this.#int(STATUS) & SRC_NAT) !== 0
  }

  set snat(on: boolean) {
    this.#setBit(SRC_NAT, on)
  }

  get dnat(): boolean {
    return (this.#int(STATUS) & DST_NAT) !== 0
  }

  set dnat(on: boolean) {
    this.#setBit(DST_NAT, on)
  }

  /** The expiry is not moved by packets. */
  get fixedTimeout(): boolean {
    return (this.#int(STATUS) & FIXED_TIMEOUT) !== 0
  }

  set fixedTimeout(on: boolean) {
    this.#setBit(FIXED_TIMEOUT, on)
  }

  /** NAT_SRC_DONE, NAT_DST_DONE. */
  get natDone(): number {
    return (this.#int(STATUS) >> NAT_DONE_SHIFT) & NAT_DONE
  }

  set natDone(ends: number) {
    this.#setInt(STATUS, (this.#int(STATUS) & ~(NAT_DONE << NAT_DONE_SHIFT)) | (ends << NAT_DONE_SHIFT))
  }

  get mark(): number {
    return this.#double(MARK)
  }

  set mark(value: number) {
    this.#setDouble(MARK, value)
  }

  /** Simulated microseconds. */
  get expires(): number {
    return this.#double(EXPIRES)
  }

  set expires(value: number) {
    this.#setDouble(EXPIRES, value)
  }

  /** UDP: when traffic in both directions makes it a stream. */
  get streamAt(): number {
    return this.#double(STREAM_AT)
  }

  set streamAt(value: number) {
    this.#setDouble(STREAM_AT, value)
  }

  get masqueradedBy(): number {
    return this.#int(MASQUERADED_BY)
  }

  set masqueradedBy(index: number) {
    this.#setInt(MASQUERADED_BY, index)
  }

  get zone(): number {
    return this.#int(ZONE)
  }

  /** `FlowTable.inserts` when the tuple was last seen to be free; −1 when nobody has looked. */
  get originalFreeAt(): number {
    return this.#int(ORIGINAL_FREE_AT)
  }

  set originalFreeAt(value: number) {
    this.#setInt(ORIGINAL_FREE_AT, value)
  }

  get replyFreeAt(): number {
    return this.#int(REPLY_FREE_AT)
  }

  set replyFreeAt(value: number) {
    this.#setInt(REPLY_FREE_AT, value)
  }

  get tcpState(): TcpConntrackState {
    return TCP_STATE_NAMES[this.#int(STATE)] ?? 'NONE'
  }

  set tcpState(state: TcpConntrackState) {
    this.#setInt(STATE, TCP_STATE_NAMES.indexOf(state))
  }

  get sctpState(): SctpConntrackState {
    return SCTP_STATES[this.#int(STATE)] ?? 'NONE'
  }

  set sctpState(state: SctpConntrackState) {
    this.#setInt(STATE, SCTP_STATES.indexOf(state))
  }

  get tcp(): TcpTrack | null {
    return this.store.tcp[this.slot] ?? null
  }

  set tcp(track: TcpTrack | null) {
    this.store.tcp[this.slot] = track
  }

  get sctp(): SctpTrack | null {
    return this.store.sctp[this.slot] ?? null
  }

  set sctp(track: SctpTrack | null) {
    this.store.sctp[this.slot] = track
  }

  /** Next in the list of creation. */
  get newer(): FlowEntry | null {
    return FlowEntry.at(this.store, this.#int(NEWER))
  }

  /** Next with the same hash of its original source. */
  get nextBySource(): FlowEntry | null {
    return FlowEntry.at(this.store, this.#int(BY_SOURCE))
  }

  /** Of the original direction and of the reply. */
  get packets(): [number, number] {
    return [this.#double(COUNTERS), this.#double(COUNTERS + 2)]
  }

  get bytes(): [number, number] {
    return [this.#double(COUNTERS + 1), this.#double(COUNTERS + 3)]
  }

  /** Counts a packet, or several. */
  count(dir: number, packets: number, bytes: number): void {
    const field = COUNTERS + 2 * dir
    this.#setDouble(field, this.#double(field) + packets)
    this.#setDouble(field + 1, this.#double(field + 1) + bytes)
  }

  /** Whether the entry's time is over at `now`. */
  expired(now: number): boolean {
    return this.expires <= now
  }

  /** Changes when `conntrack -E` would print an UPDATE: the first reply, [ASSURED], another protocol state. */
  get fingerprint(): number {
    return (this.#int(STATUS) & (SEEN_REPLY | ASSURED)) | (this.#int(STATE) << 8)
  }

  #int(field: number): number {
    return this.store.ints[this.slot * INTS + field] ?? 0
  }

  #setInt(field: number, value: number): void {
    this.store.ints[this.slot * INTS + field] = value
  }

  #double(field: number): number {
    return this.store.doubles[this.slot * DOUBLES + field] ?? 0
  }

  #setDouble(field: number, value: number): void {
    this.store.doubles[this.slot * DOUBLES + field] = value
  }

  #setBit(bit: number, on: boolean): void {
    this.#setInt(STATUS, on ? this.#int(STATUS) | bit : this.#int(STATUS) & ~bit)
  }
}

/** The flow of a packet. Entries are made nowhere but here, so what the model calls a ConntrackEntry is a FlowEntry. */
export function flowOf(skb: Skb): FlowEntry | null {
  return skb.ct as FlowEntry | null
}

import type { SctpTrack } from './sctp-tags.ts'
import type { TcpTrack } from './tcp-track.ts'

/*
 * Where the numbers of a flow lie. Of one flow, numbered `slot`, `ints` holds from slot · INTS
 *
 *   original:  src dst ports hash next     reply:  src dst ports hash next     then what is named below
 *
 * and `doubles` holds from slot · DOUBLES what may pass 32 bits. A tuple in a hash chain is `2 · slot + direction`; −1 is none.
 */
export const INTS = 20
export const DOUBLES = 8

/** Within a tuple. Addresses are the low 32 bits of an IPv4 value or IPv6 handle; the source port is in the upper half. */
export const TUPLE_SRC = 0
export const TUPLE_DST = 1
export const TUPLE_PORTS = 2
export const TUPLE_HASH = 3
export const TUPLE_NEXT = 4
export const TUPLE_INTS = 5

/** IP protocol, and 256 for IPv6. */
export const KIND = 10
export const STATUS = 11
export const ZONE = 12
/** Neighbours in the list of creation. */
export const OLDER = 13
export const NEWER = 14
/** Next flow with the same hash of its original source; of a free slot: the next one to be used again. */
export const BY_SOURCE = 15
/** `FlowTable.inserts` when the tuple was last seen to be free; −1 when nobody has looked. */
export const ORIGINAL_FREE_AT = 16
export const REPLY_FREE_AT = 17
/** Index of the name of the TCP or SCTP state. */
export const STATE = 18
/** Index of the device whose address MASQUERADE took; 0: none. */
export const MASQUERADED_BY = 19

export const EXPIRES = 0
export const STREAM_AT = 1
/** Packets and bytes of the original direction, then of the reply. */
export const COUNTERS = 2
export const MARK = 6
/** Since when the flow is a draft, or its slot is free. */
export const SINCE = 7

export const KIND_V6 = 256
export const NONE = -1

/**
 * Simulated microseconds for which the numbers of a flow stay after it has gone: longer than any packet that still refers to
 * it can be held (IPv6 reassembly, 60 s).
 */
export const LINGER = 60_000_000

const FIRST_SLOTS = 16

/**
 * The numbers of all flows of one namespace, confirmed or not, in two flat arrays. A node has hundreds of thousands of flows
 * that live for minutes; as objects they would be copied by the garbage collector again and again, which costs more than
 * everything else that a new flow needs.
 */
export class FlowStore {
  ints = new Int32Array(FIRST_SLOTS * INTS)
  doubles = new Float64Array(FIRST_SLOTS * DOUBLES)
  readonly tcp: (TcpTrack | null)[] = []
  readonly sctp: (SctpTrack | null)[] = []
  #used = 0
  /** Free slots in the order in which they became free. */
  #firstFree = NONE
  #lastFree = NONE

  /** A slot for a new flow, everything zero but what has another "nothing". */
  allocate(now: number): number {
    let slot = this.#firstFree
    if (slot !== NONE && now >= this.#double(slot, SINCE) + LINGER) {
      this.#firstFree = this.ints[slot * INTS + BY_SOURCE] ?? NONE
      if (this.#firstFree === NONE) this.#lastFree = NONE
      // Loops: for so few numbers the call of `fill` takes longer.
      for (let i = 0; i < INTS; i++) this.ints[slot * INTS + i] = 0
      for (let i = 0; i < DOUBLES; i++) this.doubles[slot * DOUBLES + i] = 0
      if (this.tcp[slot] !== null) this.tcp[slot] = null
      if (this.sctp[slot] !== null) this.sctp[slot] = null
    } else {
      slot = this.#used++
      if (slot * INTS === this.ints.length) this.#grow()
      this.tcp.push(null)
      this.sctp.push(null)
    }
    const { ints } = this
    const at = slot * INTS
    ints[at + OLDER] = NONE
    ints[at + NEWER] = NONE
    ints[at + BY_SOURCE] = NONE
    ints[at + ORIGINAL_FREE_AT] = NONE
    ints[at + REPLY_FREE_AT] = NONE
    this.doubles[slot * DOUBLES + SINCE] = now
    return slot
  }

  /** The flow is gone; what refers to it may do so for `LINGER`. */
  free(slot: number, now: number): void {
    this.doubles[slot * DOUBLES + SINCE] = now
    this.ints[slot * INTS + BY_SOURCE] = NONE
    if (this.#lastFree === NONE) this.#firstFree = slot
    else this.ints[this.#lastFree * INTS + BY_SOURCE] = slot
    this.#lastFree = slot
  }

  /** When the slot became a draft's, or free. */
  since(slot: number): number {
    return this.#double(slot, SINCE)
  }

  expires(slot: number): number {
    return this.#double(slot, EXPIRES)
  }

  #double(slot: number, field: number): number {
    return this.doubles[slot * DOUBLES + field] ?? 0
  }

  #grow(): void {
    const ints = new Int32Array(2 * this.ints.length)
    ints.set(this.ints)
    this.ints = ints
    const doubles = new Float64Array(2 * this.doubles.length)
    doubles.set(this.doubles)
    this.doubles = doubles
  }
}

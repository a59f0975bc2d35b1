import type { Addr } from '../../wire/addr.ts'
import { FlowEntry, NAT_SRC_DONE } from './entry.ts'
import { BY_SOURCE, type FlowStore, INTS, KIND, KIND_V6, NONE, TUPLE_PORTS, TUPLE_SRC } from './flow-store.ts'
import { hashTuple } from './tuple.ts'

const FIRST_BUCKETS = 256

/** Flows by the source of their first packet, newest first: which source a SNAT gave that sender before (nf_nat_bysource). */
export class SourceIndex {
  readonly #store: FlowStore
  #buckets = new Int32Array(FIRST_BUCKETS).fill(NONE)
  #mask = FIRST_BUCKETS - 1
  #count = 0

  constructor(store: FlowStore) {
    this.#store = store
  }

  /** The newest flow of a chain that may have this source; go on with `nextBySource`, and compare. */
  first(src: Addr, sport: number, proto: number): FlowEntry | null {
    return FlowEntry.at(this.#store, this.#buckets[hashTuple(src, src, sport, 0, proto) & this.#mask] ?? NONE)
  }

  /** Puts a flow in whose source NAT is settled; another one is passed over. */
  insert(slot: number): void {
    if (!this.#settled(slot)) return
    if (this.#count > this.#mask) this.#grow()
    this.#link(slot)
    this.#count++
  }

  remove(slot: number): void {
    if (!this.#settled(slot)) return
    const { ints } = this.#store
    const bucket = this.#bucket(slot)
    const next = ints[slot * INTS + BY_SOURCE] ?? NONE
    let previous = this.#buckets[bucket] ?? NONE
    if (previous === slot) {
      this.#buckets[bucket] = next
    } else {
      while (previous !== NONE && ints[previous * INTS + BY_SOURCE] !== slot) {
        previous = ints[previous * INTS + BY_SOURCE] ?? NONE
      }
      if (previous === NONE) return
      ints[previous * INTS + BY_SOURCE] = next
    }
    this.#count--
  }

  #settled(slot: number): boolean {
    return (new FlowEntry(this.#store, slot).natDone & NAT_SRC_DONE) !== 0
  }

  #bucket(slot: number): number {
    const { ints } = this.#store
    const src = ints[slot * INTS + TUPLE_SRC] ?? 0
    const sport = (ints[slot * INTS + TUPLE_PORTS] ?? 0) >>> 16
    const proto = (ints[slot * INTS + KIND] ?? 0) & ~KIND_V6
    return hashTuple(src, src, sport, 0, proto) & this.#mask
  }

  #link(slot: number): void {
    const bucket = this.#bucket(slot)
    this.#store.ints[slot * INTS + BY_SOURCE] = this.#buckets[bucket] ?? NONE
    this.#buckets[bucket] = slot
  }

  #grow(): void {
    const { ints } = this.#store
    const old = this.#buckets
    this.#buckets = new Int32Array(4 * old.length).fill(NONE)
    this.#mask = this.#buckets.length - 1
    const chain: number[] = []
    for (const head of old) {
      for (let slot = head; slot !== NONE; slot = ints[slot * INTS + BY_SOURCE] ?? NONE) chain.push(slot)
      // Oldest first, so that the newest is at the head again.
      for (let slot = chain.pop(); slot !== undefined; slot = chain.pop()) this.#link(slot)
    }
  }
}

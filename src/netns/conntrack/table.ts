import { type Addr, isV6 } from '../../wire/addr.ts'
import type { Tuple } from '../model/conntrack.ts'
import { CONFIRMED, DYING, FlowEntry } from './entry.ts'
import {
  FlowStore,
  INTS,
  KIND,
  KIND_V6,
  LINGER,
  NEWER,
  NONE,
  OLDER,
  STATUS,
  TUPLE_DST,
  TUPLE_HASH,
  TUPLE_INTS,
  TUPLE_NEXT,
  TUPLE_PORTS,
  TUPLE_SRC,
  ZONE,
} from './flow-store.ts'
import { SourceIndex } from './source-index.ts'
import { hashTuple } from './tuple.ts'

const FIRST_BUCKETS = 256
/** Chains that an early drop looks at (NF_CT_EVICTION_RANGE). */
const EVICTION_RANGE = 8
/** Entries whose age is looked at for every entry that comes in, during a sweep. */
const SWEEP = 2
/** Simulated microseconds from one sweep to the next: the shortest time that a flow lives (TCP in CLOSE). */
const SWEEP_INTERVAL = 10_000_000

/** What `find` gives back where no flow has the tuple. */
export const NOT_FOUND = NONE

/**
 * The flows of one namespace. Those that are confirmed are in a chained hash table over the tuples of both directions, and in
 * a list in the order of creation. Expired ones go when a lookup meets them, when they are the oldest, or when the sweep that
 * insertions advance meets them: so a table that nobody looks into does not grow for ever.
 */
export class FlowTable {
  readonly #store = new FlowStore()
  /** Flows that are not confirmed yet, oldest first. Those whose packet was dropped stay here until they are taken away. */
  readonly #drafts: number[] = []
  /** Only made when somebody asks: a `--random-fully` MASQUERADE, as of kube-proxy and flannel, never does. */
  #bySource: SourceIndex | null = null
  #buckets = new Int32Array(FIRST_BUCKETS).fill(NONE)
  #mask = FIRST_BUCKETS - 1
  #count = 0
  #inserts = 0
  #oldest = NONE
  #newest = NONE
  #sweep = NONE
  #nextSweep = 0

  /** Entries, expired ones that nobody has met yet included. */
  get count(): number {
    return this.#count
  }

  /** How many entries ever came in. While it stays the same, a tuple that was free still is. */
  get inserts(): number {
    return this.#inserts
  }

  get oldest(): FlowEntry | null {
    return FlowEntry.at(this.#store, this.#oldest)
  }

  /** The flows whose source NAT is settled, by their original source. */
  get bySource(): SourceIndex {
    if (this.#bySource === null) {
      this.#bySource = new SourceIndex(this.#store)
      for (let slot = this.#oldest; slot !== NONE; slot = this.#int(slot, NEWER)) this.#bySource.insert(slot)
    }
    return this.#bySource
  }

  /** A new flow, not yet in the table. */
  create(
    src: Addr,
    dst: Addr,
    sport: number,
    dport: number,
    proto: number,
    replySport: number,
    replyDport: number,
    zone: number,
    now: number,
  ): FlowEntry {
    this.#forgetDrafts(now)
    const slot = this.#store.allocate(now)
    this.#drafts.push(slot)
    const { ints } = this.#store
    const at = slot * INTS
    ints[at + TUPLE_SRC] = src | 0
    ints[at + TUPLE_DST] = dst | 0
    ints[at + TUPLE_PORTS] = portsOf(sport, dport)
    ints[at + TUPLE_INTS + TUPLE_SRC] = dst | 0
    ints[at + TUPLE_INTS + TUPLE_DST] = src | 0
    ints[at + TUPLE_INTS + TUPLE_PORTS] = portsOf(replySport, replyDport)
    ints[at + KIND] = kindOf(src, proto)
    ints[at + ZONE] = zone
    return new FlowEntry(this.#store, slot)
  }

  /** A new flow comes to nothing, and nobody refers to it. */
  discard(entry: FlowEntry, now: number): void {
    this.#undraft(entry.slot)
    this.#store.free(entry.slot, now)
  }

  /** The flow and direction with this tuple, for `entryOf` and `dirOf`; NOT_FOUND where there is none. */
  find(src: Addr, dst: Addr, sport: number, dport: number, proto: number, now: number): number {
    const hash = hashTuple(src, dst, sport, dport, proto)
    const ports = portsOf(sport, dport)
    const kind = kindOf(src, proto)
    const { ints } = this.#store
    let node = this.#buckets[hash & this.#mask] ?? NONE
    while (node !== NONE) {
      const at = tupleAt(node)
      if (
        ints[at + TUPLE_HASH] === hash &&
        ints[at + TUPLE_SRC] === (src | 0) &&
        ints[at + TUPLE_DST] === (dst | 0) &&
        ints[at + TUPLE_PORTS] === ports &&
        ints[(node >> 1) * INTS + KIND] === kind
      ) {
        if (this.#store.expires(node >> 1) > now) return node
        this.#remove(node >> 1, now)
        return NOT_FOUND
      }
      node = ints[at + TUPLE_NEXT] ?? NONE
    }
    return NOT_FOUND
  }

  findTuple(tuple: Tuple, now: number): number {
    return this.find(tuple.src, tuple.dst, tuple.sport, tuple.dport, tuple.proto, now)
  }

  /** The flow that `find` has found. */
  entryOf(found: number): FlowEntry {
    return new FlowEntry(this.#store, found >> 1)
  }

  /** The direction that `find` has found. */
  dirOf(found: number): number {
    return found & 1
  }

  /** Puts a new flow in, whose tuples the caller has found to be free. */
  insert(entry: FlowEntry, now: number): void {
    const { slot } = entry
    if (2 * this.#count > this.#mask) this.#grow()
    this.#undraft(slot)
    this.#link(2 * slot)
    this.#link(2 * slot + 1)
    this.#setInt(slot, OLDER, this.#newest)
    if (this.#newest === NONE) this.#oldest = slot
    else this.#setInt(this.#newest, NEWER, slot)
    this.#newest = slot
    this.#count++
    this.#inserts++
    entry.confirmed = true
    this.#bySource?.insert(slot)
    this.#sweepSome(now)
  }

  /** Takes an entry out. Later packets that carry it find it `dying`. */
  remove(entry: FlowEntry, now: number): void {
    this.#remove(entry.slot, now)
  }

  /** Removes everything that has expired. */
  expire(now: number): void {
    let slot = this.#oldest
    while (slot !== NONE) {
      const newer = this.#int(slot, NEWER)
      if (this.#store.expires(slot) <= now) this.#remove(slot, now)
      slot = newer
    }
  }

  /**
   * Makes room in a full table (early_drop): removes the flows without [ASSURED] from the first of eight chains, beginning
   * with the one of `hash`, that has any. Returns whether it found one.
   */
  earlyDrop(hash: number, now: number): boolean {
    for (let i = 0; i < EVICTION_RANGE; i++) {
      let dropped = false
      let node = this.#buckets[(hash + i) & this.#mask] ?? NONE
      while (node !== NONE) {
        const next = this.#store.ints[tupleAt(node) + TUPLE_NEXT] ?? NONE
        const entry = this.entryOf(node)
        if (!entry.dying && (!entry.assured || entry.expires <= now)) {
          this.#remove(entry.slot, now)
          dropped = true
        }
        node = next
      }
      if (dropped) return true
    }
    return false
  }

  #remove(slot: number, now: number): void {
    const status = this.#int(slot, STATUS)
    this.#setInt(slot, STATUS, status | DYING)
    if ((status & DYING) !== 0 || (status & CONFIRMED) === 0) return
    this.#unlink(2 * slot)
    this.#unlink(2 * slot + 1)
    const older = this.#int(slot, OLDER)
    const newer = this.#int(slot, NEWER)
    if (this.#sweep === slot) this.#sweep = newer
    if (older === NONE) this.#oldest = newer
    else this.#setInt(older, NEWER, newer)
    if (newer === NONE) this.#newest = older
    else this.#setInt(newer, OLDER, older)
    this.#bySource?.remove(slot)
    this.#count--
    this.#store.free(slot, now)
  }

  #link(node: number): void {
    const { ints } = this.#store
    const at = tupleAt(node)
    const ports = ints[at + TUPLE_PORTS] ?? 0
    const hash = hashTuple(
      ints[at + TUPLE_SRC] ?? 0,
      ints[at + TUPLE_DST] ?? 0,
      ports >>> 16,
      ports & 0xffff,
      (ints[(node >> 1) * INTS + KIND] ?? 0) & ~KIND_V6,
    )
    ints[at + TUPLE_HASH] = hash
    ints[at + TUPLE_NEXT] = this.#buckets[hash & this.#mask] ?? NONE
    this.#buckets[hash & this.#mask] = node
  }

  /** The node's own link stays: an early drop that walks this chain goes on from here. */
  #unlink(node: number): void {
    const { ints } = this.#store
    const bucket = (ints[tupleAt(node) + TUPLE_HASH] ?? 0) & this.#mask
    const next = ints[tupleAt(node) + TUPLE_NEXT] ?? NONE
    let previous = this.#buckets[bucket] ?? NONE
    if (previous === node) {
      this.#buckets[bucket] = next
      return
    }
    while (previous !== NONE) {
      const at = tupleAt(previous) + TUPLE_NEXT
      previous = ints[at] ?? NONE
      if (previous === node) {
        ints[at] = next
        return
      }
    }
  }

  #grow(): void {
    const size = 4 * (this.#mask + 1)
    this.#buckets = new Int32Array(size).fill(NONE)
    this.#mask = size - 1
    for (let slot = this.#oldest; slot !== NONE; slot = this.#int(slot, NEWER)) {
      this.#link(2 * slot)
      this.#link(2 * slot + 1)
    }
  }

  /** A flow is confirmed. It is the newest draft, unless packets overtake each other. */
  #undraft(slot: number): void {
    const drafts = this.#drafts
    if (drafts[drafts.length - 1] === slot) {
      drafts.pop()
      return
    }
    const at = drafts.lastIndexOf(slot)
    if (at >= 0) drafts.splice(at, 1)
  }

  /** Drafts whose packet cannot come any more. */
  #forgetDrafts(now: number): void {
    const first = this.#drafts[0]
    if (first === undefined || this.#store.since(first) + LINGER > now) return
    this.#drafts.shift()
    this.#store.free(first, now)
  }

  #sweepSome(now: number): void {
    for (let i = 0; i < SWEEP && this.#oldest !== NONE; i++) {
      if (this.#store.expires(this.#oldest) > now) break
      this.#remove(this.#oldest, now)
    }
    if (this.#sweep === NONE) {
      if (now < this.#nextSweep) return
      this.#nextSweep = now + SWEEP_INTERVAL
      this.#sweep = this.#oldest
    }
    for (let i = 0; i < SWEEP && this.#sweep !== NONE; i++) {
      const slot = this.#sweep
      this.#sweep = this.#int(slot, NEWER)
      if (this.#store.expires(slot) <= now) this.#remove(slot, now)
    }
  }

  #int(slot: number, field: number): number {
    return this.#store.ints[slot * INTS + field] ?? 0
  }

  #setInt(slot: number, field: number, value: number): void {
    this.#store.ints[slot * INTS + field] = value
  }
}

/** Where a tuple of a hash chain begins in the store. */
function tupleAt(node: number): number {
  return (node >> 1) * INTS + (node & 1) * TUPLE_INTS
}

function portsOf(sport: number, dport: number): number {
  return (sport << 16) | (dport & 0xffff)
}

function kindOf(src: Addr, proto: number): number {
  return isV6(src) ? proto | KIND_V6 : proto
}

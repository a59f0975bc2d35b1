import type { Addr } from '../../wire/addr.ts'
import type { Tuple } from '../model/conntrack.ts'
import { type FlowEntry, NAT_SRC_DONE, type TupleNode } from './entry.ts'
import { SourceIndex } from './source-index.ts'
import { hashTuple } from './tuple.ts'

const FIRST_BUCKETS = 256
/** Chains that an early drop looks at (NF_CT_EVICTION_RANGE). */
const EVICTION_RANGE = 8
/** Entries whose age is looked at for every entry that comes in, during a sweep. */
const SWEEP = 2
/** Simulated microseconds from one sweep to the next: the shortest time that a flow lives (TCP in CLOSE). */
const SWEEP_INTERVAL = 10_000_000

/**
 * The confirmed flows of one namespace: a chained hash table over the tuples of both directions, and a list in the order of
 * creation. Expired entries go when a lookup meets them, when they are the oldest, or when the sweep that insertions advance
 * meets them: so a table that nobody looks into does not grow for ever.
 */
export class FlowTable {
  /** Only made when somebody asks: a `--random-fully` MASQUERADE, as of kube-proxy and flannel, never does. */
  #bySource: SourceIndex | null = null
  #buckets: (TupleNode | null)[] = new Array<TupleNode | null>(FIRST_BUCKETS).fill(null)
  #mask = FIRST_BUCKETS - 1
  #count = 0
  #inserts = 0
  #oldest: FlowEntry | null = null
  #newest: FlowEntry | null = null
  #sweep: FlowEntry | null = null
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
    return this.#oldest
  }

  /** The flows whose source NAT is settled, by their original source. */
  get bySource(): SourceIndex {
    if (this.#bySource === null) {
      this.#bySource = new SourceIndex()
      for (let entry = this.#oldest; entry !== null; entry = entry.newer) this.#indexSource(this.#bySource, entry)
    }
    return this.#bySource
  }

  /** The direction of a flow that has this tuple, or null. */
  find(src: Addr, dst: Addr, sport: number, dport: number, proto: number, now: number): TupleNode | null {
    const hash = hashTuple(src, dst, sport, dport, proto)
    let node = this.#buckets[hash & this.#mask] ?? null
    while (node !== null) {
      if (node.hash === hash && node.is(src, dst, sport, dport, proto)) {
        if (node.entry.expires > now) return node
        this.remove(node.entry)
        return null
      }
      node = node.next
    }
    return null
  }

  findTuple(tuple: Tuple, now: number): TupleNode | null {
    return this.find(tuple.src, tuple.dst, tuple.sport, tuple.dport, tuple.proto, now)
  }

  /** Puts an entry in, whose tuples the caller has found to be free. */
  insert(entry: FlowEntry, now: number): void {
    if (2 * this.#count > this.#mask) this.#grow()
    this.#link(entry.original)
    this.#link(entry.reply)
    entry.older = this.#newest
    if (this.#newest === null) this.#oldest = entry
    else this.#newest.newer = entry
    this.#newest = entry
    this.#count++
    this.#inserts++
    entry.confirmed = true
    if (this.#bySource !== null) this.#indexSource(this.#bySource, entry)
    this.#sweepSome(now)
  }

  /** Takes an entry out. Later packets that carry it find it `dying`. */
  remove(entry: FlowEntry): void {
    if (entry.dying || !entry.confirmed) {
      entry.dying = true
      return
    }
    entry.dying = true
    this.#unlink(entry.original)
    this.#unlink(entry.reply)
    if (this.#sweep === entry) this.#sweep = entry.newer
    if (entry.older === null) this.#oldest = entry.newer
    else entry.older.newer = entry.newer
    if (entry.newer === null) this.#newest = entry.older
    else entry.newer.older = entry.older
    if (this.#bySource !== null && (entry.natDone & NAT_SRC_DONE) !== 0) this.#bySource.remove(entry)
    this.#count--
  }

  /** Removes everything that has expired. */
  expire(now: number): void {
    let entry = this.#oldest
    while (entry !== null) {
      const newer: FlowEntry | null = entry.newer
      if (entry.expires <= now) this.remove(entry)
      entry = newer
    }
  }

  /**
   * Makes room in a full table (early_drop): removes the flows without [ASSURED] from the first of eight chains, beginning
   * with the one of `hash`, that has any. Returns whether it found one.
   */
  earlyDrop(hash: number, now: number): boolean {
    for (let i = 0; i < EVICTION_RANGE; i++) {
      let dropped = false
      let node = this.#buckets[(hash + i) & this.#mask] ?? null
      while (node !== null) {
        const next: TupleNode | null = node.next
        if (!node.entry.dying && (!node.entry.assured || node.entry.expires <= now)) {
          this.remove(node.entry)
          dropped = true
        }
        node = next
      }
      if (dropped) return true
    }
    return false
  }

  #link(node: TupleNode): void {
    node.hash = hashTuple(node.src, node.dst, node.sport, node.dport, node.proto)
    const at = node.hash & this.#mask
    node.next = this.#buckets[at] ?? null
    this.#buckets[at] = node
  }

  #unlink(node: TupleNode): void {
    const at = node.hash & this.#mask
    let previous = this.#buckets[at] ?? null
    if (previous === node) {
      this.#buckets[at] = node.next
    } else {
      while (previous !== null && previous.next !== node) previous = previous.next
      if (previous !== null) previous.next = node.next
    }
    // `next` stays: an early drop that walks this chain goes on from here.
  }

  #grow(): void {
    const size = 4 * (this.#mask + 1)
    this.#buckets = new Array<TupleNode | null>(size).fill(null)
    this.#mask = size - 1
    for (let entry = this.#oldest; entry !== null; entry = entry.newer) {
      this.#link(entry.original)
      this.#link(entry.reply)
    }
  }

  #indexSource(index: SourceIndex, entry: FlowEntry): void {
    if ((entry.natDone & NAT_SRC_DONE) !== 0) index.insert(entry)
  }

  #sweepSome(now: number): void {
    for (let i = 0; i < SWEEP && this.#oldest !== null && this.#oldest.expires <= now; i++) this.remove(this.#oldest)
    if (this.#sweep === null) {
      if (now < this.#nextSweep) return
      this.#nextSweep = now + SWEEP_INTERVAL
      this.#sweep = this.#oldest
    }
    let entry: FlowEntry | null = this.#sweep
    for (let i = 0; i < SWEEP && entry !== null; i++) {
      const newer: FlowEntry | null = entry.newer
      if (entry.expires <= now) this.remove(entry)
      entry = newer
    }
    this.#sweep = entry
  }
}

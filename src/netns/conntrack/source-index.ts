import type { Addr } from '../../wire/addr.ts'
import type { FlowEntry } from './entry.ts'
import { hashTuple } from './tuple.ts'

const FIRST_BUCKETS = 256

/** Flows by the source of their first packet, newest first: which source a SNAT gave that sender before (nf_nat_bysource). */
export class SourceIndex {
  #buckets: (FlowEntry | null)[] = new Array<FlowEntry | null>(FIRST_BUCKETS).fill(null)
  #mask = FIRST_BUCKETS - 1
  #count = 0

  /** The newest flow of a chain that may have this source; go on with `nextBySource`, and compare. */
  first(src: Addr, sport: number, proto: number): FlowEntry | null {
    return this.#buckets[hashTuple(src, src, sport, 0, proto) & this.#mask] ?? null
  }

  insert(entry: FlowEntry): void {
    if (this.#count > this.#mask) this.#grow()
    this.#link(entry)
    this.#count++
  }

  remove(entry: FlowEntry): void {
    const at = this.#slot(entry)
    let previous = this.#buckets[at] ?? null
    if (previous === entry) {
      this.#buckets[at] = entry.nextBySource
    } else {
      while (previous !== null && previous.nextBySource !== entry) previous = previous.nextBySource
      if (previous === null) return
      previous.nextBySource = entry.nextBySource
    }
    entry.nextBySource = null
    this.#count--
  }

  #slot(entry: FlowEntry): number {
    const { src, sport, proto } = entry.original
    return hashTuple(src, src, sport, 0, proto) & this.#mask
  }

  #link(entry: FlowEntry): void {
    const at = this.#slot(entry)
    entry.nextBySource = this.#buckets[at] ?? null
    this.#buckets[at] = entry
  }

  #grow(): void {
    const old = this.#buckets
    const size = 4 * old.length
    this.#buckets = new Array<FlowEntry | null>(size).fill(null)
    this.#mask = size - 1
    const chain: FlowEntry[] = []
    for (const head of old) {
      for (let entry = head; entry !== null; entry = entry.nextBySource) chain.push(entry)
      // Oldest first, so that the newest is at the head again.
      for (let entry = chain.pop(); entry !== undefined; entry = chain.pop()) this.#link(entry)
    }
  }
}

import { V4_ANY } from '../../wire/addr.ts'
import type { Namespace } from '../model/namespace.ts'
import { FlowTable } from './table.ts'
import { FreeTuple } from './tuple.ts'

/** `net.netfilter.nf_conntrack_max` of a node with 4 GiB or more. */
const DEFAULT_MAX = 262_144
/** A full table is searched for expired entries that often, in microseconds (GC_SCAN_INTERVAL_MIN). */
const COLLECTION_INTERVAL = 1_000_000

/** What the parts of connection tracking share: the namespace and its table. */
export class Tracker {
  readonly ns: Namespace
  readonly table = new FlowTable()
  max = DEFAULT_MAX
  #nextCollection = 0
  /** Working storage of NAT: never kept beyond a call. */
  readonly scratch = new FreeTuple(V4_ANY, V4_ANY, 0, 0, 0)
  readonly wanted = new FreeTuple(V4_ANY, V4_ANY, 0, 0, 0)
  readonly current = new FreeTuple(V4_ANY, V4_ANY, 0, 0, 0)

  constructor(ns: Namespace) {
    this.ns = ns
  }

  /** Frees a place in a full table: expired entries first, then flows without [ASSURED] near this hash. */
  makeRoom(hash: number): boolean {
    const now = this.ns.sim.now
    if (now >= this.#nextCollection) {
      this.#nextCollection = now + COLLECTION_INTERVAL
      this.table.expire(now)
      if (this.table.count < this.max) return true
    }
    return this.table.earlyDrop(hash, now)
  }
}

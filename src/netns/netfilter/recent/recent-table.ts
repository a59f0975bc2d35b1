import type { Addr } from '../../../wire/addr.ts'

/** `ip_list_tot`: addresses a list remembers. */
export const LIST_TOTAL = 100
/** Stamps an entry remembers when no rule asks for a hitcount (`ip_pkt_list_tot` 0 on current kernels). */
const DEFAULT_STAMPS = 32

/** One address of a list (struct recent_entry). */
export interface RecentEntry {
  readonly addr: Addr
  ttl: number
  /** Ring of jiffies at which it was set or updated. */
  readonly stamps: number[]
  index: number
}

/**
 * One list of `-m recent` (net/netfilter/xt_recent.c). The Map keeps entries in the order of their last update, the least
 * recently updated first.
 */
export class RecentTable {
  readonly name: string
  /** `--mask` of the rule that made the list; it holds for all rules. */
  masks: readonly [number, number, number, number] = [-1, -1, -1, -1]
  /** Set at each restore: whether some rule still names the list. */
  used = true
  #stampMask = 0
  readonly #entries = new Map<Addr, RecentEntry>()

  constructor(name: string) {
    this.name = name
  }

  /** A rule with this hitcount uses the list: entries must hold as many stamps. A list that grows so forgets everything. */
  use(hitcount: number): void {
    const stamps = hitcount === 0 ? DEFAULT_STAMPS : hitcount
    let mask = 1
    while (mask < stamps) mask *= 2
    mask -= 1
    if (mask <= this.#stampMask) return
    this.#entries.clear()
    this.#stampMask = mask
  }

  get size(): number {
    return this.#entries.size
  }

  entries(): IterableIterator<RecentEntry> {
    return this.#entries.values()
  }

  /** recent_entry_lookup: `ttl` 0 asks for any. */
  lookup(addr: Addr, ttl: number): RecentEntry | null {
    const entry = this.#entries.get(addr)
    if (entry === undefined) return null
    return ttl === 0 || entry.ttl === 0 || entry.ttl === ttl ? entry : null
  }

  /** recent_entry_init: a full list forgets the entry that was updated least recently. */
  add(addr: Addr, ttl: number, jiffies: number): void {
    if (this.#entries.size >= LIST_TOTAL) {
      for (const oldest of this.#entries.values()) {
        this.remove(oldest)
        break
      }
    }
    this.#entries.delete(addr)
    this.#entries.set(addr, { addr, ttl, stamps: [jiffies], index: 1 })
  }

  /** recent_entry_update. */
  update(entry: RecentEntry, ttl: number, jiffies: number): void {
    entry.index &= this.#stampMask
    entry.stamps[entry.index++] = jiffies
    entry.ttl = ttl
    this.#entries.delete(entry.addr)
    this.#entries.set(entry.addr, entry)
  }

  remove(entry: RecentEntry): void {
    this.#entries.delete(entry.addr)
  }

  /** recent_entry_reap: looks at the least recently updated entry only, and spares the one about to be updated. */
  reap(before: number, working: RecentEntry, willUpdate: boolean): void {
    for (const oldest of this.#entries.values()) {
      if (oldest === working && willUpdate) return
      const last = oldest.stamps[oldest.index - 1] ?? 0
      if (before > last) this.remove(oldest)
      return
    }
  }
}

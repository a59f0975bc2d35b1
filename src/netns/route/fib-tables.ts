import type { Route } from '../model/route.ts'
import type { FibEntry } from './fib-entry.ts'
import { compareRoutes } from './route-order.ts'
import { TABLE_LOCAL, TABLE_MAIN } from './tables.ts'
import { Trie } from './trie.ts'

/** One routing table. */
export interface FibTable {
  readonly id: number
  trie: Trie
  readonly entries: Set<FibEntry>
}

/**
 * The tables of one family. In IPv4, local and main share one trie until the first rule is added or removed, so that a longer
 * prefix in main then wins over a shorter one in local (fib_trie_table, fib_unmerge in fib_frontend.c).
 */
export class FibTables {
  readonly local: FibTable
  readonly main: FibTable
  readonly #byId = new Map<number, FibTable>()
  #merged: boolean

  constructor(family: 4 | 6) {
    this.#merged = family === 4
    this.main = { id: TABLE_MAIN, trie: new Trie(), entries: new Set() }
    this.local = { id: TABLE_LOCAL, trie: this.#merged ? this.main.trie : new Trie(), entries: new Set() }
    this.#byId.set(TABLE_MAIN, this.main)
    this.#byId.set(TABLE_LOCAL, this.local)
  }

  get(id: number): FibTable | undefined {
    return this.#byId.get(id)
  }

  insert(entry: FibEntry): void {
    const { table: id } = entry.route
    let table = this.#byId.get(id)
    if (table === undefined) {
      table = { id, trie: new Trie(), entries: new Set() }
      this.#byId.set(id, table)
    }
    table.entries.add(entry)
    table.trie.insert(entry, entries => position(entries, entry))
  }

  remove(entry: FibEntry): void {
    const table = this.#byId.get(entry.route.table)
    if (table?.entries.delete(entry) === true) table.trie.remove(entry)
  }

  /** Entries of every table for exactly this prefix. */
  exact(route: Pick<Route, 'dst' | 'table'>): readonly FibEntry[] {
    const entries = this.#byId.get(route.table)?.trie.exact(route.dst)?.entries ?? []
    return entries.filter(entry => entry.route.table === route.table)
  }

  /** All entries that satisfy the predicate, of every table. */
  select(predicate: (entry: FibEntry) => boolean): FibEntry[] {
    const found: FibEntry[] = []
    for (const table of this.#byId.values()) for (const entry of table.entries) if (predicate(entry)) found.push(entry)
    return found
  }

  /** Gives the local table a trie of its own. */
  unmerge(): void {
    if (!this.#merged) return
    this.#merged = false
    const moved = new Trie()
    for (const entry of this.local.entries) {
      this.main.trie.remove(entry)
      moved.insert(entry, entries => position(entries, entry))
    }
    this.local.trie = moved
  }

  /** Routes of a table as `ip route show` lists them. */
  list(id: number): readonly Route[] {
    const table = this.#byId.get(id)
    if (table === undefined) return []
    return [...table.entries]
      .sort((a, b) => compareRoutes(a.route, b.route) || a.sequence - b.sequence)
      .map(e => e.route)
  }

  /** Tables in the order of the kernel's dump: by the low byte of their number (FIB_TABLE_HASHSZ 256), newest first. */
  ids(): readonly number[] {
    const used = [...this.#byId.values()].filter(table => table.entries.size > 0).map(table => table.id)
    return used.reverse().sort((a, b) => (a & 255) - (b & 255))
  }
}

/** Where an entry goes among those of its prefix: higher tables first (a merged trie), then lower metrics, then older. */
function position(entries: readonly FibEntry[], entry: FibEntry): number {
  const { table, metric } = entry.route
  const at = entries.findIndex(({ route }) => route.table < table || (route.table === table && route.metric > metric))
  return at < 0 ? entries.length : at
}

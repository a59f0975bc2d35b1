import type { Addr } from '../../wire/addr.ts'
import { ENTRY_REFUSE, type FibEntry } from './fib-entry.ts'
import { Trie } from './trie.ts'

/**
 * The entry of a trie for an IPv4 destination (fib_table_lookup): of the longest prefix, the first whose scope is at least
 * `scope` and whose device is `oif` (0: any); else of the next shorter prefix. Refusing entries have no device and end it.
 */
export function search4(trie: Trie, dst: Addr, oif: number, scope: number): FibEntry | null {
  let node = trie.find4(dst)
  while (node !== null) {
    const { first } = node
    if (first !== null && fits(first, oif, scope)) return first
    for (const entry of node.entries) if (fits(entry, oif, scope)) return entry
    node = Trie.shorter(node)
  }
  return null
}

function fits(entry: FibEntry, oif: number, scope: number): boolean {
  return entry.scope >= scope && (oif === 0 || entry.oif === oif || entry.type >= ENTRY_REFUSE)
}

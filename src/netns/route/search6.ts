import type { Addr } from '../../wire/addr.ts'
import type { FibEntry } from './fib-entry.ts'
import { Trie } from './trie.ts'

/**
 * The entry of a trie for an IPv6 destination (fib6_table_lookup, find_rr_leaf): of the longest prefix that has a usable
 * entry, one over `oif` if there is one of the lowest metric, else the first. With `strict`, only entries over `oif` count.
 */
export function search6(trie: Trie, dst: Addr, oif: number, strict: boolean): FibEntry | null {
  for (let node = trie.find6(dst); node !== null; node = Trie.shorter(node)) {
    const { first } = node
    if (first === null) continue
    if (oif === 0 || first.oif === oif) return first
    for (const entry of node.entries) {
      if (entry.oif === oif && (strict || entry.route.metric === first.route.metric)) return entry
    }
    if (!strict) return first
  }
  return null
}

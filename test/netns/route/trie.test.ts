import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import type { Route } from '../../../src/netns/model/route.ts'
import { FibEntry } from '../../../src/netns/route/fib-entry.ts'
import { Trie, type TrieNode } from '../../../src/netns/route/trie.ts'
import type { Addr } from '../../../src/wire/addr.ts'
import type { Prefix } from '../../../src/wire/prefix.ts'
import { addr4, addr6, prefix4, prefix6 } from './arbitraries.ts'

function entryFor(dst: Prefix, sequence: number): FibEntry {
  const route: Route = {
    kind: 'blackhole',
    dst,
    dev: null,
    gateway: null,
    onlink: false,
    src: null,
    metric: 0,
    scope: 'global',
    table: 254,
    protocol: 'static',
    mtu: 0,
  }
  return new FibEntry(route, sequence, null)
}

/** The prefixes that a walk from the longest match upwards meets. */
function chain(node: TrieNode | null): string[] {
  const found: string[] = []
  for (let at = node; at !== null; at = Trie.shorter(at))
    found.push(...at.entries.map(entry => entry.route.dst.toString()))
  return found
}

function naive(entries: Iterable<FibEntry>, addr: Addr): string[] {
  return [...entries]
    .filter(({ route }) => route.dst.contains(addr))
    .sort((a, b) => b.route.dst.length - a.route.dst.length || a.sequence - b.sequence)
    .map(({ route }) => route.dst.toString())
}

describe.each([
  ['IPv4', prefix4, addr4, (trie: Trie, addr: Addr) => trie.find4(addr)],
  ['IPv6', prefix6, addr6, (trie: Trie, addr: Addr) => trie.find6(addr)],
] as const)('a trie of %s prefixes', (_family, prefix, address, find) => {
  test.prop([
    fc.array(fc.tuple(prefix, fc.boolean()), { maxLength: 40 }),
    fc.array(address, { minLength: 1, maxLength: 20 }),
  ])('finds what a scan of all prefixes finds, longest first, also after removals', (steps, addresses) => {
    const trie = new Trie()
    const kept = new Set<FibEntry>()
    const removed: FibEntry[] = []
    steps.forEach(([dst, remove], sequence) => {
      const entry = entryFor(dst, sequence)
      trie.insert(entry, entries => entries.length)
      if (remove) removed.push(entry)
      else kept.add(entry)
    })
    for (const entry of removed) expect(trie.remove(entry)).toBe(true)
    for (const addr of addresses) expect(chain(find(trie, addr))).toEqual(naive(kept, addr))
    for (const entry of removed) expect(trie.remove(entry)).toBe(false)
  })

  test.prop([fc.array(prefix, { maxLength: 30 })])('holds nothing once everything was removed', prefixes => {
    const trie = new Trie()
    const entries = prefixes.map(entryFor)
    for (const entry of entries) trie.insert(entry, all => all.length)
    for (const entry of entries) trie.remove(entry)
    expect(trie).toEqual(new Trie())
    for (const dst of prefixes) expect(find(trie, dst.addr)).toBeNull()
  })
})

import { type Addr, isV6, v6Word } from '../../wire/addr.ts'
import { mask32, type Prefix } from '../../wire/prefix.ts'
import type { FibEntry } from './fib-entry.ts'

/** A node of the trie: a prefix, and the entries for exactly that prefix. Words are signed 32-bit numbers. */
export class TrieNode {
  readonly k0: number
  readonly k1: number
  readonly k2: number
  readonly k3: number
  readonly m0: number
  readonly m1: number
  readonly m2: number
  readonly m3: number
  readonly length: number
  /** Best entry, null for a node that only joins two others. */
  first: FibEntry | null = null
  readonly entries: FibEntry[] = []
  zero: TrieNode | null = null
  one: TrieNode | null = null
  parent: TrieNode | null = null

  constructor(k0: number, k1: number, k2: number, k3: number, length: number) {
    this.m0 = mask32(length)
    this.m1 = mask32(length - 32)
    this.m2 = mask32(length - 64)
    this.m3 = mask32(length - 96)
    this.k0 = k0 & this.m0
    this.k1 = k1 & this.m1
    this.k2 = k2 & this.m2
    this.k3 = k3 & this.m3
    this.length = length
  }

  /** Bit `index` of the prefix, 0 the most significant. */
  bit(index: number): number {
    const word = index < 32 ? this.k0 : index < 64 ? this.k1 : index < 96 ? this.k2 : this.k3
    return (word >>> (31 - (index & 31))) & 1
  }
}

/**
 * A path-compressed binary trie of prefixes of one family. A node has at most two children and joins are made only where
 * prefixes part, so a lookup takes as many steps as there are prefixes around the address, and allocates nothing.
 */
export class Trie {
  #root: TrieNode | null = null

  /** The longest prefix with entries that contains the IPv4 address. */
  find4(addr: Addr): TrieNode | null {
    const key = addr | 0
    let best: TrieNode | null = null
    let node = this.#root
    while (node !== null && ((key ^ node.k0) & node.m0) === 0) {
      if (node.first !== null) best = node
      if (node.length === 32) break
      node = ((key >>> (31 - node.length)) & 1) === 0 ? node.zero : node.one
    }
    return best
  }

  /** The longest prefix with entries that contains the IPv6 address. */
  find6(addr: Addr): TrieNode | null {
    const k0 = v6Word(addr, 0) | 0
    const k1 = v6Word(addr, 1) | 0
    const k2 = v6Word(addr, 2) | 0
    const k3 = v6Word(addr, 3) | 0
    let best: TrieNode | null = null
    let node = this.#root
    while (node !== null && ((k0 ^ node.k0) & node.m0) === 0) {
      const { length } = node
      if (length > 32 && (((k1 ^ node.k1) & node.m1) | ((k2 ^ node.k2) & node.m2) | ((k3 ^ node.k3) & node.m3)) !== 0)
        break
      if (node.first !== null) best = node
      if (length === 128) break
      const word = length < 32 ? k0 : length < 64 ? k1 : length < 96 ? k2 : k3
      node = ((word >>> (31 - (length & 31))) & 1) === 0 ? node.zero : node.one
    }
    return best
  }

  /** The next shorter prefix with entries. */
  static shorter(node: TrieNode): TrieNode | null {
    let up = node.parent
    while (up !== null && up.first === null) up = up.parent
    return up
  }

  /** The node of exactly this prefix, if it has entries. */
  exact(prefix: Prefix): TrieNode | null {
    const wanted = nodeFor(prefix)
    let node = this.#root
    while (node !== null && node.length <= wanted.length && commonLength(node, wanted) >= node.length) {
      if (node.length === wanted.length) return node.first === null ? null : node
      node = wanted.bit(node.length) === 0 ? node.zero : node.one
    }
    return null
  }

  /** Adds an entry at position `at` of its prefix's entries. */
  insert(entry: FibEntry, at: (entries: readonly FibEntry[]) => number): void {
    const node = this.#nodeOf(entry.route.dst)
    node.entries.splice(at(node.entries), 0, entry)
    node.first = node.entries[0] ?? null
  }

  remove(entry: FibEntry): boolean {
    const node = this.exact(entry.route.dst)
    const at = node?.entries.indexOf(entry) ?? -1
    if (node === null || at < 0) return false
    node.entries.splice(at, 1)
    node.first = node.entries[0] ?? null
    if (node.first === null) this.#prune(node)
    return true
  }

  #nodeOf(prefix: Prefix): TrieNode {
    const fresh = nodeFor(prefix)
    let parent: TrieNode | null = null
    let node = this.#root
    while (node !== null) {
      const common = Math.min(commonLength(node, fresh), node.length, fresh.length)
      if (common < node.length) {
        // The new prefix stands above this node, or beside it under a join of what they share.
        const above = common === fresh.length ? fresh : new TrieNode(fresh.k0, fresh.k1, fresh.k2, fresh.k3, common)
        this.#replace(parent, node, above)
        setChild(above, node)
        if (above !== fresh) setChild(above, fresh)
        return fresh
      }
      if (node.length === fresh.length) return node
      parent = node
      node = fresh.bit(node.length) === 0 ? node.zero : node.one
    }
    if (parent === null) this.#root = fresh
    else setChild(parent, fresh)
    return fresh
  }

  #replace(parent: TrieNode | null, old: TrieNode, next: TrieNode | null): void {
    if (parent === null) this.#root = next
    else if (parent.zero === old) parent.zero = next
    else parent.one = next
    if (next !== null) next.parent = parent
  }

  /** Takes a node without entries out, unless it joins two others; then its parent, if that has become useless. */
  #prune(node: TrieNode): void {
    if (node.first !== null || (node.zero !== null && node.one !== null)) return
    const { parent } = node
    this.#replace(parent, node, node.zero ?? node.one)
    if (parent !== null) this.#prune(parent)
  }
}

function nodeFor(prefix: Prefix): TrieNode {
  const { addr, length } = prefix
  if (!isV6(addr)) return new TrieNode(addr | 0, 0, 0, 0, length)
  return new TrieNode(v6Word(addr, 0) | 0, v6Word(addr, 1) | 0, v6Word(addr, 2) | 0, v6Word(addr, 3) | 0, length)
}

function setChild(parent: TrieNode, child: TrieNode): void {
  if (child.bit(parent.length) === 0) parent.zero = child
  else parent.one = child
  child.parent = parent
}

/** How many leading bits two prefixes share, not looking at their lengths. */
function commonLength(a: TrieNode, b: TrieNode): number {
  if (a.k0 !== b.k0) return Math.clz32(a.k0 ^ b.k0)
  if (a.k1 !== b.k1) return 32 + Math.clz32(a.k1 ^ b.k1)
  if (a.k2 !== b.k2) return 64 + Math.clz32(a.k2 ^ b.k2)
  return 96 + Math.clz32(a.k3 ^ b.k3)
}

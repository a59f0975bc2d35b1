/**
 * An immutable map from strings to values that shares all but a path of a few small nodes with the map it was made from
 * (a hash array mapped trie: 32 ways a level). That is what makes revisions, forks and time travel cheap.
 */
export interface PersistentMap<V> {
  readonly size: number
  get(key: string): V | undefined
  set(key: string, value: V): PersistentMap<V>
  delete(key: string): PersistentMap<V>
  /** In no particular order. */
  entries(): IterableIterator<readonly [string, V]>
}

interface Leaf<V> {
  readonly kind: 'leaf'
  readonly hash: number
  readonly key: string
  readonly value: V
}
/** Entries whose 32-bit hashes are equal. */
interface Clash<V> {
  readonly kind: 'clash'
  readonly hash: number
  readonly leaves: readonly Leaf<V>[]
}
/** `bitmap` has a bit for every one of the 32 branches that is present in `children`. */
interface Branch<V> {
  readonly kind: 'branch'
  readonly bitmap: number
  readonly children: readonly Trie<V>[]
}
type Trie<V> = Leaf<V> | Clash<V> | Branch<V>

export function emptyMap<V>(): PersistentMap<V> {
  return new TrieMap<V>(undefined, 0)
}

class TrieMap<V> implements PersistentMap<V> {
  readonly size: number
  readonly #root: Trie<V> | undefined

  constructor(root: Trie<V> | undefined, size: number) {
    this.#root = root
    this.size = size
  }

  get(key: string): V | undefined {
    return this.#root === undefined ? undefined : find(this.#root, hashOf(key), key)?.value
  }

  set(key: string, value: V): PersistentMap<V> {
    const hash = hashOf(key)
    const leaf: Leaf<V> = { kind: 'leaf', hash, key, value }
    if (this.#root === undefined) return new TrieMap(leaf, 1)
    const isNew = find(this.#root, hash, key) === undefined
    return new TrieMap(insert(this.#root, leaf, 0), isNew ? this.size + 1 : this.size)
  }

  delete(key: string): PersistentMap<V> {
    const hash = hashOf(key)
    if (this.#root === undefined || find(this.#root, hash, key) === undefined) return this
    return new TrieMap(remove(this.#root, hash, key, 0), this.size - 1)
  }

  *entries(): IterableIterator<readonly [string, V]> {
    const open: Trie<V>[] = this.#root === undefined ? [] : [this.#root]
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (node.kind === 'leaf') yield [node.key, node.value]
      else open.push(...(node.kind === 'branch' ? node.children : node.leaves))
    }
  }
}

/** FNV-1a over UTF-16 units. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

function find<V>(node: Trie<V>, hash: number, key: string): Leaf<V> | undefined {
  let shift = 0
  for (;;) {
    if (node.kind === 'leaf') return node.key === key ? node : undefined
    if (node.kind === 'clash') return node.leaves.find(leaf => leaf.key === key)
    const bit = 1 << ((hash >>> shift) & 31)
    if ((node.bitmap & bit) === 0) return undefined
    const child: Trie<V> | undefined = node.children[indexOf(node.bitmap, bit)]
    if (child === undefined) return undefined
    node = child
    shift += 5
  }
}

function insert<V>(node: Trie<V>, leaf: Leaf<V>, shift: number): Trie<V> {
  if (node.kind === 'branch') {
    const bit = 1 << ((leaf.hash >>> shift) & 31)
    const at = indexOf(node.bitmap, bit)
    const children = node.children.slice()
    const child = children[at]
    if ((node.bitmap & bit) !== 0 && child !== undefined) children[at] = insert(child, leaf, shift + 5)
    else children.splice(at, 0, leaf)
    return { kind: 'branch', bitmap: node.bitmap | bit, children }
  }
  if (node.hash === leaf.hash) {
    const others = (node.kind === 'leaf' ? [node] : node.leaves).filter(other => other.key !== leaf.key)
    return others.length === 0 ? leaf : { kind: 'clash', hash: leaf.hash, leaves: [...others, leaf] }
  }
  const branch: Branch<V> = { kind: 'branch', bitmap: 1 << ((node.hash >>> shift) & 31), children: [node] }
  return insert(branch, leaf, shift)
}

function remove<V>(node: Trie<V>, hash: number, key: string, shift: number): Trie<V> | undefined {
  if (node.kind === 'leaf') return undefined
  if (node.kind === 'clash') {
    const leaves = node.leaves.filter(leaf => leaf.key !== key)
    return leaves.length === 1 ? leaves[0] : { ...node, leaves }
  }
  const bit = 1 << ((hash >>> shift) & 31)
  const at = indexOf(node.bitmap, bit)
  const child = node.children[at]
  if (child === undefined) return node
  const rest = remove(child, hash, key, shift + 5)
  const children = node.children.slice()
  if (rest !== undefined) {
    children[at] = rest
    return { ...node, children }
  }
  children.splice(at, 1)
  return children.length === 0 ? undefined : { kind: 'branch', bitmap: node.bitmap & ~bit, children }
}

/** How many branches below `bit` are present. */
function indexOf(bitmap: number, bit: number): number {
  let n = bitmap & (bit - 1)
  n -= (n >>> 1) & 0x55555555
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333)
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

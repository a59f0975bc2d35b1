import { matchesSelector } from '../../controlplane/index.ts'
import type { Peer, ProtocolIndex } from '../compile/compiled.ts'
import type { PolicyOptions } from '../options.ts'
import { ALL_BITS, type BitRow, NO_BITS, putBit, testBit } from './bit-row.ts'
import { BitScratch } from './bit-scratch.ts'
import { ClassSelector, meets } from './class-selector.ts'
import { ClassKind, type ClassTable } from './class-table.ts'
import type { NamespaceTable } from './namespace-table.ts'
import { selectorKey } from './selector-text.ts'

interface KnownPeer {
  readonly peer: Peer
  readonly selector: ClassSelector | undefined
  row: BitRow
}

interface KnownSet {
  readonly peers: readonly number[]
  /** Only those whose named port is one of these numbers. */
  readonly named: NamedPort | undefined
  row: BitRow
}

/** A named port as one number: part of what an egress rule says of its destinations. */
export interface NamedPort {
  readonly name: string
  readonly protocol: ProtocolIndex | undefined
  /** What the name must stand for. */
  readonly actual: ProtocolIndex
  readonly first: number
  readonly last: number
}

/** Number of the set of all ends. */
export const EVERYBODY = 0

/**
 * Sets of classes that rules name, each known once: peers by what they say, and the unions of peers that rules have. A union is named by a
 * number, which is what rules are compared by.
 */
export class PeerSets {
  readonly #table: ClassTable
  readonly #namespaces: NamespaceTable
  readonly #options: PolicyOptions
  readonly #peers: KnownPeer[] = []
  readonly #peerIndex = new Map<string, number>()
  readonly #sets: KnownSet[] = [{ peers: [], named: undefined, row: ALL_BITS }]
  readonly #setIndex = new Map<string, number>()
  readonly #scratch: BitScratch
  readonly #stretches = new Map<string, BitRow>()
  #byAtom: number[][] | undefined

  constructor(table: ClassTable, namespaces: NamespaceTable, options: PolicyOptions) {
    this.#table = table
    this.#namespaces = namespaces
    this.#options = options
    this.#scratch = new BitScratch((table.count + 31) >>> 5)
  }

  get count(): number {
    return this.#sets.length + this.#peers.length
  }

  /** The number of the union of these peers. */
  ofPeers(peers: readonly Peer[] | null): number {
    if (peers === null) return EVERYBODY
    const numbers = [...new Set(peers.map(peer => this.#peer(peer)))].sort((a, b) => a - b)
    return this.#union(numbers.join(','), numbers, undefined)
  }

  /** The part of a union whose named port is the given number. */
  withNamedPort(set: number, named: NamedPort): number {
    const { name, protocol, actual, first, last } = named
    const base = this.#sets[set]
    if (base === undefined) return set
    const key = `${set}|${name}|${protocol ?? '*'}|${actual}|${first}-${last}`
    return this.#union(key, set === EVERYBODY ? [] : base.peers, named, set === EVERYBODY)
  }

  row(set: number): BitRow {
    return this.#sets[set]?.row ?? NO_BITS
  }

  /** Brings one class up to date in all sets: a new one, or one whose namespace has other labels. */
  refresh(index: number): void {
    this.#stretches.clear()
    this.#byAtom = undefined
    for (const known of this.#peers) known.row = put(known.row, index, this.#peerHas(known, index))
    for (const known of this.#sets) {
      if (known.row.all) continue
      const member = known.peers.some(peer => testBit(this.#peers[peer]?.row ?? NO_BITS, index))
      const everybody = known.peers.length === 0 && known.named !== undefined
      known.row = put(known.row, index, (member || everybody) && this.#hasNamed(known.named, index))
    }
  }

  /** Forgets what was remembered of namespaces' labels. */
  forgetNamespaces(): void {
    this.#stretches.clear()
  }

  /** Classes that namespaces and a pod selector name. */
  pods(peer: Extract<Peer, { kind: 'pods' }>): BitRow {
    return this.#peers[this.#peer(peer)]?.row ?? NO_BITS
  }

  #union(key: string, peers: readonly number[], named: NamedPort | undefined, everybody = false): number {
    const known = this.#setIndex.get(key)
    if (known !== undefined) return known
    const scratch = this.#scratch
    scratch.reset(this.#wordCount())
    if (everybody) scratch.fill(this.#table.count)
    for (const peer of peers) scratch.or(this.#peers[peer]?.row ?? NO_BITS)
    if (named !== undefined) {
      const row = scratch.toRow()
      scratch.reset(this.#wordCount())
      for (let c = 0; c < this.#table.count; c++) if (testBit(row, c) && this.#hasNamed(named, c)) scratch.add(c)
    }
    this.#sets.push({ peers, named, row: scratch.toRow() })
    this.#setIndex.set(key, this.#sets.length - 1)
    return this.#sets.length - 1
  }

  #hasNamed(named: NamedPort | undefined, index: number): boolean {
    if (named === undefined) return true
    const { namedPorts, portSets } = this.#table
    const ports = namedPorts[portSets[index] ?? 0] ?? []
    return ports.some(
      port =>
        port.name === named.name &&
        (named.protocol === undefined || named.protocol === port.protocol) &&
        port.protocol === named.actual &&
        port.port >= named.first &&
        port.port <= named.last,
    )
  }

  #peer(peer: Peer): number {
    const key = peerKey(peer)
    const known = this.#peerIndex.get(key)
    if (known !== undefined) return known
    const selector = peer.kind === 'pods' ? new ClassSelector(peer.podSelector, this.#table) : undefined
    const made: KnownPeer = { peer, selector, row: NO_BITS }
    made.row = this.#compute(made)
    this.#peers.push(made)
    this.#peerIndex.set(key, this.#peers.length - 1)
    return this.#peers.length - 1
  }

  #compute({ peer, selector }: KnownPeer): BitRow {
    const scratch = this.#scratch
    const table = this.#table
    if (peer.kind === 'pods' && selector !== undefined) return this.#pods(peer, selector)
    scratch.reset(this.#wordCount())
    if (peer.kind === 'block') {
      const lists = this.#atomLists()
      const inside = this.#atomsOf(peer)
      for (const atom of inside) for (const index of lists[atom] ?? []) if (this.#addressed(index)) scratch.add(index)
    } else if (peer.kind === 'nodes') {
      for (const [index, node] of table.nodeOf) {
        if (node !== undefined && matchesSelector(peer.selector, node.metadata.labels)) scratch.add(index)
      }
    }
    return scratch.toRow()
  }

  #pods(peer: Extract<Peer, { kind: 'pods' }>, selector: ClassSelector): BitRow {
    const scratch = this.#scratch
    const table = this.#table
    if (peer.namespace !== undefined) {
      scratch.reset(this.#wordCount())
      const number = table.knownNamespace(peer.namespace)
      for (const index of number === undefined ? [] : (table.classesOfNamespace[number] ?? [])) {
        if (this.#selectable(index, peer.neverHostNetwork) && selector.matches(index)) scratch.add(index)
      }
      return scratch.toRow()
    }
    const base = this.#stretch(`ns ${peer.neverHostNetwork} ${selectorKey(peer.namespaceSelector)}`, add => {
      for (const number of this.#namespaces.matching(peer.namespaceSelector ?? {})) {
        for (const index of table.classesOfNamespace[number] ?? [])
          if (this.#selectable(index, peer.neverHostNetwork)) add(index)
      }
    })
    const parts = selector.requirements.map(one =>
      this.#stretch(`${one.key} ${one.operator} ${[...one.values].join(',')}`, add => {
        const { labels, keyCount, count } = table
        for (let c = 0, at = one.key; c < count; c++, at += keyCount) if (meets(one, labels[at] ?? 0)) add(c)
      }),
    )
    scratch.reset(this.#wordCount())
    scratch.or(base)
    for (const part of parts) scratch.and(part)
    return scratch.toRow()
  }

  /** A row that several peers are made of. */
  #stretch(key: string, fill: (add: (index: number) => void) => void): BitRow {
    const known = this.#stretches.get(key)
    if (known !== undefined) return known
    const scratch = this.#scratch
    scratch.reset(this.#wordCount())
    fill(index => scratch.add(index))
    const row = scratch.toRow()
    this.#stretches.set(key, row)
    return row
  }

  #peerHas({ peer, selector }: KnownPeer, index: number): boolean {
    const table = this.#table
    switch (peer.kind) {
      case 'pods': {
        const namespace = table.namespaces[index] ?? -1
        if (namespace < 0 || !this.#selectable(index, peer.neverHostNetwork) || selector?.matches(index) !== true)
          return false
        if (peer.namespace !== undefined) return table.namespaceNames[namespace] === peer.namespace
        return this.#namespaces.matches(peer.namespaceSelector ?? {}, namespace)
      }
      case 'block':
        return this.#addressed(index) && this.#atomsOf(peer).has(table.atoms[index] ?? -1)
      case 'nodes': {
        const node = table.nodeOf.get(index)
        return node !== undefined && matchesSelector(peer.selector, node.metadata.labels)
      }
      default:
        return false
    }
  }

  #selectable(index: number, neverHostNetwork: boolean): boolean {
    const kind = this.#table.kinds[index]
    return kind === ClassKind.POD || (kind === ClassKind.HOST_POD && !neverHostNetwork)
  }

  /** Whether blocks are compared with the addresses of this class. */
  #addressed(index: number): boolean {
    const kind = this.#table.kinds[index]
    return kind === ClassKind.HOST || kind === ClassKind.OUTSIDE || this.#options.ipBlockMatchesPods
  }

  #atomsOf(peer: Extract<Peer, { kind: 'block' }>): ReadonlySet<number> {
    const { cidrs } = this.#table.vocabulary
    const atoms = new Set<number>()
    const [first, end] = cidrs.span(peer.cidr) ?? [0, 0]
    for (let atom = first; atom < end; atom++) atoms.add(atom)
    for (const except of peer.except) {
      const [from, to] = cidrs.span(except) ?? [0, 0]
      for (let atom = from; atom < to; atom++) atoms.delete(atom)
    }
    return atoms
  }

  #atomLists(): readonly (readonly number[])[] {
    if (this.#byAtom !== undefined) return this.#byAtom
    const lists: number[][] = this.#table.vocabulary.cidrs.starts.map(() => [])
    for (let c = 0; c < this.#table.count; c++) lists[this.#table.atoms[c] ?? -1]?.push(c)
    this.#byAtom = lists
    return lists
  }

  #wordCount(): number {
    return (this.#table.count + 31) >>> 5
  }
}

function put(row: BitRow, index: number, value: boolean): BitRow {
  if (row.all || testBit(row, index) === value) return row
  const own = row === NO_BITS ? { first: 0, words: new Uint32Array(0), all: false } : row
  putBit(own, index, value)
  return own
}

function peerKey(peer: Peer): string {
  switch (peer.kind) {
    case 'pods': {
      const where = peer.namespace === undefined ? `s${selectorKey(peer.namespaceSelector)}` : `n${peer.namespace}`
      return `pods\u0004${peer.neverHostNetwork}\u0004${where}\u0004${selectorKey(peer.podSelector)}`
    }
    case 'block':
      return `block ${peer.cidr} ${peer.except.map(String).sort().join(' ')}`
    case 'nodes':
      return `nodes ${selectorKey(peer.selector)}`
    default:
      return 'nothing'
  }
}

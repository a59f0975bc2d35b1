import { internalIPs, type KubeObject, type Node, type Pod } from '../../controlplane/index.ts'
import { type Addr, familyOf, tryParseAddr } from '../../wire/addr.ts'
import { compilePolicy, policyObjects } from '../compile/compile-policies.ts'
import type { CompiledPolicy, Direction, ProtocolIndex } from '../compile/compiled.ts'
import type { TrafficEnd } from '../naive/world.ts'
import { DEFAULT_POLICY_OPTIONS, type PolicyOptions } from '../options.ts'
import { isHostNetwork, takesPart } from '../pod-state.ts'
import type { PolicySnapshot } from '../policy-snapshot.ts'
import { testBit } from './bit-row.ts'
import { ClassSelector } from './class-selector.ts'
import { ClassKind, ClassTable } from './class-table.ts'
import type { Connections } from './connection-text.ts'
import { NamespaceTable } from './namespace-table.ts'
import { PeerSets } from './peer-sets.ts'
import { PolicySets } from './policy-sets.ts'
import { RowStore } from './row-store.ts'
import { byPrecedence, type RuntimePolicy, runtimePolicy } from './runtime-policy.ts'
import { Vocabulary } from './vocabulary.ts'

/** How much one change may cost before starting anew is cheaper: classes to refresh times sets and rows. */
const REFRESH_LIMIT = 4_000_000
/** Rows and sets may grow to this many times what they were before everything is made anew. */
const GARBAGE = 3

/**
 * Who may open connections to whom, for all pods and all ports, kept as a product of two tables of bits: for the set of policies
 * that select a class, and a range of ports, which classes are allowed. `docs/policy/engine.md` explains it.
 *
 * Changes are taken one at a time and leave the tables exact.
 */
export class PolicyEngine {
  readonly options: PolicyOptions
  #vocabulary!: Vocabulary
  #table!: ClassTable
  #namespaces!: NamespaceTable
  #peers!: PeerSets
  #rows!: RowStore
  #ingress!: PolicySets
  #egress!: PolicySets
  readonly #policies = new Map<string, RuntimePolicy>()
  readonly #byId = new Map<number, RuntimePolicy>()
  #ofNamespace!: Map<string, Set<RuntimePolicy>>
  #clusterWide!: Set<RuntimePolicy>
  readonly #pods = new Map<string, { pod: Pod; index: number }>()
  #nodes: ReadonlyMap<string, Node> = new Map()
  #nodeOfAddr = new Map<Addr, string>()
  #selecting!: Record<Direction, (readonly RuntimePolicy[])[]>
  #sets!: Record<Direction, Int32Array>
  #snapshot: PolicySnapshot
  #nextId = 0
  #sizeAtStart = 0
  /** How often everything was made anew; for measurements. */
  rebuilds = 0

  constructor(snapshot: PolicySnapshot, options: Partial<PolicyOptions> = {}) {
    this.options = { ...DEFAULT_POLICY_OPTIONS, ...options }
    this.#snapshot = snapshot
    for (const pod of snapshot.pods) if (takesPart(pod)) this.#pods.set(podKey(pod), { pod, index: -1 })
    this.#rebuild(policyObjects(snapshot).map(compilePolicy))
  }

  get table(): ClassTable {
    return this.#table
  }

  get vocabulary(): Vocabulary {
    return this.#vocabulary
  }

  get rows(): RowStore {
    return this.#rows
  }

  get snapshot(): PolicySnapshot {
    return this.#snapshot
  }

  get nodes(): ReadonlyMap<string, Node> {
    return this.#nodes
  }

  /** Pods that take part, in the order of the snapshot they came from; later ones at the end. */
  *pods(): IterableIterator<Pod> {
    for (const { pod } of this.#pods.values()) yield pod
  }

  get policies(): readonly CompiledPolicy[] {
    return [...this.#policies.values()].map(policy => policy.compiled)
  }

  sets(direction: Direction): PolicySets {
    return direction === 'ingress' ? this.#ingress : this.#egress
  }

  /** The number of the set of policies that select a class. */
  setOf(direction: Direction, index: number): number {
    return this.#sets[direction][index] ?? 0
  }

  /** The policies that select a class and speak of a direction, by precedence. */
  selecting(direction: Direction, index: number): readonly CompiledPolicy[] {
    return (this.#selecting[direction][index] ?? []).map(policy => policy.compiled)
  }

  /** The class of a pod; undefined where it takes no part. */
  classOfPod(pod: Pod): number | undefined {
    return this.#pods.get(podKey(pod))?.index
  }

  /** The class of an address that no pod has; undefined for the other family. */
  classOfAddr(addr: Addr): number | undefined {
    return familyOf(addr) === this.options.family ? this.#table.ofOutside(this.#vocabulary.cidrs.find(addr)) : undefined
  }

  classOf(end: TrafficEnd): number | undefined {
    return 'pod' in end ? this.classOfPod(end.pod) : this.classOfAddr(end.addr)
  }

  /** Whether policies allow a connection between two classes; exceptions of single pods (itself, its node) are not looked at. */
  classAllows(from: number, to: number, atom: number): boolean {
    const ingress = this.#ingress.rowNumber(this.#sets.ingress[to] ?? 0, atom)
    const row = this.#rows.rows[ingress]
    if (row === undefined || !testBit(row, from)) return false
    const egress = this.#rows.rows[this.#egress.rowNumber(this.#sets.egress[from] ?? 0, atom)]
    return egress !== undefined && testBit(egress, to)
  }

  /** For each port atom, whether policies allow it between two classes. */
  connections(from: number, to: number): Connections {
    const { count } = this.#vocabulary.ports
    const found = new Uint8Array(count)
    for (let atom = 0; atom < count; atom++) if (this.classAllows(from, to, atom)) found[atom] = 1
    return found
  }

  /** Whether policies allow a connection, at the destination's own port. Ends that are not known are strangers. */
  allows(from: TrafficEnd, to: TrafficEnd, protocol: ProtocolIndex, port: number): boolean {
    if (this.isException(from, to)) return true
    const source = this.classOf(from)
    const target = this.classOf(to)
    if (source === undefined || target === undefined) return true
    return this.classAllows(source, target, this.#vocabulary.ports.find(protocol, port))
  }

  /** A pod always reaches itself; a pod and its own node always reach each other. */
  isException(from: TrafficEnd, to: TrafficEnd): boolean {
    if ('pod' in from && 'pod' in to && from.pod === to.pod) return true
    const fromNode = this.#nodeOf(from)
    if (fromNode !== undefined && 'pod' in to) return to.pod.spec.nodeName === fromNode
    const toNode = this.#nodeOf(to)
    return toNode !== undefined && 'pod' in from && from.pod.spec.nodeName === toNode
  }

  /** Adds a policy or a new version of it. */
  setPolicy(object: KubeObject): void {
    const compiled = compilePolicy(object)
    if (!this.#vocabulary.covers(compiled) || this.#isFull()) {
      this.#rebuild([...this.policies.filter(policy => policy.key !== compiled.key), compiled])
      return
    }
    const touched = new Set<number>()
    const before = this.#policies.get(compiled.key)
    if (before !== undefined) this.#drop(before, touched)
    const policy = this.#adopt(compiled)
    for (const index of this.#selected(policy.compiled)) {
      this.#attach(policy, index)
      touched.add(index)
    }
    this.#resolve(touched)
  }

  /** Takes a policy away; whether it was there. */
  removePolicy(kind: string, namespace: string | undefined, name: string): boolean {
    const policy = this.#policies.get(`${kind}/${namespace ?? ''}/${name}`)
    if (policy === undefined) return false
    const touched = new Set<number>()
    this.#drop(policy, touched)
    this.#resolve(touched)
    return true
  }

  /** Adds a pod or a new version of it. */
  setPod(pod: Pod): void {
    const before = this.#pods.get(podKey(pod))
    if (before !== undefined) this.#table.sizes[before.index] = (this.#table.sizes[before.index] ?? 1) - 1
    if (!takesPart(pod)) {
      this.#pods.delete(podKey(pod))
      return
    }
    const entry = { pod, index: -1 }
    this.#pods.set(podKey(pod), entry)
    if (!this.#vocabulary.coversPod(pod) || this.#isFull()) {
      this.#rebuild(this.policies)
      return
    }
    const known = this.#table.count
    const index = this.#table.ofPod(pod)
    entry.index = index
    this.#table.sizes[index] = (this.#table.sizes[index] ?? 0) + 1
    if (index < known) return
    if (this.#table.namespaceNames.length > this.#namespaces.count) {
      this.#namespaces.load(this.#table.namespaceNames, this.#snapshot)
    }
    this.#refresh([index])
  }

  removePod(namespace: string, name: string): void {
    const key = `${namespace}/${name}`
    const before = this.#pods.get(key)
    if (before === undefined) return
    this.#table.sizes[before.index] = (this.#table.sizes[before.index] ?? 1) - 1
    this.#pods.delete(key)
  }

  /**
   * Takes over what is different in another snapshot: pods, policies, labels of namespaces; when nodes differ, everything.
   * Objects are compared by identity, as the store keeps what did not change.
   */
  update(snapshot: PolicySnapshot): void {
    const before = this.#snapshot
    this.#snapshot = snapshot
    if (before.nodes !== snapshot.nodes && !sameObjects(before.nodes, snapshot.nodes)) {
      this.#pods.clear()
      for (const pod of snapshot.pods) if (takesPart(pod)) this.#pods.set(podKey(pod), { pod, index: -1 })
      this.#rebuild(policyObjects(snapshot).map(compilePolicy))
      return
    }
    if (before.namespaces !== snapshot.namespaces) this.#updateNamespaces(before, snapshot)
    if (before.pods !== snapshot.pods) {
      const present = new Set<string>()
      for (const pod of snapshot.pods) {
        present.add(podKey(pod))
        if (this.#pods.get(podKey(pod))?.pod !== pod) this.setPod(pod)
      }
      for (const [key, { pod }] of [...this.#pods]) {
        if (!present.has(key)) this.removePod(pod.metadata.namespace ?? 'default', pod.metadata.name)
      }
    }
    this.#updatePolicies(snapshot)
  }

  #updatePolicies(snapshot: PolicySnapshot): void {
    const present = new Set<string>()
    for (const object of policyObjects(snapshot)) {
      const key = `${object.kind}/${object.kind === 'NetworkPolicy' ? (object.metadata.namespace ?? 'default') : ''}/${object.metadata.name}`
      present.add(key)
      if (this.#policies.get(key)?.compiled.object !== object) this.setPolicy(object)
    }
    for (const { compiled } of [...this.#policies.values()]) {
      if (present.has(compiled.key)) continue
      this.removePolicy(compiled.object.kind, compiled.namespace, compiled.object.metadata.name)
    }
  }

  #updateNamespaces(before: PolicySnapshot, snapshot: PolicySnapshot): void {
    const changed: number[] = []
    for (const [number, name] of this.#table.namespaceNames.entries()) {
      if (before.namespaceLabels(name) === snapshot.namespaceLabels(name)) continue
      if (!sameLabels(before.namespaceLabels(name), snapshot.namespaceLabels(name))) changed.push(number)
    }
    if (changed.length === 0) return
    this.#namespaces.load(this.#table.namespaceNames, snapshot)
    this.#refresh(changed.flatMap(number => this.#table.classesOfNamespace[number] ?? []))
  }

  /** Makes everything anew from the pods and these policies. */
  #rebuild(policies: readonly CompiledPolicy[]): void {
    this.rebuilds++
    const { nodes } = this.#snapshot
    this.#nodes = new Map(nodes.map(node => [node.metadata.name, node]))
    this.#nodeOfAddr = new Map()
    for (const node of nodes) {
      for (const text of internalIPs(node)) {
        const addr = tryParseAddr(text)
        if (addr !== undefined) this.#nodeOfAddr.set(addr, node.metadata.name)
      }
    }
    this.#vocabulary = new Vocabulary(policies, this.pods(), this.options)
    const table = new ClassTable(this.#vocabulary, this.#nodes, this.options)
    this.#table = table
    for (const entry of this.#pods.values()) {
      entry.index = table.ofPod(entry.pod)
      table.sizes[entry.index] = (table.sizes[entry.index] ?? 0) + 1
    }
    for (let atom = 0; atom < this.#vocabulary.cidrs.starts.length; atom++) table.ofOutside(atom)
    this.#namespaces = new NamespaceTable()
    this.#namespaces.load(table.namespaceNames, this.#snapshot)
    this.#peers = new PeerSets(table, this.#namespaces, this.options)
    this.#rows = new RowStore(this.#peers)
    this.#ingress = new PolicySets('ingress', table, this.#peers, this.#rows)
    this.#egress = new PolicySets('egress', table, this.#peers, this.#rows)
    this.#policies.clear()
    this.#byId.clear()
    this.#ofNamespace = new Map()
    this.#clusterWide = new Set()
    this.#selecting = { ingress: [], egress: [] }
    this.#sets = { ingress: new Int32Array(table.kinds.length), egress: new Int32Array(table.kinds.length) }
    for (const compiled of policies) {
      const policy = this.#adopt(compiled)
      for (const index of this.#selected(compiled)) this.#attach(policy, index)
    }
    for (let c = 0; c < table.count; c++) this.#resolveClass(c)
    this.#sizeAtStart = this.#size()
  }

  #adopt(compiled: CompiledPolicy): RuntimePolicy {
    const policy = runtimePolicy(this.#nextId++, compiled, this.#table, this.#peers)
    this.#policies.set(compiled.key, policy)
    this.#byId.set(policy.id, policy)
    if (compiled.namespace === undefined) this.#clusterWide.add(policy)
    else {
      const list = this.#ofNamespace.get(compiled.namespace)
      if (list === undefined) this.#ofNamespace.set(compiled.namespace, new Set([policy]))
      else list.add(policy)
    }
    return policy
  }

  #drop(policy: RuntimePolicy, touched: Set<number>): void {
    for (const index of this.#selected(policy.compiled)) {
      touched.add(index)
      for (const direction of DIRECTIONS) {
        const list = this.#selecting[direction][index]
        if (list?.includes(policy) === true) this.#selecting[direction][index] = list.filter(one => one !== policy)
      }
    }
    this.#policies.delete(policy.compiled.key)
    this.#byId.delete(policy.id)
    this.#clusterWide.delete(policy)
    this.#ofNamespace.get(policy.compiled.namespace ?? '')?.delete(policy)
  }

  #attach(policy: RuntimePolicy, index: number): void {
    for (const direction of DIRECTIONS) {
      if (policy[direction] === null) continue
      const lists = this.#selecting[direction]
      const list = lists[index]
      lists[index] = list === undefined ? [policy] : [...list, policy].sort(byPrecedence)
    }
  }

  /** Classes whose members a policy selects. */
  *#selected(compiled: CompiledPolicy): IterableIterator<number> {
    const { podSelector, namespaceSelector } = compiled.subject
    const selector = new ClassSelector(podSelector, this.#table)
    if (compiled.namespace !== undefined) {
      const number = this.#table.knownNamespace(compiled.namespace)
      for (const index of number === undefined ? [] : (this.#table.classesOfNamespace[number] ?? [])) {
        if (selector.matches(index)) yield index
      }
    } else if (namespaceSelector !== undefined) {
      for (const number of this.#namespaces.matching(namespaceSelector)) {
        for (const index of this.#table.classesOfNamespace[number] ?? []) {
          if (this.#table.kinds[index] === ClassKind.POD && selector.matches(index)) yield index
        }
      }
    }
  }

  #resolve(touched: Iterable<number>): void {
    for (const index of touched) this.#resolveClass(index)
  }

  #resolveClass(index: number): void {
    const ports = this.#table.portSets[index] ?? 0
    this.#sets.ingress[index] = this.#ingress.of(this.#selecting.ingress[index] ?? [], ports)
    this.#sets.egress[index] = this.#egress.of(this.#selecting.egress[index] ?? [], ports)
  }

  /** Brings classes up to date that are new, or whose namespace has other labels. */
  #refresh(classes: readonly number[]): void {
    if (classes.length * this.#size() > REFRESH_LIMIT) {
      this.#rebuild(this.policies)
      return
    }
    for (const direction of DIRECTIONS) {
      if (this.#sets[direction].length >= this.#table.count) continue
      const grown = new Int32Array(this.#table.kinds.length)
      grown.set(this.#sets[direction])
      this.#sets[direction] = grown
    }
    for (const index of classes) {
      this.#peers.refresh(index)
      this.#rows.refresh(index)
      const namespace = this.#table.namespaceNames[this.#table.namespaces[index] ?? -1]
      const candidates = [...(this.#ofNamespace.get(namespace ?? '') ?? []), ...this.#clusterWide]
      this.#selecting.ingress[index] = []
      this.#selecting.egress[index] = []
      for (const policy of candidates) if (this.#selects(policy.compiled, index)) this.#attach(policy, index)
      this.#resolveClass(index)
    }
  }

  #selects(compiled: CompiledPolicy, index: number): boolean {
    const { podSelector, namespaceSelector } = compiled.subject
    const namespace = this.#table.namespaces[index] ?? -1
    if (namespace < 0 || !new ClassSelector(podSelector, this.#table).matches(index)) return false
    if (compiled.namespace !== undefined) return this.#table.namespaceNames[namespace] === compiled.namespace
    const ordinary = this.#table.kinds[index] === ClassKind.POD
    return ordinary && namespaceSelector !== undefined && this.#namespaces.matches(namespaceSelector, namespace)
  }

  #nodeOf(end: TrafficEnd): string | undefined {
    if (!('pod' in end)) return this.#nodeOfAddr.get(end.addr)
    return isHostNetwork(end.pod) && this.options.hostNetwork === 'node' ? end.pod.spec.nodeName : undefined
  }

  #size(): number {
    return this.#rows.rows.length + this.#peers.count
  }

  #isFull(): boolean {
    return this.#size() > GARBAGE * this.#sizeAtStart + 20_000
  }
}

const DIRECTIONS = ['ingress', 'egress'] as const

function podKey(pod: Pod): string {
  return `${pod.metadata.namespace ?? 'default'}/${pod.metadata.name}`
}

function sameObjects(a: readonly KubeObject[], b: readonly KubeObject[]): boolean {
  return a.length === b.length && a.every((object, i) => object === b[i])
}

function sameLabels(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every(key => a[key] === b[key])
}

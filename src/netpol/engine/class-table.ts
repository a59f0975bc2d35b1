import type { Node, Pod } from '../../controlplane/index.ts'
import type { PolicyOptions } from '../options.ts'
import { isHostNetwork, podAddress } from '../pod-state.ts'
import { Chain } from './chain.ts'
import { type DeclaredPort, eachNamedPort } from './declared-ports.ts'
import type { Vocabulary } from './vocabulary.ts'

/** What the members of a class are. */
export const ClassKind = { POD: 0, HOST_POD: 1, HOST: 2, OUTSIDE: 3 } as const
export type ClassKind = (typeof ClassKind)[keyof typeof ClassKind]

/**
 * Classes of ends that no policy distinguishes: pods by namespace, relevant labels, relevant named ports and range of address; pods
 * of the host network and ranges outside by their address. Classes are numbered in the order of their namespaces, as far as they were
 * there from the beginning, so that what concerns one namespace is a short stretch of bits.
 */
export class ClassTable {
  readonly vocabulary: Vocabulary
  readonly keyCount: number
  count = 0
  kinds = new Uint8Array(1024)
  /** Number of the namespace; -1 where the members are in none. */
  namespaces = new Int32Array(1024)
  /** Range of addresses; -1 where the members have no address of the family, or no policy has blocks. */
  atoms = new Int32Array(1024)
  /** Number of the set of relevant named ports. */
  portSets = new Int32Array(1024)
  /** Values of the relevant labels, `keyCount` for each class; 0 is absent. */
  labels: Int32Array
  /** How many pods each class has. */
  sizes = new Float64Array(1024)
  /** Node labels of host classes, for peers that select nodes. */
  readonly nodeOf = new Map<number, Node | undefined>()
  readonly namespaceNames: string[] = []
  readonly classesOfNamespace: number[][] = []
  readonly namedPorts: (readonly DeclaredPort[])[] = [[]]
  readonly #namespaceIndex = new Map<string, number>()
  readonly #chain = new Chain()
  readonly #ports = new Chain()
  readonly #portSetIndex = new Map<number, number>()
  #portPath = 0
  readonly #takePort = (name: string, protocol: number, port: number): void => {
    const number = this.vocabulary.portNames.get(name)
    if (number !== undefined)
      this.#portPath = this.#ports.step(this.#ports.step(this.#portPath, 3 * number + protocol), port)
  }
  readonly #nodeIndex = new Map<string, number>()
  readonly #classOfPath = new Map<number, number>()
  readonly #keys: readonly string[]
  readonly #options: PolicyOptions
  readonly #nodes: ReadonlyMap<string, Node>

  constructor(vocabulary: Vocabulary, nodes: ReadonlyMap<string, Node>, options: PolicyOptions) {
    this.vocabulary = vocabulary
    this.#keys = [...vocabulary.keys.keys()]
    this.keyCount = this.#keys.length
    this.labels = new Int32Array(1024 * this.keyCount)
    this.#options = options
    this.#nodes = nodes
  }

  namespaceNumber(name: string): number {
    let number = this.#namespaceIndex.get(name)
    if (number === undefined) {
      number = this.namespaceNames.length
      this.#namespaceIndex.set(name, number)
      this.namespaceNames.push(name)
      this.classesOfNamespace.push([])
    }
    return number
  }

  knownNamespace(name: string): number | undefined {
    return this.#namespaceIndex.get(name)
  }

  /** The class of a pod; a new one where none has such pods yet. */
  ofPod(pod: Pod): number {
    const { vocabulary } = this
    const host = isHostNetwork(pod)
    if (host && this.#options.hostNetwork === 'node') return this.#ofHost(pod)
    const namespace = this.namespaceNumber(pod.metadata.namespace ?? 'default')
    let path = this.#chain.step(0, namespace + 4)
    const { labels } = pod.metadata
    const keys = this.#keys
    for (let k = 0; k < keys.length; k++) {
      const text = labels === undefined ? undefined : own(labels, keys[k] ?? '')
      path = this.#chain.step(path, text === undefined ? 0 : vocabulary.value(text))
    }
    const ports = vocabulary.portNames.size === 0 ? 0 : this.#portSetOf(pod)
    path = this.#chain.step(path, ports)
    const useAddress = vocabulary.usesBlocks && this.#options.ipBlockMatchesPods
    const atom = useAddress ? this.#atomOf(pod) : -1
    path = this.#chain.step(path, atom + 1)
    const kind = host ? ClassKind.HOST_POD : ClassKind.POD
    if (host) path = this.#chain.step(path, this.#nodeNumber(pod) + 1)
    const known = this.#classOfPath.get(path)
    if (known !== undefined) return known
    const made = this.#add(path, kind, namespace, atom, ports)
    for (let k = 0; k < keys.length; k++) {
      const text = labels === undefined ? undefined : own(labels, keys[k] ?? '')
      this.labels[made * this.keyCount + k] = text === undefined ? 0 : vocabulary.value(text)
    }
    if (host) this.nodeOf.set(made, this.#nodes.get(pod.spec.nodeName ?? ''))
    return made
  }

  /** The class of the addresses of one range that no pod has. */
  ofOutside(atom: number): number {
    const path = this.#chain.step(this.#chain.step(0, 0), atom)
    return this.#classOfPath.get(path) ?? this.#add(path, ClassKind.OUTSIDE, -1, atom, 0)
  }

  #ofHost(pod: Pod): number {
    const atom = this.vocabulary.usesBlocks ? this.#atomOf(pod) : -1
    const ports = this.vocabulary.portNames.size === 0 ? 0 : this.#portSetOf(pod)
    const node = this.#nodeNumber(pod)
    const path = [1, atom + 1, ports, node + 1].reduce((at, token) => this.#chain.step(at, token), 0)
    const known = this.#classOfPath.get(path)
    if (known !== undefined) return known
    const made = this.#add(path, ClassKind.HOST, -1, atom, ports)
    this.nodeOf.set(made, this.#nodes.get(pod.spec.nodeName ?? ''))
    return made
  }

  /** Nodes are told apart only where some policy selects nodes. */
  #nodeNumber(pod: Pod): number {
    if (!this.vocabulary.usesNodes) return -1
    const name = pod.spec.nodeName ?? ''
    const known = this.#nodeIndex.get(name)
    if (known !== undefined) return known
    this.#nodeIndex.set(name, this.#nodeIndex.size)
    return this.#nodeIndex.size - 1
  }

  #atomOf(pod: Pod): number {
    const addr = podAddress(pod, this.#options.family)
    return addr === undefined ? -1 : this.vocabulary.cidrs.find(addr)
  }

  #portSetOf(pod: Pod): number {
    this.#portPath = 0
    eachNamedPort(pod, this.#takePort)
    if (this.#portPath === 0) return 0
    const known = this.#portSetIndex.get(this.#portPath)
    if (known !== undefined) return known
    const ports: DeclaredPort[] = []
    eachNamedPort(pod, (name, protocol, port) => {
      if (this.vocabulary.portNames.has(name)) ports.push({ name, protocol, port })
    })
    this.#portSetIndex.set(this.#portPath, this.namedPorts.length)
    this.namedPorts.push(ports)
    return this.namedPorts.length - 1
  }

  #add(path: number, kind: ClassKind, namespace: number, atom: number, ports: number): number {
    const made = this.count++
    this.#classOfPath.set(path, made)
    if (made >= this.kinds.length) this.#grow()
    this.kinds[made] = kind
    this.namespaces[made] = namespace
    this.atoms[made] = atom
    this.portSets[made] = ports
    this.classesOfNamespace[namespace]?.push(made)
    return made
  }

  #grow(): void {
    const size = 2 * this.kinds.length
    const copy = <T extends Uint8Array | Int32Array | Float64Array>(to: T, from: T): T => {
      to.set(from)
      return to
    }
    this.kinds = copy(new Uint8Array(size), this.kinds)
    this.namespaces = copy(new Int32Array(size), this.namespaces)
    this.atoms = copy(new Int32Array(size), this.atoms)
    this.portSets = copy(new Int32Array(size), this.portSets)
    this.sizes = copy(new Float64Array(size), this.sizes)
    this.labels = copy(new Int32Array(size * this.keyCount), this.labels)
  }
}

/** What an object inherits is no string, so that no label is found that is not there. */
function own(labels: Readonly<Record<string, string>>, key: string): string | undefined {
  const value: unknown = labels[key]
  return typeof value === 'string' ? value : undefined
}

import { type Element, KEY_SIZE, writeKey } from './element.ts'
import type { Entry } from './entry.ts'
import type { Dimension } from './set-type.ts'

type Node = Map<number, Node | Entry>

/**
 * Entries by the numbers of their elements: one Map a number, so that a packet is looked up without strings. For net
 * dimensions the prefix lengths that occur are tried from long to short, as the kernel does.
 */
export class ElementIndex {
  readonly #dimensions: readonly Dimension[]
  #root: Node = new Map()
  readonly #key = new Float64Array(KEY_SIZE)
  readonly #lengths = new Int32Array(3)
  /** For each dimension, prefix lengths with the number of entries that have them, longest first. */
  readonly #nets: { length: number; count: number }[][]
  #size = 0

  constructor(dimensions: readonly Dimension[]) {
    this.#dimensions = dimensions
    this.#nets = dimensions.map(() => [])
  }

  get size(): number {
    return this.#size
  }

  clear(): void {
    this.#root = new Map()
    this.#size = 0
    for (const nets of this.#nets) nets.length = 0
  }

  get(element: Element): Entry | undefined {
    return this.#find(this.#write(element.values, element.lengths))
  }

  add(entry: Entry): void {
    const used = this.#write(entry.element.values, entry.element.lengths)
    let node = this.#root
    for (let i = 0; i < used - 1; i++) {
      const number = this.#key[i] ?? 0
      let next = node.get(number)
      if (!(next instanceof Map)) {
        next = new Map()
        node.set(number, next)
      }
      node = next
    }
    node.set(this.#key[used - 1] ?? 0, entry)
    this.#size++
    this.#dimensions.forEach((dimension, i) => {
      if (dimension === 'net') this.#countNet(this.#nets[i] ?? [], entry.element.lengths[i] ?? 0, 1)
    })
  }

  delete(element: Element): void {
    const used = this.#write(element.values, element.lengths)
    const path: [Node, number][] = []
    let node: Node | Entry | undefined = this.#root
    for (let i = 0; i < used; i++) {
      if (!(node instanceof Map)) return
      const number = this.#key[i] ?? 0
      path.push([node, number])
      node = node.get(number)
    }
    if (node === undefined) return
    for (let i = path.length - 1; i >= 0; i--) {
      const [map, number] = path[i] ?? [this.#root, 0]
      map.delete(number)
      if (map.size > 0) break
    }
    this.#size--
    this.#dimensions.forEach((dimension, i) => {
      if (dimension === 'net') this.#countNet(this.#nets[i] ?? [], element.lengths[i] ?? 0, -1)
    })
  }

  /** The entry that the values of a packet fall into, the most specific one first. */
  match(values: Float64Array): Entry | undefined {
    return this.#match(values, 0)
  }

  #match(values: Float64Array, dimension: number): Entry | undefined {
    if (dimension === this.#dimensions.length) return this.#find(this.#write(values, this.#lengths))
    if (this.#dimensions[dimension] !== 'net') return this.#match(values, dimension + 1)
    const nets = this.#nets[dimension] ?? []
    for (let i = 0; i < nets.length; i++) {
      this.#lengths[dimension] = nets[i]?.length ?? 0
      const found = this.#match(values, dimension + 1)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** Fills the key in; returns how many numbers it has. */
  #write(values: ArrayLike<number>, lengths: ArrayLike<number>): number {
    let at = 0
    for (let i = 0; i < this.#dimensions.length; i++) {
      at = writeKey(this.#key, at, this.#dimensions[i] ?? 'ip', values[i] ?? 0, lengths[i] ?? 0)
    }
    return at
  }

  #find(used: number): Entry | undefined {
    let node: Node | Entry | undefined = this.#root
    for (let i = 0; i < used; i++) {
      if (!(node instanceof Map)) return undefined
      node = node.get(this.#key[i] ?? 0)
    }
    return node instanceof Map ? undefined : node
  }

  #countNet(nets: { length: number; count: number }[], length: number, by: number): void {
    const at = nets.findIndex(net => net.length === length)
    const net = nets[at]
    if (net === undefined) {
      nets.push({ length, count: by })
      nets.sort((a, b) => b.length - a.length)
      return
    }
    net.count += by
    if (net.count === 0) nets.splice(at, 1)
  }
}

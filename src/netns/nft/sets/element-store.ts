import type { Value } from '../types/data-type.ts'
import type { Interval } from '../types/interval.ts'
import { type Element, formatKey } from './element.ts'

/** Maps within maps, one level a component of the key; the elements are in the last. */
type Branch = Map<Value, Branch | Element>

/**
 * The elements of a set or map, found by the key of a packet: single values in nested hash maps, intervals of one component by
 * binary search, concatenations with intervals one by one.
 */
export class ElementStore {
  readonly #elements: Map<string, Element>
  #exact: Branch | null = null
  #sorted: readonly Element[] | null = null
  #linear: readonly Element[] | null = null
  #catchAll: Element | null = null
  #indexed = false

  constructor(elements: Iterable<readonly [string, Element]> = []) {
    this.#elements = new Map(elements)
  }

  get size(): number {
    return this.#elements.size
  }

  /** In the order in which they were added. */
  values(): Iterable<Element> {
    return this.#elements.values()
  }

  get(key: readonly Interval[] | null): Element | undefined {
    return this.#elements.get(formatKey(key))
  }

  put(element: Element): void {
    this.#elements.set(formatKey(element.key), element)
    if (!this.#indexed) return
    const { key } = element
    if (this.#exact !== null && key?.every(part => part.single) === true) place(this.#exact, key, element)
    else this.#indexed = false
  }

  delete(key: readonly Interval[] | null): boolean {
    const text = formatKey(key)
    const element = this.#elements.get(text)
    if (element === undefined) return false
    this.#elements.delete(text)
    this.#indexed = false
    return true
  }

  clear(): void {
    this.#elements.clear()
    this.#indexed = false
  }

  /** A store with the same elements, to be changed by itself. */
  copy(): ElementStore {
    return new ElementStore(this.#elements)
  }

  /** The element that has the `length` values from `at`; null when none does. */
  find(key: readonly Value[], at: number, length: number): Element | null {
    if (!this.#indexed) this.#index()
    return this.#findExact(key, at, length) ?? this.#findInterval(key, at, length) ?? this.#catchAll
  }

  #findExact(key: readonly Value[], at: number, length: number): Element | null {
    let node: Branch | Element | null = this.#exact
    for (let i = 0; i < length; i++) {
      if (!(node instanceof Map)) return null
      node = node.get(key[at + i] ?? '') ?? null
    }
    return node instanceof Map ? null : node
  }

  #findInterval(key: readonly Value[], at: number, length: number): Element | null {
    if (this.#sorted !== null) return search(this.#sorted, key[at] ?? '')
    if (this.#linear === null) return null
    for (const element of this.#linear) {
      let has = true
      for (let i = 0; i < length && has; i++) has = element.key?.[i]?.has(key[at + i] ?? '') ?? false
      if (has) return element
    }
    return null
  }

  #index(): void {
    const exact: Branch = new Map()
    const intervals: Element[] = []
    this.#catchAll = null
    for (const element of this.#elements.values()) {
      if (element.key === null) this.#catchAll = element
      else if (element.key.every(part => part.single)) place(exact, element.key, element)
      else intervals.push(element)
    }
    const searchable = intervals.every(({ key }) => key?.length === 1 && key[0]?.form !== 'wildcard')
    this.#exact = exact.size > 0 || intervals.length === 0 ? exact : null
    this.#sorted = intervals.length > 0 && searchable ? intervals.sort(byLowest) : null
    this.#linear = intervals.length > 0 && !searchable ? intervals : null
    this.#indexed = true
  }
}

function place(root: Branch, key: readonly Interval[], element: Element): void {
  let branch = root
  for (let i = 0; i < key.length - 1; i++) {
    const value = key[i]?.lo ?? ''
    const known = branch.get(value)
    if (known instanceof Map) {
      branch = known
    } else {
      const made: Branch = new Map()
      branch.set(value, made)
      branch = made
    }
  }
  branch.set(key[key.length - 1]?.lo ?? '', element)
}

function byLowest(a: Element, b: Element): number {
  const [x, y] = [a.key?.[0]?.lowest ?? 0, b.key?.[0]?.lowest ?? 0]
  return x < y ? -1 : x > y ? 1 : 0
}

/** Intervals do not overlap: the last one that begins at or before the value is the only one that can hold it. */
function search(sorted: readonly Element[], value: Value): Element | null {
  const type = sorted[0]?.key?.[0]?.type
  if (type === undefined) return null
  const order = type.order(value)
  let low = 0
  let high = sorted.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const interval = sorted[middle]?.key?.[0]
    if (interval === undefined) return null
    if (order < interval.lowest) high = middle - 1
    else if (order > interval.highest) low = middle + 1
    else return sorted[middle] ?? null
  }
  return null
}

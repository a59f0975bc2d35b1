import type { EndpointSlice, KubeObject, Pod } from '../types/index.ts'
import { emptyMap, type PersistentMap } from './persistent-map.ts'

/** What changed since the last sorted list was made; newest first. */
interface Delta {
  readonly key: string
  readonly object: KubeObject | undefined
  readonly older: Delta | undefined
}

/** Namespace, then name, in byte order: NUL sorts before every character of a name. */
export function objectKey(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}\0${name}`
}

/**
 * All objects of one kind at one revision. Immutable to the outside; the sorted list and the indexes are made when first
 * asked for and kept, so every snapshot that holds this table shares them.
 */
export class KindTable {
  static readonly EMPTY = new KindTable(emptyMap(), [], undefined)

  readonly #map: PersistentMap<KubeObject>
  #sorted: readonly KubeObject[]
  #delta: Delta | undefined
  #slicesByService: ReadonlyMap<string, readonly EndpointSlice[]> | undefined
  #podsByIP: ReadonlyMap<string, Pod> | undefined
  #podsByNode: ReadonlyMap<string, readonly Pod[]> | undefined

  private constructor(map: PersistentMap<KubeObject>, sorted: readonly KubeObject[], delta: Delta | undefined) {
    this.#map = map
    this.#sorted = sorted
    this.#delta = delta
  }

  get size(): number {
    return this.#map.size
  }

  get(namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#map.get(objectKey(namespace, name))
  }

  with(object: KubeObject): KindTable {
    const key = objectKey(object.metadata.namespace, object.metadata.name)
    return new KindTable(this.#map.set(key, object), this.#sorted, { key, object, older: this.#delta })
  }

  without(namespace: string | undefined, name: string): KindTable {
    const key = objectKey(namespace, name)
    return new KindTable(this.#map.delete(key), this.#sorted, { key, object: undefined, older: this.#delta })
  }

  /** By namespace, then name. Costs a merge after changes, nothing when asked again. */
  list(): readonly KubeObject[] {
    if (this.#delta !== undefined) {
      this.#sorted = merge(this.#sorted, this.#delta)
      this.#delta = undefined
    }
    return this.#sorted
  }

  slicesByService(): ReadonlyMap<string, readonly EndpointSlice[]> {
    this.#slicesByService ??= groupBy(this.list() as readonly EndpointSlice[], slice => {
      const service = slice.metadata.labels?.['kubernetes.io/service-name']
      return service === undefined ? undefined : objectKey(slice.metadata.namespace, service)
    })
    return this.#slicesByService
  }

  podsByNode(): ReadonlyMap<string, readonly Pod[]> {
    this.#podsByNode ??= groupBy(this.list() as readonly Pod[], pod => pod.spec.nodeName)
    return this.#podsByNode
  }

  podsByIP(): ReadonlyMap<string, Pod> {
    if (this.#podsByIP === undefined) {
      const index = new Map<string, Pod>()
      for (const pod of this.list() as readonly Pod[]) {
        const phase = pod.status?.phase
        if (pod.spec.hostNetwork === true || phase === 'Succeeded' || phase === 'Failed') continue
        const ips = pod.status?.podIPs ?? (pod.status?.podIP === undefined ? [] : [{ ip: pod.status.podIP }])
        for (const { ip } of ips) if (!index.has(ip)) index.set(ip, pod)
      }
      this.#podsByIP = index
    }
    return this.#podsByIP
  }
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string | undefined): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    if (key === undefined) continue
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}

function merge(sorted: readonly KubeObject[], newest: Delta): readonly KubeObject[] {
  const changed = new Map<string, KubeObject | undefined>()
  for (let delta: Delta | undefined = newest; delta !== undefined; delta = delta.older) {
    if (!changed.has(delta.key)) changed.set(delta.key, delta.object)
  }
  const keys = [...changed.keys()].sort()
  const result: KubeObject[] = []
  let next = 0
  const takeChanged = (before: string | undefined): void => {
    for (let key = keys[next]; key !== undefined && (before === undefined || key <= before); key = keys[++next]) {
      const object = changed.get(key)
      if (object !== undefined) result.push(object)
    }
  }
  for (const object of sorted) {
    const key = objectKey(object.metadata.namespace, object.metadata.name)
    takeChanged(key)
    if (!changed.has(key)) result.push(object)
  }
  takeChanged(undefined)
  return result
}

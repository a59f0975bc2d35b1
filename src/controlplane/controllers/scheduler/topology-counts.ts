import { matchesSelector } from '../../selectors.ts'
import type { LabelSelector, Node, Pod, PodAffinityTerm } from '../../types/index.ts'

/** Which pods a count is about. */
export interface PodFilter {
  readonly id: string
  matches(pod: Pod): boolean
}

/** Pods of one namespace that a selector takes in. */
export function inNamespace(namespace: string, selector: LabelSelector | undefined): PodFilter {
  return {
    id: `${namespace}\0${JSON.stringify(selector)}`,
    matches: pod => pod.metadata.namespace === namespace && matchesSelector(selector, pod.metadata.labels),
  }
}

export type NamespaceLabels = (name: string) => Readonly<Record<string, string>>

/** The pods that an affinity term of a pod in `namespace` is about: by default those of the same namespace. */
export function ofTerm(term: PodAffinityTerm, namespace: string, labelsOf: NamespaceLabels): PodFilter {
  const { labelSelector, namespaces = [], namespaceSelector } = term
  const own = namespaces.length === 0 && namespaceSelector === undefined
  const names = new Set(own ? [namespace] : namespaces)
  const inScope = (name: string): boolean =>
    names.has(name) || (namespaceSelector !== undefined && matchesSelector(namespaceSelector, labelsOf(name)))
  return {
    id: `${[...names].sort().join(',')}\0${JSON.stringify(namespaceSelector)}\0${JSON.stringify(labelSelector)}`,
    matches: pod => matchesSelector(labelSelector, pod.metadata.labels) && inScope(pod.metadata.namespace ?? ''),
  }
}

/** The value of a topology key on a node. A node without the hostname label goes by its name. */
export function topologyValue(node: Node, key: string): string | undefined {
  return node.metadata.labels?.[key] ?? (key === 'kubernetes.io/hostname' ? node.metadata.name : undefined)
}

interface Count {
  readonly filter: PodFilter
  readonly key: string
  readonly byValue: Map<string, number>
}

/** How many pods of a kind there are in each topology domain; kept up to date as pods are placed. */
export class TopologyCounts {
  readonly #placed: { readonly pod: Pod; readonly node: Node }[] = []
  readonly #counts = new Map<string, Count>()

  place(pod: Pod, node: Node): void {
    this.#placed.push({ pod, node })
    for (const count of this.#counts.values()) add(count, pod, node)
  }

  of(filter: PodFilter, key: string): ReadonlyMap<string, number> {
    const id = `${key}\0${filter.id}`
    let count = this.#counts.get(id)
    if (count === undefined) {
      count = { filter, key, byValue: new Map() }
      for (const { pod, node } of this.#placed) add(count, pod, node)
      this.#counts.set(id, count)
    }
    return count.byValue
  }
}

function add({ filter, key, byValue }: Count, pod: Pod, node: Node): void {
  const value = topologyValue(node, key)
  if (value !== undefined && filter.matches(pod)) byValue.set(value, (byValue.get(value) ?? 0) + 1)
}

import type { EndpointSlice, KubeObject, Node, Pod, Service } from './types/index.ts'

/**
 * The cluster's objects at one revision: an immutable value. Lists are in the order namespace, then name (byte-wise), so that
 * whatever is made from a snapshot is the same every time.
 */
export interface Snapshot {
  readonly revision: number
  /** All objects of a kind (`Pod`, `Service`, …); empty for kinds that the store does not hold. */
  list(kind: string): readonly KubeObject[]
  get(kind: string, namespace: string | undefined, name: string): KubeObject | undefined
  readonly pods: readonly Pod[]
  readonly nodes: readonly Node[]
  readonly services: readonly Service[]
  readonly endpointSlices: readonly EndpointSlice[]
}

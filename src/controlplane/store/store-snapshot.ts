import { builtInKind } from '../kinds.ts'
import type { Snapshot } from '../snapshot.ts'
import type {
  ConfigMap,
  DaemonSet,
  Deployment,
  EndpointSlice,
  Endpoints,
  Ingress,
  KubeObject,
  Namespace,
  NetworkPolicy,
  Node,
  Pod,
  ReplicaSet,
  Service,
  StatefulSet,
} from '../types/index.ts'
import { KindTable, objectKey } from './kind-table.ts'
import type { PersistentMap } from './persistent-map.ts'

export type Tables = PersistentMap<KindTable>

/**
 * A snapshot of the store. The typed lists trust that an object of a built-in kind has its kind's shape: `load` and the
 * store's callers validate before they write.
 */
export class StoreSnapshot implements Snapshot {
  readonly revision: number
  readonly #tables: Tables

  constructor(revision: number, tables: Tables) {
    this.revision = revision
    this.#tables = tables
  }

  list(kind: string): readonly KubeObject[] {
    return this.#table(kind).list()
  }

  get(kind: string, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#table(kind).get(namespace, name)
  }

  get pods(): readonly Pod[] {
    return this.#typed('Pod')
  }
  get nodes(): readonly Node[] {
    return this.#typed('Node')
  }
  get services(): readonly Service[] {
    return this.#typed('Service')
  }
  get endpointSlices(): readonly EndpointSlice[] {
    return this.#typed('EndpointSlice')
  }
  get namespaces(): readonly Namespace[] {
    return this.#typed('Namespace')
  }
  get endpoints(): readonly Endpoints[] {
    return this.#typed('Endpoints')
  }
  get networkPolicies(): readonly NetworkPolicy[] {
    return this.#typed('NetworkPolicy')
  }
  get ingresses(): readonly Ingress[] {
    return this.#typed('Ingress')
  }
  get configMaps(): readonly ConfigMap[] {
    return this.#typed('ConfigMap')
  }
  get deployments(): readonly Deployment[] {
    return this.#typed('Deployment')
  }
  get replicaSets(): readonly ReplicaSet[] {
    return this.#typed('ReplicaSet')
  }
  get daemonSets(): readonly DaemonSet[] {
    return this.#typed('DaemonSet')
  }
  get statefulSets(): readonly StatefulSet[] {
    return this.#typed('StatefulSet')
  }

  slicesOf(namespace: string, service: string): readonly EndpointSlice[] {
    return this.#table('EndpointSlice').slicesByService().get(objectKey(namespace, service)) ?? []
  }

  podByIP(ip: string): Pod | undefined {
    return this.#table('Pod').podsByIP().get(ip)
  }

  podsOn(nodeName: string): readonly Pod[] {
    return this.#table('Pod').podsByNode().get(nodeName) ?? []
  }

  namespaceLabels(name: string): Readonly<Record<string, string>> {
    return this.get('Namespace', undefined, name)?.metadata.labels ?? { 'kubernetes.io/metadata.name': name }
  }

  #typed<T extends KubeObject>(kind: string): readonly T[] {
    return this.#table(kind).list() as readonly T[]
  }

  #table(kind: string): KindTable {
    const table = this.#tables.get(kind)
    if (table !== undefined || builtInKind(kind) !== undefined) return table ?? KindTable.EMPTY
    const names = [...this.#tables.entries()].filter(([name]) => name.startsWith(`${kind}.`)).sort()
    return names[0]?.[1] ?? KindTable.EMPTY
  }
}

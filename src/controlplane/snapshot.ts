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
} from './types/index.ts'

/**
 * The cluster's objects at one revision: an immutable value. Lists are in the order namespace, then name (byte-wise), so that
 * whatever is made from a snapshot is the same every time.
 */
export interface Snapshot {
  readonly revision: number
  /**
   * All objects of a kind (`Pod`, `Service`, …); empty for kinds that the store does not hold. A kind that is not Kubernetes'
   * own is written `Kind.group`; the bare `Kind` serves too where no built-in kind has that name.
   */
  list(kind: string): readonly KubeObject[]
  get(kind: string, namespace: string | undefined, name: string): KubeObject | undefined
  readonly pods: readonly Pod[]
  readonly nodes: readonly Node[]
  readonly services: readonly Service[]
  readonly endpointSlices: readonly EndpointSlice[]
  readonly namespaces: readonly Namespace[]
  readonly endpoints: readonly Endpoints[]
  readonly networkPolicies: readonly NetworkPolicy[]
  readonly ingresses: readonly Ingress[]
  readonly configMaps: readonly ConfigMap[]
  readonly deployments: readonly Deployment[]
  readonly replicaSets: readonly ReplicaSet[]
  readonly daemonSets: readonly DaemonSet[]
  readonly statefulSets: readonly StatefulSet[]
  /** The EndpointSlices of a Service, by the label `kubernetes.io/service-name`. */
  slicesOf(namespace: string, service: string): readonly EndpointSlice[]
  /** Pods by one of their addresses (canonical text). Host-network pods are not found by their node's address. */
  podByIP(ip: string): Pod | undefined
  podsOn(nodeName: string): readonly Pod[]
  namespaceLabels(name: string): Readonly<Record<string, string>>
}

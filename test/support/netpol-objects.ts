import {
  type ControlPlane,
  createControlPlane,
  type KubeObject,
  type Pod,
  type Snapshot,
} from '../../src/controlplane/index.ts'

/** The shape of test/cases/netpol.json, schema np-cases/1. */
export interface CaseTopology {
  readonly namespaces: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly pods: readonly CasePod[]
}

export interface CasePod {
  readonly ns: string
  readonly name: string
  readonly labels?: Readonly<Record<string, string>> | null
  readonly ip?: string
  readonly ports?: readonly { readonly port: number; readonly protocol?: string; readonly name?: string }[] | null
  readonly id?: string
}

export type RawPolicy = Readonly<Record<string, unknown>>

export type CaseOp =
  | { readonly op: 'createPolicy' | 'updatePolicy'; readonly policy: RawPolicy }
  | { readonly op: 'deletePolicy'; readonly namespace?: string; readonly name: string; readonly kind?: string }
  | {
      readonly op: 'createNamespace' | 'setNamespaceLabels'
      readonly name: string
      readonly labels?: Record<string, string>
    }
  | { readonly op: 'deleteNamespace'; readonly name: string }
  | ({ readonly op: 'createPod' | 'setPodLabels' } & CasePod)
  | { readonly op: 'deletePod'; readonly ns: string; readonly name: string }

const API: Readonly<Record<string, string>> = {
  NetworkPolicy: 'networking.k8s.io/v1',
  AdminNetworkPolicy: 'policy.networking.k8s.io/v1alpha1',
  BaselineAdminNetworkPolicy: 'policy.networking.k8s.io/v1alpha1',
  ClusterNetworkPolicy: 'policy.networking.k8s.io/v1alpha2',
}

const CLUSTER_KINDS = ['AdminNetworkPolicy', 'BaselineAdminNetworkPolicy', 'ClusterNetworkPolicy'].map(
  kind => `${kind}.policy.networking.k8s.io`,
)

/** A control plane with the objects of a case: loaded as manifests are, and nothing settled. */
export function caseControlPlane(topology: CaseTopology, policies: readonly RawPolicy[]): ControlPlane {
  const plane = createControlPlane()
  const namespaces = Object.entries(topology.namespaces).map(([name, labels]) => namespaceObject(name, labels))
  loadObjects(plane, [...namespaces, ...topology.pods.map(podObject), ...policies.map(policyObject)])
  return plane
}

/** Applies one operation of a step. */
export function applyOp(plane: ControlPlane, op: CaseOp): void {
  switch (op.op) {
    case 'createPolicy':
    case 'updatePolicy':
      loadObjects(plane, [policyObject(op.policy)])
      return
    case 'deletePolicy': {
      const kinds =
        op.namespace === undefined
          ? CLUSTER_KINDS.filter(kind => kind.startsWith(`${op.kind ?? ''}`))
          : ['NetworkPolicy']
      for (const kind of kinds) plane.delete(kind, op.namespace, op.name)
      return
    }
    case 'createNamespace':
    case 'setNamespaceLabels':
      loadObjects(plane, [namespaceObject(op.name, op.labels ?? {})])
      return
    case 'deleteNamespace':
      for (const kind of ['Pod', 'NetworkPolicy']) {
        for (const { metadata } of plane.snapshot().list(kind)) {
          if (metadata.namespace === op.name) plane.delete(kind, op.name, metadata.name)
        }
      }
      plane.delete('Namespace', undefined, op.name)
      return
    case 'createPod':
      loadObjects(plane, [podObject(op)])
      return
    case 'setPodLabels': {
      const { metadata, ...rest } = podNamed(plane.snapshot(), `${op.ns}/${op.name}`)
      loadObjects(plane, [{ ...rest, metadata: { ...metadata, labels: op.labels ?? {} } }])
      return
    }
    case 'deletePod':
      plane.delete('Pod', op.ns, op.name)
  }
}

export function podNamed(snapshot: Snapshot, name: string): Pod {
  const pod = snapshot.pods.find(one => `${one.metadata.namespace}/${one.metadata.name}` === name)
  if (pod === undefined) throw new Error(`the table names a pod ${name} that is not in its topology`)
  return pod
}

function loadObjects(plane: ControlPlane, items: readonly object[]): void {
  plane.load([{ name: 'case.json', text: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) }])
}

export function policyObject(policy: RawPolicy): object {
  return { apiVersion: API[String(policy.kind)] ?? API.NetworkPolicy, kind: 'NetworkPolicy', ...policy }
}

function namespaceObject(name: string, labels: Readonly<Record<string, string>>): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }
}

function podObject({ ns, name, labels, ip, ports }: CasePod): object {
  const containerPorts = (ports ?? []).map(({ port, protocol, name: portName }) => ({
    containerPort: port,
    ...(protocol === undefined ? {} : { protocol }),
    ...(portName === undefined ? {} : { name: portName }),
  }))
  // One container a port: the same name may be there twice in a pod, though not in a container.
  const containers =
    containerPorts.length === 0
      ? [{ name: 'c0', image: 'case' }]
      : containerPorts.map((port, i) => ({ name: `c${i}`, image: 'case', ports: [port] }))
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: ns, labels: labels ?? {} },
    spec: { nodeName: 'worker-1', containers },
    status: { phase: 'Running', ...(ip === undefined ? {} : { podIP: ip, podIPs: [{ ip }] }) },
  }
}

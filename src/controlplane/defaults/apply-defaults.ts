import { builtInKind, groupOf } from '../kinds.ts'
import type { EndpointSlice, Endpoints, KubeObject, Namespace, NetworkPolicy } from '../types/index.ts'
import { defaultPod } from './default-pod.ts'
import { defaultService } from './default-service.ts'
import {
  defaultCronJob,
  defaultDaemonSet,
  defaultDeployment,
  defaultJob,
  defaultReplicaSet,
  defaultStatefulSet,
} from './default-workload.ts'

/** `never`: the schema check has assured that an object has the field types of its kind. */
const DEFAULTS: Readonly<Record<string, (object: never) => KubeObject>> = {
  Pod: defaultPod,
  Service: defaultService,
  Namespace: defaultNamespace,
  Deployment: defaultDeployment,
  ReplicaSet: defaultReplicaSet,
  DaemonSet: defaultDaemonSet,
  StatefulSet: defaultStatefulSet,
  Job: defaultJob,
  CronJob: defaultCronJob,
  NetworkPolicy: defaultNetworkPolicy,
  EndpointSlice: defaultEndpointSlice,
  Endpoints: defaultEndpoints,
}

/** The object with the fields that the API server fills in. Given fields stay as they are; doing it twice changes nothing. */
export function applyDefaults(object: KubeObject): KubeObject {
  if (builtInKind(object.kind, groupOf(object.apiVersion)) === undefined) return object
  return DEFAULTS[object.kind]?.(object as never) ?? object
}

function defaultNamespace(namespace: Namespace): Namespace {
  const { metadata } = namespace
  return {
    ...namespace,
    metadata: { ...metadata, labels: { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name } },
    spec: { finalizers: ['kubernetes'], ...namespace.spec },
    status: { phase: 'Active', ...namespace.status },
  }
}

/** Without `policyTypes` a policy is for ingress, and for egress too where it has egress rules. */
function defaultNetworkPolicy(policy: NetworkPolicy): NetworkPolicy {
  const spec = policy.spec ?? { podSelector: {} }
  const rules = <T extends { readonly ports?: NonNullable<NetworkPolicy['spec']['ingress']>[number]['ports'] }>(
    list: readonly T[],
  ) =>
    list.map(rule =>
      rule.ports === undefined
        ? rule
        : { ...rule, ports: rule.ports.map(port => ({ protocol: 'TCP' as const, ...port })) },
    )
  const types = (spec.egress ?? []).length > 0 ? (['Ingress', 'Egress'] as const) : (['Ingress'] as const)
  return {
    ...policy,
    spec: {
      ...spec,
      podSelector: spec.podSelector ?? {},
      policyTypes: spec.policyTypes === undefined || spec.policyTypes.length === 0 ? types : spec.policyTypes,
      ...(spec.ingress === undefined ? {} : { ingress: rules(spec.ingress) }),
      ...(spec.egress === undefined ? {} : { egress: rules(spec.egress) }),
    },
  }
}

function defaultEndpointSlice(slice: EndpointSlice): EndpointSlice {
  const ports = slice.ports?.map(port => ({ name: '', protocol: 'TCP' as const, ...port }))
  return { ...slice, endpoints: slice.endpoints ?? [], ...(ports === undefined ? {} : { ports }) }
}

function defaultEndpoints(endpoints: Endpoints): Endpoints {
  if (endpoints.subsets === undefined) return endpoints
  const subsets = endpoints.subsets.map(subset =>
    subset.ports === undefined
      ? subset
      : { ...subset, ports: subset.ports.map(port => ({ protocol: 'TCP' as const, ...port })) },
  )
  return { ...endpoints, subsets }
}

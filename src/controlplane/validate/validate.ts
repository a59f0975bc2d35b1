import { builtInKind, groupOf } from '../kinds.ts'
import type { AnyClusterPolicy, KubeObject } from '../types/index.ts'
import { checkClusterPolicy } from './check-cluster-policy.ts'
import { checkMeta } from './check-meta.ts'
import { checkEndpointSlice, checkEndpoints, checkIngress, checkNetworkPolicy } from './check-networking.ts'
import { checkPod } from './check-pod.ts'
import { checkService } from './check-service.ts'
import { checkCronJob, checkJob, checkNode, checkWorkload } from './check-workload.ts'
import { Checker } from './checker.ts'
import type { FieldError } from './field-error.ts'

/**
 * What the API server would say against an object that has its defaults and whose field types were checked (`checkSchema`).
 * Source: k8s.io/kubernetes/pkg/apis/…/validation, for the fields that matter here.
 */
export function validate(object: KubeObject): FieldError[] {
  const check = new Checker()
  checkMeta(check, object)
  if (builtInKind(object.kind, groupOf(object.apiVersion)) !== undefined) CHECKS[object.kind]?.(check, object as never)
  else if (isClusterPolicy(object.apiVersion, object.kind)) checkClusterPolicy(check, object as AnyClusterPolicy)
  return check.errors
}

/** Whether this is one of the policies for the whole cluster, whose shape is known though the kind is not built in. */
export function isClusterPolicy(apiVersion: string, kind: string): boolean {
  return groupOf(apiVersion) === 'policy.networking.k8s.io' && CLUSTER_POLICIES.has(kind)
}

const CLUSTER_POLICIES: ReadonlySet<string> = new Set([
  'AdminNetworkPolicy',
  'BaselineAdminNetworkPolicy',
  'ClusterNetworkPolicy',
])

/** `never`: the schema check has assured that an object has the field types of its kind. */
const CHECKS: Readonly<Record<string, (check: Checker, object: never) => void>> = {
  Pod: checkPod,
  Service: checkService,
  Node: checkNode,
  Deployment: checkWorkload,
  ReplicaSet: checkWorkload,
  DaemonSet: checkWorkload,
  StatefulSet: checkWorkload,
  Job: checkJob,
  CronJob: checkCronJob,
  NetworkPolicy: checkNetworkPolicy,
  Ingress: checkIngress,
  EndpointSlice: checkEndpointSlice,
  Endpoints: checkEndpoints,
}

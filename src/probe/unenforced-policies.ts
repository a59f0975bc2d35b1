import type { Cluster } from '../cluster/index.ts'
import { type KubeObject, matchesSelector } from '../controlplane/index.ts'
import type { Pod } from '../controlplane/types/index.ts'
import { type CompiledPolicy, compilePolicy, policyObjects } from '../netpol/index.ts'
import type { Hop } from '../trace/index.ts'

/** Calico's own kinds of policy, which are kept and not read. */
const CALICO_KINDS = ['NetworkPolicy', 'GlobalNetworkPolicy'].flatMap(kind =>
  ['projectcalico.org', 'crd.projectcalico.org'].map(group => `${kind}.${group}`),
)

/**
 * Policies that select a pod at either end of a journey and that its packets do not meet, in words: flannel takes the objects and
 * enforces none; Calico and Canal enforce NetworkPolicies, and no cluster-wide ones.
 */
export function unenforcedPolicies(cluster: Cluster, hops: readonly Hop[]): string[] {
  const { name } = cluster.config.cni
  const ends = new Set([hops[0]?.namespace, hops.at(-1)?.namespace])
  const pods = cluster.snapshot.pods.filter(pod => ends.has(nameOf(pod)))
  const unmet = policyObjects(cluster.snapshot)
    .filter(policy => name === 'flannel' || policy.kind !== 'NetworkPolicy')
    .filter(policy => pods.some(pod => selects(compilePolicy(policy), pod, cluster)))
    .map(
      policy =>
        `${name} enforces no ${policy.kind}: ${objectName(policy)} has no effect on these packets (kubehop why tells what it would do)`,
    )
  const own = CALICO_KINDS.flatMap(table => cluster.snapshot.list(table)).map(
    policy =>
      `the rules of Calico's own ${policy.kind} ${objectName(policy)} are not known here: these packets do not meet them`,
  )
  return [...unmet, ...(pods.length === 0 ? [] : own)]
}

function selects({ namespace, subject }: CompiledPolicy, pod: Pod, cluster: Cluster): boolean {
  const own = pod.metadata.namespace ?? 'default'
  const inNamespace =
    namespace !== undefined
      ? namespace === own
      : matchesSelector(subject.namespaceSelector ?? {}, cluster.snapshot.namespaceLabels(own))
  return inNamespace && matchesSelector(subject.podSelector ?? {}, pod.metadata.labels ?? {})
}

function objectName({ metadata }: KubeObject): string {
  return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`
}

function nameOf(pod: Pod): string {
  return `${pod.metadata.namespace}/${pod.metadata.name}`
}

import type { Cluster } from '../cluster/index.ts'
import { matchesSelector } from '../controlplane/index.ts'
import type { Pod } from '../controlplane/types/index.ts'
import type { Hop } from '../trace/index.ts'

/**
 * NetworkPolicies that select a pod at either end of a journey, in words: flannel takes the objects and enforces none, so the
 * packets do not meet them.
 */
export function unenforcedPolicies(cluster: Cluster, hops: readonly Hop[]): string[] {
  const { networkPolicies } = cluster.snapshot
  if (networkPolicies.length === 0) return []
  const ends = new Set([hops[0]?.namespace, hops.at(-1)?.namespace])
  const pods = cluster.snapshot.pods.filter(pod => ends.has(nameOf(pod)))
  return networkPolicies
    .filter(({ metadata, spec }) =>
      pods.some(
        pod =>
          pod.metadata.namespace === metadata.namespace &&
          matchesSelector(spec.podSelector ?? {}, pod.metadata.labels ?? {}),
      ),
    )
    .map(
      ({ metadata }) =>
        `${cluster.config.cni.name} enforces no NetworkPolicy: ${metadata.namespace}/${metadata.name} has no effect on these packets (kubehop why tells what it would do)`,
    )
}

function nameOf(pod: Pod): string {
  return `${pod.metadata.namespace}/${pod.metadata.name}`
}

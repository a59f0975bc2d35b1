import type { AnyClusterPolicy, NetworkPolicy, Pod } from '../../controlplane/index.ts'
import type { Addr } from '../../wire/addr.ts'
import type { PolicyOptions } from '../options.ts'
import type { PolicySnapshot } from '../policy-snapshot.ts'

/** One end of a connection: a pod, or an address that belongs to no pod. */
export type TrafficEnd = { readonly pod: Pod } | { readonly addr: Addr }

export type PolicyProtocol = 'TCP' | 'UDP' | 'SCTP'

/** A connection as policies see it: after address translation, at the destination's own port. */
export interface Connection {
  readonly from: TrafficEnd
  readonly to: TrafficEnd
  readonly protocol: PolicyProtocol
  /** 1 … 65535. */
  readonly port: number
}

/** What the reference evaluator reads. */
export interface NaiveWorld {
  readonly snapshot: PolicySnapshot
  readonly policies: readonly NetworkPolicy[]
  readonly clusterPolicies: readonly AnyClusterPolicy[]
  readonly options: PolicyOptions
}

export const CLUSTER_POLICY_KINDS = [
  'AdminNetworkPolicy',
  'BaselineAdminNetworkPolicy',
  'ClusterNetworkPolicy',
] as const

export function naiveWorld(snapshot: PolicySnapshot, options: PolicyOptions): NaiveWorld {
  // The store took only objects whose shape was checked for their kind.
  const clusterPolicies = CLUSTER_POLICY_KINDS.flatMap(
    kind => snapshot.list(`${kind}.policy.networking.k8s.io`) as readonly AnyClusterPolicy[],
  )
  return { snapshot, policies: snapshot.networkPolicies, clusterPolicies, options }
}

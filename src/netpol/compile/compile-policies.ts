import type { AnyClusterPolicy, KubeObject, NetworkPolicy } from '../../controlplane/index.ts'
import type { PolicySnapshot } from '../policy-snapshot.ts'
import { compileClusterPolicy } from './compile-cluster-policy.ts'
import { compileNetworkPolicy } from './compile-network-policy.ts'
import type { CompiledPolicy } from './compiled.ts'

/** The tables of a snapshot that hold policies. */
export const POLICY_TABLES = [
  'NetworkPolicy',
  'AdminNetworkPolicy.policy.networking.k8s.io',
  'BaselineAdminNetworkPolicy.policy.networking.k8s.io',
  'ClusterNetworkPolicy.policy.networking.k8s.io',
] as const

/** All policy objects of a snapshot, in the order of its tables. */
export function policyObjects(snapshot: PolicySnapshot): readonly KubeObject[] {
  return POLICY_TABLES.flatMap(table => snapshot.list(table))
}

/** One policy of any kind. The store took only objects whose shape was checked for their kind. */
export function compilePolicy(object: KubeObject): CompiledPolicy {
  return object.kind === 'NetworkPolicy'
    ? compileNetworkPolicy(object as NetworkPolicy)
    : compileClusterPolicy(object as AnyClusterPolicy)
}

import type { CompiledPolicy } from '../../../netpol/index.ts'

/** `NetworkPolicy shop/db`, `ClusterNetworkPolicy deny-all`. */
export function policyRef({ object }: CompiledPolicy): string {
  const { kind, metadata } = object
  return `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`
}

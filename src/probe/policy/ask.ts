import type { Cluster } from '../../cluster/index.ts'
import { PolicyEngine, type PolicyOptions } from '../../netpol/index.ts'
import { type FlowQuery, policyFlows } from './policy-flow.ts'
import { ReachMatrix, type ReachQuery } from './reach-matrix.ts'
import { explainFlow, type Fix, type FlowExplanation, suggestFixes } from './why/index.ts'

/** The reachability matrix of a cluster by its policies; JSON-serialisable as it is. */
export function reach(cluster: Cluster, query: ReachQuery = {}, options: Partial<PolicyOptions> = {}): ReachMatrix {
  return new ReachMatrix(new PolicyEngine(cluster.snapshot, options), query)
}

/**
 * Why policies let FROM reach TO or not, one answer for each endpoint of a Service, with the smallest fixes of a refusal. Throws
 * KH_ENDPOINT.
 */
export function why(
  cluster: Cluster,
  query: FlowQuery,
  options: Partial<PolicyOptions> = {},
): readonly (FlowExplanation & { readonly fixes: readonly Fix[] })[] {
  const engine = new PolicyEngine(cluster.snapshot, options)
  return policyFlows(cluster, engine, query).map(flow => {
    const explanation = explainFlow(engine, flow)
    return { ...explanation, fixes: suggestFixes(engine, explanation) }
  })
}

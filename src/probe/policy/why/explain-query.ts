import type { Cluster } from '../../../cluster/index.ts'
import type { PolicyEngine } from '../../../netpol/index.ts'
import { type FlowQuery, policyFlows } from '../policy-flow.ts'
import { explainFlow, type FlowExplanation } from './explain-flow.ts'
import { type Fix, suggestFixes } from './suggest-fixes.ts'

/** All flows that FROM and TO stand for, and the one that is worth telling: the first denied one, else the first. */
export interface QueryExplanation {
  readonly flows: number
  readonly denied: number
  readonly shown: FlowExplanation
  readonly fixes: readonly Fix[]
}

/** Why policies let FROM reach TO or not. Throws KH_ENDPOINT. */
export function explainQuery(cluster: Cluster, engine: PolicyEngine, query: FlowQuery): QueryExplanation {
  const explained = policyFlows(cluster, engine, query).map(flow => explainFlow(engine, flow))
  const shown = explained.find(one => !one.allowed) ?? explained[0]
  if (shown === undefined) throw new Error('FROM and TO stand for at least one flow')
  return {
    flows: explained.length,
    denied: explained.filter(one => !one.allowed).length,
    shown,
    fixes: suggestFixes(engine, shown),
  }
}

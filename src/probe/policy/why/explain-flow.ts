import type { PolicyEngine } from '../../../netpol/index.ts'
import { type DirectionExplanation, explainDirection } from './explain-direction.ts'
import type { Flow } from './rule-misses.ts'

export interface FlowExplanation {
  readonly flow: Flow
  readonly allowed: boolean
  /** A pod and itself, or its own node: policies are not asked. */
  readonly exception: 'self' | 'own-node' | undefined
  readonly egress: DirectionExplanation
  readonly ingress: DirectionExplanation
}

/** Why policies allow a flow or not. */
export function explainFlow(engine: PolicyEngine, flow: Flow): FlowExplanation {
  const { from, to } = flow
  const egress = explainDirection(engine, 'egress', flow)
  const ingress = explainDirection(engine, 'ingress', flow)
  const self = 'pod' in from && 'pod' in to && from.pod === to.pod
  const exception = self ? 'self' : engine.isException(from, to) ? 'own-node' : undefined
  return { flow, allowed: exception !== undefined || (egress.allowed && ingress.allowed), exception, egress, ingress }
}

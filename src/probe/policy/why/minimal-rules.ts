import type { RuleName } from './explain-direction.ts'
import type { FlowExplanation } from './explain-flow.ts'

/** What keeps a flow open: one rule of each list is enough, and all rules of one list would have to go to close it. */
export interface KeepingRules {
  readonly egress: readonly RuleName[]
  readonly ingress: readonly RuleName[]
}

/** The rules that each, alone, keep an isolated side open. Empty where nothing isolates the side. */
export function keepingRules(explanation: FlowExplanation): KeepingRules {
  const of = (side: FlowExplanation['egress']): readonly RuleName[] =>
    side.decided === undefined || !side.allowed
      ? []
      : side.matching.filter(one => one.policy.tier === side.decided?.policy.tier)
  return { egress: of(explanation.egress), ingress: of(explanation.ingress) }
}

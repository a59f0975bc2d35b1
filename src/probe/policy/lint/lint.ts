import type { Snapshot } from '../../../controlplane/index.ts'
import type { PolicyEngine } from '../../../netpol/index.ts'
import { parsePrefix } from '../../../wire/prefix.ts'
import { BLOCK_RULES } from './block-rules.ts'
import { ISOLATION_RULES } from './isolation-rules.ts'
import type { LintContext, LintFinding, LintRule } from './lint-rule.ts'
import { OVERLAP_RULES } from './overlap-rules.ts'
import { PORT_RULES } from './port-rules.ts'
import { SELECTOR_RULES } from './selector-rules.ts'

/** All rules, by id. */
export const LINT_RULES: readonly LintRule[] = [
  ...SELECTOR_RULES,
  ...PORT_RULES,
  ...BLOCK_RULES,
  ...ISOLATION_RULES,
  ...OVERLAP_RULES,
].sort((a, b) => (a.id < b.id ? -1 : 1))

/** What the rules find, in the order of the rules. `podSubnets`: the ranges of the pods. */
export function lintPolicies(
  engine: PolicyEngine,
  services: Snapshot['services'],
  podSubnets: readonly string[],
  rules: readonly LintRule[] = LINT_RULES,
): readonly (LintFinding & { readonly rule: LintRule })[] {
  const context: LintContext = {
    engine,
    pods: [...engine.pods()],
    services,
    podSubnets: podSubnets.map(parsePrefix),
  }
  return rules.flatMap(rule => [...rule.check(context)].map(finding => ({ ...finding, rule })))
}

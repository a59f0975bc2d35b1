export { LINT_RULES, lintPolicies } from './lint.ts'
export type { LintFinding, LintRule } from './lint-rule.ts'

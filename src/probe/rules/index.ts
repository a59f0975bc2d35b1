export { type ChainView, RULE_KINDS, type RuleKind, type RuleView } from './chain-view.ts'
export { listChains } from './list-chains.ts'

export { type Proof, provePolicies } from './prove-policies.ts'
export { type FlowLine, readFlows } from './read-flows.ts'
export { synthesizePolicies } from './synthesize-policies.ts'

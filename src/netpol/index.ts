export { naiveAllowed } from './naive/naive-allowed.ts'
export { type Connection, type NaiveWorld, naiveWorld, type PolicyProtocol, type TrafficEnd } from './naive/world.ts'
export { DEFAULT_POLICY_OPTIONS, POLICY_PROFILES, type PolicyOptions, type PolicyProfile } from './options.ts'
export { isHostNetwork, podAddress, takesPart } from './pod-state.ts'

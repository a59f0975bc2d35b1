export type { Cause } from './attribute.ts'
export { type DiffEntry, policyDiff } from './policy-diff.ts'

export type { Cause } from './attribute.ts'
export { type ObjectChanges, objectChanges } from './object-changes.ts'
export { type DiffEntry, policyDiff } from './policy-diff.ts'

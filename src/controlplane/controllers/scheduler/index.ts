export { matchesNode } from './node-affinity.ts'
export { scheduler } from './scheduler.ts'
export { untoleratedTaint } from './taints.ts'

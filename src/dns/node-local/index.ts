export { isNodeCache, type NodeCache, nodeCacheOf } from './node-cache.ts'
export { nodeCacheCorefile } from './node-cache-corefile.ts'
export { type NodeCachePlan, nodeCacheOn, planNodeCache } from './plan-node-cache.ts'

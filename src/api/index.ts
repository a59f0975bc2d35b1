export { Machine, type RouteTable } from './machine.ts'
export * from './operations/index.ts'
export * from './session/index.ts'
export {
  type ObjectInput,
  type ResolveRequest,
  SimulatedCluster,
  type SimulatedClusterInput,
  type TraceRequest,
} from './simulated-cluster.ts'

export { Machine, type RouteTable } from './machine.ts'
export {
  type ObjectInput,
  type ResolveRequest,
  SimulatedCluster,
  type SimulatedClusterInput,
  type TraceRequest,
} from './simulated-cluster.ts'

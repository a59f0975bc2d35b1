export { Machine, type RouteTable } from './machine.ts'
export { SimulatedCluster, type SimulatedClusterInput, type TraceRequest } from './simulated-cluster.ts'

import { type ObjectInput, SimulatedCluster } from './api/index.ts'
import { readInputs, readText } from './cli/read-inputs.ts'
import { type ClusterConfig, DEFAULT_CLUSTER, readConfig } from './cluster/index.ts'
import type { ManifestInput } from './controlplane/index.ts'

export {
  callOperation,
  Machine,
  type ObjectInput,
  OPERATIONS,
  type Operation,
  type OperationInput,
  type OperationName,
  type OperationOutput,
  type ResolveRequest,
  type RouteTable,
  Session,
  type SessionEvent,
  type SessionInput,
  type SessionRevision,
  SimulatedCluster,
  type TraceRequest,
} from './api/index.ts'
export type { ClusterConfig } from './cluster/index.ts'
export type { ManifestInput } from './controlplane/index.ts'
export type { KubeObject } from './controlplane/types/index.ts'
export { ERRORS, type ErrorCode, KubehopError, type Place } from './errors.ts'
export { POLICY_PROFILES, PolicyEngine, type PolicyOptions } from './netpol/index.ts'
export type {
  FlowQuery,
  PacketCell,
  PacketReachQuery,
  ReachMatrix,
  ReachQuery,
  Resolution,
} from './probe/index.ts'
export { renderTrace, type Style, type TextOptions } from './report/index.ts'
export * from './trace/trace.ts'

export interface LoadOptions {
  /** Files and folders of manifests. */
  readonly paths?: readonly string[]
  /** Also read the folders inside a folder. */
  readonly recursive?: boolean
  readonly inputs?: readonly ManifestInput[]
  readonly objects?: readonly ObjectInput[]
  /** The cluster's shape: the path of a `kind: Cluster` file, or what such a file says as an object. */
  readonly config?: string | { readonly spec: object; readonly [field: string]: unknown }
  /** Of names that controllers draw, and of traces that name none. Default 1. */
  readonly seed?: number
}

/**
 * Reads manifests and runs the controllers until the cluster rests. Throws KubehopError: KH_IO, KH_YAML, KH_MANIFEST, KH_CONFIG,
 * KH_CIDR_EXHAUSTED, KH_LIMIT.
 */
export async function loadCluster(options: LoadOptions): Promise<SimulatedCluster> {
  const { paths = [], recursive = false, inputs = [], objects = [], seed = 1 } = options
  const config = await shapeOf(options.config)
  return SimulatedCluster.load({ inputs: [...(await readInputs(paths, recursive)), ...inputs], objects, config, seed })
}

async function shapeOf(config: LoadOptions['config']): Promise<ClusterConfig> {
  if (config === undefined) return DEFAULT_CLUSTER
  if (typeof config === 'string') return readConfig(config, await readText(config))
  return readConfig('(config)', JSON.stringify({ apiVersion: 'kubehop.dev/v1alpha1', kind: 'Cluster', ...config }))
}

import { Cluster, type ClusterConfig } from '../cluster/index.ts'
import type { ManifestInput } from '../controlplane/index.ts'
import type { Snapshot } from '../controlplane/snapshot.ts'
import type { KubeObject } from '../controlplane/types/index.ts'
import { KubehopError } from '../errors.ts'
import type { PolicyOptions } from '../netpol/index.ts'
import {
  exploreTrace,
  type FlowQuery,
  machineOf,
  type PacketCell,
  type PacketReachQuery,
  packetReach,
  type ReachMatrix,
  type ReachQuery,
  type Resolution,
  reach,
  record,
  resolve,
  type TraceQuery,
  trace,
  why,
} from '../probe/index.ts'
import { traceToPcapng } from '../report/index.ts'
import type { Trace } from '../trace/index.ts'
import { Machine } from './machine.ts'

/** An object of the Kubernetes API, typed or written by hand. */
export type ObjectInput = KubeObject | (KubeObject & { readonly [field: string]: unknown })

export interface SimulatedClusterInput {
  /** Manifests as text, with the names by which messages call them. */
  readonly inputs?: readonly ManifestInput[]
  readonly objects?: readonly ObjectInput[]
  readonly config?: ClusterConfig
  /** Of names that controllers draw, and of traces that name none. Default 1. */
  readonly seed?: number
}

/** What is sent, from where to where, and how the walk is made. */
export interface TraceRequest extends TraceQuery {
  /** Of the one source of chance; default that of the cluster. */
  readonly seed?: number
  /** Also record rules that were looked at and missed. */
  readonly misses?: boolean
}

/** One lookup: who asks for which name, and which records. */
export interface ResolveRequest {
  /** As FROM of a trace. */
  readonly from: string
  readonly name: string
  /** `A`, `AAAA`, `SRV`, …; left out: what a program asks for (A and AAAA, PTR for an address). */
  readonly type?: string
  readonly namespace?: string
  /** `glibc`, `musl`, `go`, `dig`, …; left out: what the pod's image says. */
  readonly resolver?: string
  readonly seed?: number
}

/** A cluster to ask. Questions leave no trace in it: each is asked of machines in their first state. */
export class SimulatedCluster {
  readonly #cluster: Cluster

  private constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** Loads objects and runs the controllers to rest. Throws KH_YAML, KH_MANIFEST, KH_CONFIG, KH_CIDR_EXHAUSTED, KH_LIMIT. */
  static load(input: SimulatedClusterInput): SimulatedCluster {
    return new SimulatedCluster(Cluster.load(input))
  }

  /** What is odd about the input and no error. */
  get warnings(): readonly string[] {
    return this.#cluster.warnings
  }

  /** The objects, settled. */
  get snapshot(): Snapshot {
    return this.#cluster.snapshot
  }

  /** One walk, drawn with the seed. Throws KH_ENDPOINT when FROM or TO names nothing. */
  trace(request: TraceRequest): Trace {
    return trace(this.#cluster, request, this.#options(request))
  }

  /** Every branch of every random choice; the probabilities of `branches` sum to exactly 1. `limit`: branches at most, default 1024. */
  explore(request: TraceRequest & { readonly limit?: number }): Trace {
    const { limit } = request
    return exploreTrace(this.#cluster, request, {
      ...this.#options(request),
      ...(limit === undefined ? {} : { limit }),
    })
  }

  /** The packets of one walk as a pcapng file, with the rules they met as comments. */
  capture(request: TraceRequest): Uint8Array {
    return traceToPcapng(record(this.#cluster, request, this.#options(request)))
  }

  /** What a pod's resolver asks for a name, in order, through the simulated network, and what DNS answers. Throws KH_ENDPOINT. */
  resolve(request: ResolveRequest): Resolution {
    const { type, seed = this.#cluster.seed, ...query } = request
    return resolve(this.#cluster, { ...query, ...(type === undefined ? {} : { types: [type] }) }, { seed })
  }

  /** Who can reach whom by policy; `protocol` and `port` narrow it to one. */
  reach(query: ReachQuery = {}, options: Partial<PolicyOptions> = {}): ReachMatrix {
    return reach(this.#cluster, query, options)
  }

  /**
   * Sends a real packet for every pair of pods, through the rules of the network plugin, and holds what became of it against what policies
   * say: cells that differ have the reason.
   */
  packetReach(query: PacketReachQuery = {}, options: Partial<PolicyOptions> = {}): readonly PacketCell[] {
    return [...packetReach(this.#cluster, { seed: this.#cluster.seed, ...query }, options)]
  }

  /** Why policies let FROM reach TO or not, with the smallest fixes of a refusal. Throws KH_ENDPOINT. */
  why(query: FlowQuery, options: Partial<PolicyOptions> = {}): ReturnType<typeof why> {
    return why(this.#cluster, query, options)
  }

  /** A node in its first state. Throws KH_ENDPOINT when there is none of that name. */
  node(name: string): Machine {
    return new Machine(machineOf(this.#cluster, this.#cluster.lab(), { text: `node/${name}`, namespace: 'default' }))
  }

  /** A pod in its first state: `NAME` or `NAMESPACE/NAME`. Throws KH_ENDPOINT. */
  pod(name: string): Machine {
    const text = name.includes('/') ? name : `pod/${name}`
    return new Machine(machineOf(this.#cluster, this.#cluster.lab(), { text, namespace: 'default' }))
  }

  /** A copy that can be changed without touching this one; it shares what does not change. */
  fork(): SimulatedCluster {
    return new SimulatedCluster(this.#cluster.fork())
  }

  /** Applies objects on top (by kind, namespace and name) and settles again. Returns this cluster. */
  apply(objects: ObjectInput | readonly ObjectInput[]): this {
    const list = Array.isArray(objects) ? (objects as readonly ObjectInput[]) : [objects as ObjectInput]
    if (list.some(object => typeof object !== 'object' || object === null)) {
      throw new KubehopError('KH_MANIFEST', 'apply takes objects with apiVersion, kind and metadata')
    }
    this.#cluster.apply(list)
    return this
  }

  #options({ seed = this.#cluster.seed, misses = false }: TraceRequest) {
    return { seed, misses }
  }
}

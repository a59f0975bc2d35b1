import { Cluster, type ClusterEdit, type ClusterInput, type ProxyModeName, withProxyMode } from '../../cluster/index.ts'
import { KubehopError } from '../../errors.ts'
import { PolicyEngine, type PolicyOptions } from '../../netpol/index.ts'

/** A state of the cluster that was looked at. */
export interface SessionRevision {
  /** Counts from 1. */
  readonly revision: number
  /** What made it: `loaded`, `edited netpol.yaml`, … */
  readonly label: string
  readonly cluster: Cluster
}

/** What happens in a session, for those who watch it. */
export type SessionEvent =
  | { readonly type: 'revision'; readonly revision: number; readonly label: string }
  /** Something new was refused; the old stays. */
  | { readonly type: 'problem'; readonly code: string; readonly message: string }
  | {
      readonly type: 'trace'
      readonly revision: number
      readonly from: string
      readonly to: string
      readonly disposition: string
    }

/** All that a session starts from. Plain JSON: a page without a server is handed this. */
export interface SessionInput extends ClusterInput {
  /** Of the first revision; default `loaded`. */
  readonly label?: string
}

/** So many revisions are kept; the oldest go first. */
const MAX_REVISIONS = 64
/** Clusters with another proxy mode, and policy engines, that are kept of one revision. */
const MAX_KEPT = 8

/** A cluster with its past: what operations are called on. */
export class Session {
  readonly #revisions: SessionRevision[] = []
  readonly #listeners = new Set<(event: SessionEvent) => void>()
  /** What was made of a revision, by revision and what it is. */
  readonly #made = new Map<Cluster, Map<string, unknown>>()
  #last = 0

  constructor(cluster: Cluster, label = 'loaded') {
    this.#keep(cluster, label)
  }

  /** Loads objects and runs the controllers to rest. Throws as `Cluster.load`. */
  static load({ label, ...input }: SessionInput): Session {
    return new Session(Cluster.load(input), label)
  }

  get current(): SessionRevision {
    const last = this.#revisions.at(-1)
    if (last === undefined) throw new Error('a session always has a revision')
    return last
  }

  /** Oldest first. */
  get revisions(): readonly SessionRevision[] {
    return this.#revisions
  }

  /** A revision; left out: the current one. Throws KH_NOT_FOUND when it is not kept. */
  at(revision?: number): SessionRevision {
    const found = revision === undefined ? this.current : this.#revisions.find(one => one.revision === revision)
    if (found !== undefined) return found
    const first = this.#revisions[0]?.revision ?? 1
    throw new KubehopError(
      'KH_NOT_FOUND',
      `there is no revision ${revision}; kept are ${first} to ${this.current.revision}`,
    )
  }

  /** The cluster of a revision, with kube-proxy in another mode when one is named. Throws KH_NOT_FOUND, KH_USAGE. */
  cluster(revision?: number, proxyMode?: ProxyModeName): Cluster {
    const { cluster } = this.at(revision)
    if (proxyMode === undefined) return cluster
    return this.#remember(cluster, `proxy ${proxyMode}`, () => cluster.fork(withProxyMode(cluster.config, proxyMode)))
  }

  /** The policies of a revision, compiled. Throws KH_NOT_FOUND. */
  engine(options: PolicyOptions, revision?: number): PolicyEngine {
    const { cluster } = this.at(revision)
    return this.#remember(
      cluster,
      `policies ${JSON.stringify(options)}`,
      () => new PolicyEngine(cluster.snapshot, options),
    )
  }

  /** Makes a changed cluster the current one. */
  add(cluster: Cluster, label: string): SessionRevision {
    const kept = this.#keep(cluster, label)
    this.tell({ type: 'revision', revision: kept.revision, label })
    return kept
  }

  /** Applies an edit to a revision and keeps the result as the current one. Nothing changes when it throws. */
  edit(edit: ClusterEdit, label: string, revision?: number): SessionRevision {
    return this.add(this.at(revision).cluster.fork().edit(edit), label)
  }

  /** Calls `listener` with every event from now on, until the function that is returned is called. */
  subscribe(listener: (event: SessionEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  tell(event: SessionEvent): void {
    for (const listener of [...this.#listeners]) listener(event)
  }

  #keep(cluster: Cluster, label: string): SessionRevision {
    const kept = { revision: ++this.#last, label, cluster }
    this.#revisions.push(kept)
    while (this.#revisions.length > MAX_REVISIONS) {
      const gone = this.#revisions.shift()
      if (gone !== undefined) this.#made.delete(gone.cluster)
    }
    return kept
  }

  #remember<T>(cluster: Cluster, what: string, make: () => T): T {
    const own = this.#made.get(cluster) ?? new Map<string, unknown>()
    this.#made.set(cluster, own)
    // The key says the type: it begins with the name of what is kept.
    const known = own.get(what) as T | undefined
    const value = known ?? make()
    own.delete(what)
    own.set(what, value)
    const [oldest] = own.keys()
    if (own.size > MAX_KEPT && oldest !== undefined) own.delete(oldest)
    return value
  }
}

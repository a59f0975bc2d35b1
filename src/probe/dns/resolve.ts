import type { Cluster } from '../../cluster/index.ts'
import { SeededChance } from '../../netns/index.ts'
import { Lookup } from './lookup.ts'
import type { Resolution } from './resolution.ts'

export interface ResolveQuery {
  /** A pod, node or machine outside, as FROM of a trace. */
  readonly from: string
  readonly name: string
  /** Default A and AAAA, or PTR for an address. */
  readonly types?: readonly string[]
  readonly namespace?: string
  /** `glibc`, `musl`, `go`, `dig` …; left out: what the pod's image says. */
  readonly resolver?: string
}

export interface ResolveOptions {
  readonly seed?: number
  /** Also record the way of every query's packets. */
  readonly traces?: boolean
  readonly misses?: boolean
  /** Ask so many times, one after the other, and tell of the last: caches have been filled by the others. Default 1. */
  readonly count?: number
}

/** Looks a name up as a program there would: every query a packet. Throws KH_ENDPOINT, KH_USAGE, KH_DNS, KH_COREFILE. */
export function resolve(cluster: Cluster, query: ResolveQuery, options: ResolveOptions = {}): Resolution {
  const resolution = run(cluster, query, options)
  if (resolution.disposition !== 'REJECTED' || options.traces === true) return resolution
  // Who rejected it is seen on the way only: the same walk again.
  return { ...resolution, disposition: run(cluster, query, { ...options, traces: true }).disposition }
}

function run(cluster: Cluster, query: ResolveQuery, options: ResolveOptions): Resolution {
  const lookup = new Lookup(cluster, cluster.lab(new SeededChance(options.seed ?? 1)), query, options)
  for (let i = 1; i < (options.count ?? 1); i++) lookup.run()
  return lookup.run()
}

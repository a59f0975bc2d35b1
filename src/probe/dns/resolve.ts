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
  if (options.traces === true || resolution.queries.every(({ outcome }) => !isLost(outcome))) return resolution
  // What became of a packet is seen on its way only: the same walk again.
  const walked = run(cluster, query, { ...options, traces: true })
  return { ...walked, queries: walked.queries.map(({ trace: _, ...told }) => told) }
}

/** No answer came. */
function isLost(outcome: string): boolean {
  return outcome === 'timeout' || /^E[A-Z]+$/.test(outcome)
}

function run(cluster: Cluster, query: ResolveQuery, options: ResolveOptions): Resolution {
  const lookup = new Lookup(cluster, cluster.lab(new SeededChance(options.seed ?? 1)), query, options)
  for (let i = 1; i < (options.count ?? 1); i++) lookup.run()
  return lookup.run()
}

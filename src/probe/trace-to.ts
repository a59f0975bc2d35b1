import type { Cluster } from '../cluster/index.ts'
import type { Disposition, Trace } from '../trace/index.ts'
import { nameTarget, type Resolution, resolve } from './dns/index.ts'
import type { TraceQuery } from './query.ts'
import { exploreTrace, type TraceOptions, trace } from './trace-query.ts'

/** An exchange, and the lookup before it when TO is a DNS name. Without an address there is no exchange. */
export interface TracedWay {
  readonly disposition: Disposition
  readonly trace?: Trace
  readonly lookup?: Resolution
}

/**
 * One walk, or with `all` every branch; TO may also be a DNS name with a port: then the lookups come first, and the exchange goes to the
 * first address that they gave. `traces`: the lookup has the way of every query. Throws KH_ENDPOINT and what `resolve` throws.
 */
export function traceTo(
  cluster: Cluster,
  query: TraceQuery,
  options: TraceOptions & { readonly all?: boolean; readonly traces?: boolean } = {},
): TracedWay {
  const { all = false, traces = true, ...settings } = options
  const walk = all ? exploreTrace : trace
  const name = nameTarget(query.to, query.port)
  if (name === undefined) {
    const walked = walk(cluster, query, settings)
    return { disposition: walked.disposition, trace: walked }
  }
  const { from, namespace = 'default' } = query
  const lookup = resolve(cluster, { from, name: name.name, namespace }, { ...settings, traces })
  const [address] = lookup.addresses
  if (address === undefined) return { disposition: lookup.disposition, lookup }
  // The port stands behind the name now.
  const { port: _, ...rest } = query
  const to = address.includes(':') ? `[${address}]:${name.port}` : `${address}:${name.port}`
  const walked = walk(cluster, { ...rest, to }, settings)
  return { disposition: walked.disposition, trace: walked, lookup }
}

import type { StubResult } from '../../dns/index.ts'
import type { Disposition } from '../../trace/index.ts'
import type { ResolvedQuery } from './resolution.ts'

/** How a lookup ended, from what the program is told and what its queries saw. */
export function lookupDisposition(error: StubResult['error'], queries: readonly ResolvedQuery[]): Disposition {
  if (error === undefined) return 'DELIVERED'
  if (error === 'NXDOMAIN') return 'DNS_NXDOMAIN'
  if (error === 'EAI_NODATA' || error === 'EAI_NONAME') return 'DNS_NODATA'
  if (queries.every(query => query.outcome === 'timeout')) return 'DNS_TIMEOUT'
  if (queries.some(query => query.outcome === 'ECONNREFUSED'))
    return queries.at(-1)?.trace?.disposition === 'NO_ENDPOINTS' ? 'NO_ENDPOINTS' : 'REJECTED'
  return queries.some(query => query.outcome === 'SERVFAIL') ? 'DNS_SERVFAIL' : 'DNS_TIMEOUT'
}

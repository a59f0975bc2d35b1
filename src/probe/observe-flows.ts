import type { Cluster } from '../cluster/index.ts'
import type { TraceQuery } from './query.ts'
import { trace } from './trace-query.ts'

/** Who answered how many of several flows. */
export interface ObservedFlows {
  /** By the address and port that the last packet was for: `10.244.1.3:80`. */
  readonly reached: ReadonlyMap<string, number>
  /** By disposition. */
  readonly failed: ReadonlyMap<string, number>
}

/** Sends `flows` single exchanges, each through machines in their first state and with a seed of its own from `seed` on. */
export function observeFlows(cluster: Cluster, query: TraceQuery, flows: number, seed: number): ObservedFlows {
  const reached = new Map<string, number>()
  const failed = new Map<string, number>()
  for (let i = 0; i < flows; i++) {
    const walked = trace(cluster, query, { seed: (seed + i) % 2 ** 32 })
    const packet = walked.hops.at(-1)?.packetOut
    const delivered = walked.disposition === 'DELIVERED' && packet !== undefined
    const key = delivered ? endpointText(packet.dst, packet.dport ?? 0) : walked.disposition
    const counts = delivered ? reached : failed
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return { reached, failed }
}

function endpointText(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`
}

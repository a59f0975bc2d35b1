import type { Cluster } from '../../cluster/index.ts'
import type { PolicyOptions } from '../../netpol/index.ts'
import { type PacketCell, type PacketReachQuery, packetReach } from './packet-reach.ts'

/** A question that packets of different network plugins answer differently. */
export interface ProfileCell {
  readonly from: string
  readonly to: string
  readonly protocol: string
  readonly port: number
  readonly policy: 'allowed' | 'denied'
  /** By profile; a profile where a pod has no address is left out. */
  readonly packets: Readonly<Record<string, 'allowed' | 'denied'>>
  /** Why one of them differs from the policies. */
  readonly reasons: Readonly<Record<string, string>>
}

export interface ProfileComparison {
  readonly questions: number
  readonly cells: readonly ProfileCell[]
}

/** Asks the same questions of the same objects on several network plugins. */
export function compareProfiles(
  profiles: ReadonlyMap<string, Cluster>,
  query: PacketReachQuery,
  options: Partial<PolicyOptions> = {},
): ProfileComparison {
  const found = new Map<string, Map<string, PacketCell>>()
  for (const [profile, cluster] of profiles) {
    for (const cell of packetReach(cluster, query, options)) {
      const key = `${cell.from}\0${cell.to}\0${cell.port}`
      const cells = found.get(key) ?? new Map<string, PacketCell>()
      cells.set(profile, cell)
      found.set(key, cells)
    }
  }
  const cells = [...found.values()].flatMap(byProfile => {
    const [first] = byProfile.values()
    if (first === undefined || [...byProfile.values()].every(({ packets }) => packets === first.packets)) return []
    const { from, to, protocol, port, policy } = first
    const packets = Object.fromEntries([...byProfile].map(([profile, cell]) => [profile, cell.packets]))
    const reasons = Object.fromEntries(
      [...byProfile].flatMap(([profile, { difference }]) =>
        difference === undefined ? [] : [[profile, difference.text]],
      ),
    )
    return [{ from, to, protocol, port, policy, packets, reasons }]
  })
  return { questions: found.size, cells }
}

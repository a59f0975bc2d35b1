import type { Skb } from '../../model/skb.ts'
import type { RealServer } from '../real-server.ts'
import type { VirtualService } from '../virtual-service.ts'

export const SCHEDULER_NAMES = ['rr', 'wrr', 'lc', 'wlc', 'sh', 'dh', 'sed', 'nq', 'mh'] as const
export type SchedulerName = (typeof SCHEDULER_NAMES)[number]

/** Chooses a server for a new connection (struct ip_vs_scheduler). It belongs to one service and remembers what it needs. */
export interface Scheduler {
  /** Null: there is none that takes connections. */
  schedule(service: VirtualService, skb: Skb): RealServer | null
  /** Servers came, went or got another weight. */
  update(service: VirtualService): void
}

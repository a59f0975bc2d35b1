import type { RealServer } from '../real-server.ts'
import type { VirtualService } from '../virtual-service.ts'
import type { Scheduler } from './scheduler.ts'

/** Work that a server has; the least, divided by its weight, is chosen, and of equal ones the first in the list. */
type Overhead = (server: RealServer) => number

const connections: Overhead = server => server.active * 256 + server.inactive
/** As if it had the new connection already. */
const expected: Overhead = server => server.active + 1

/**
 * lc (ip_vs_lc.c), wlc (ip_vs_wlc.c), sed (ip_vs_sed.c), nq (ip_vs_nq.c): the least loaded server. An active connection counts
 * as much as 256 inactive ones.
 */
export class Least implements Scheduler {
  readonly #overhead: Overhead
  readonly #weighted: boolean
  /** nq: a server with nothing to do comes first. */
  readonly #neverQueue: boolean

  constructor(name: 'lc' | 'wlc' | 'sed' | 'nq') {
    this.#overhead = name === 'lc' || name === 'wlc' ? connections : expected
    this.#weighted = name !== 'lc'
    this.#neverQueue = name === 'nq'
  }

  schedule(service: VirtualService): RealServer | null {
    let best: RealServer | null = null
    let bestOverhead = 0
    for (const server of service.servers) {
      if (server.weight <= 0) continue
      if (this.#neverQueue && server.active === 0) return server
      const overhead = this.#overhead(server)
      const better =
        best === null ||
        (this.#weighted ? bestOverhead * server.weight > overhead * best.weight : overhead < bestOverhead)
      if (better) {
        best = server
        bestOverhead = overhead
      }
    }
    return best
  }

  update(): void {}
}

import type { RealServer } from '../real-server.ts'
import type { VirtualService } from '../virtual-service.ts'
import type { Scheduler } from './scheduler.ts'

/** rr: the server after the one that was chosen last, in the order of the list (ip_vs_rr.c). */
export class RoundRobin implements Scheduler {
  #last: RealServer | null = null
  /** Where it stood, for when it goes. */
  #index = -1

  schedule(service: VirtualService): RealServer | null {
    const { servers } = service
    const n = servers.length
    for (let step = 1; step <= n; step++) {
      const at = (this.#index + step) % n
      const server = servers[at]
      if (server !== undefined && server.weight > 0) {
        this.#last = server
        this.#index = at
        return server
      }
    }
    return null
  }

  /** A server that goes hands its place to the one before it (ip_vs_rr_del_dest). */
  update(service: VirtualService): void {
    if (this.#last === null) return
    const at = service.servers.indexOf(this.#last)
    this.#index = at >= 0 ? at : Math.min(this.#index, service.servers.length) - 1
    this.#last = service.servers[this.#index] ?? null
  }
}

import type { RealServer } from '../real-server.ts'
import type { VirtualService } from '../virtual-service.ts'
import type { Scheduler } from './scheduler.ts'

/** wrr: in each round the servers whose weight reaches a mark that falls by the weights' common divisor (ip_vs_wrr.c). */
export class WeightedRoundRobin implements Scheduler {
  #at = -1
  /** The mark. */
  #current = 0
  #step = 1
  #greatest = 0

  schedule(service: VirtualService): RealServer | null {
    if (this.#greatest === 0) return null
    const { servers } = service
    // Each turn of the list lowers the mark; weights are at most 65535, and after one cycle of marks everybody was asked.
    for (;;) {
      while (++this.#at < servers.length) {
        const server = servers[this.#at]
        if (server !== undefined && server.weight > 0 && server.weight >= this.#current) return server
      }
      this.#at = -1
      this.#current -= this.#step
      if (this.#current <= 0) this.#current = this.#greatest
    }
  }

  update(service: VirtualService): void {
    let divisor = 0
    let greatest = 0
    for (const { weight } of service.servers) {
      if (weight <= 0) continue
      divisor = gcd(weight, divisor)
      greatest = Math.max(greatest, weight)
    }
    this.#step = Math.max(1, divisor)
    this.#greatest = greatest === 0 ? 0 : greatest - (this.#step - 1)
    if (this.#at >= service.servers.length) this.#at = -1
    if (this.#current > this.#greatest || this.#current === 0) this.#current = this.#greatest
  }
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b)
}

import type { Skb } from '../../model/skb.ts'
import type { RealServer } from '../real-server.ts'
import type { VirtualService } from '../virtual-service.ts'
import { fold } from './hash.ts'
import type { Scheduler } from './scheduler.ts'
import { hsiphash32 } from './siphash.ts'

/** Size of the lookup table with CONFIG_IP_VS_MH_TAB_INDEX 12, the default: a prime. */
const SIZE = 4093
const KEY1 = 2654435761
const KEY2 = 2654446892

/** mh: Google's Maglev hashing of the source address and, with `mh-port`, the source port (ip_vs_mh.c). */
export class Maglev implements Scheduler {
  #places: readonly (RealServer | undefined)[] = []

  schedule(service: VirtualService, skb: Skb): RealServer | null {
    const port = service.hashesPort ? skb.sport : 0
    const server = this.#places[hsiphash32((port + fold(skb.src)) >>> 0, KEY1) % SIZE]
    return server !== undefined && server.weight > 0 ? server : null
  }

  /** Each server walks the table in its own permutation and takes the first free place, as often in a turn as it weighs. */
  update(service: VirtualService): void {
    const { servers } = service
    const divisor = servers.reduce((g, { weight }) => (weight > 0 ? gcd(weight, g) : g), 0) || 1
    const walks = servers.map(server => {
      const name = (server.port + fold(server.addr)) >>> 0
      const skip = (hsiphash32(name, KEY2) % (SIZE - 1)) + 1
      return { server, next: hsiphash32(name, KEY1) % SIZE, skip, turns: Math.floor(server.weight / divisor) }
    })
    const places = new Array<RealServer | undefined>(SIZE)
    let filled = 0
    if (walks.some(({ turns }) => turns > 0)) {
      while (filled < SIZE) {
        for (const walk of walks) {
          for (let turn = 0; turn < walk.turns && filled < SIZE; turn++) {
            while (places[walk.next] !== undefined) walk.next = (walk.next + walk.skip) % SIZE
            places[walk.next] = walk.server
            walk.next = (walk.next + walk.skip) % SIZE
            filled++
          }
        }
      }
    }
    this.#places = places
  }
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b)
}

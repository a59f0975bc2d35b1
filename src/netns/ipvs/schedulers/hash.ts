import { type Addr, isV6, v6Word } from '../../../wire/addr.ts'
import type { Skb } from '../../model/skb.ts'
import type { RealServer } from '../real-server.ts'
import type { VirtualService } from '../virtual-service.ts'
import type { Scheduler } from './scheduler.ts'

/** IP_VS_SH_TAB_BITS, IP_VS_DH_TAB_BITS. */
const BITS = 8
const SIZE = 1 << BITS

/** An address as one number of 32 bits. */
export function fold(addr: Addr): number {
  if (!isV6(addr)) return addr >>> 0
  return (v6Word(addr, 0) ^ v6Word(addr, 1) ^ v6Word(addr, 2) ^ v6Word(addr, 3)) >>> 0
}

/** hash_32 of linux/hash.h: the upper bits of a product with the golden ratio. */
function hash32(value: number): number {
  return Math.imul(value, 0x61c88647) >>> (32 - BITS)
}

/**
 * sh and dh: a table of 256 places, filled with the servers in turn, sh giving each as many places in a row as its weight
 * says; the place is a hash of the packet's source (ip_vs_sh.c) or destination (ip_vs_dh.c).
 */
export class HashTable implements Scheduler {
  readonly #source: boolean
  #places: readonly RealServer[] = []

  constructor(name: 'sh' | 'dh') {
    this.#source = name === 'sh'
  }

  schedule(service: VirtualService, skb: Skb): RealServer | null {
    const port = this.#source && service.hashesPort ? skb.sport : 0
    const place = hash32((port + fold(this.#source ? skb.src : skb.dst)) >>> 0) & (SIZE - 1)
    const server = this.#places[place]
    return server !== undefined && server.weight > 0 ? server : null
  }

  update(service: VirtualService): void {
    const { servers } = service
    const places: RealServer[] = []
    let at = 0
    let given = 0
    while (places.length < SIZE && servers.length > 0) {
      const server = servers[at]
      if (server === undefined) break
      places.push(server)
      given++
      if (!this.#source || given >= server.weight) {
        at = (at + 1) % servers.length
        given = 0
      }
    }
    this.#places = places
  }
}

import type { Addr } from '../../wire/addr.ts'
import type { Device } from '../model/device.ts'
import { GC_MIN_AGE, GC_THRESH3 } from './constants.ts'
import type { NeighbourEntry } from './entry.ts'

/** The entries of one namespace, by device and address. */
export class NeighbourCache {
  /** By ifindex, which is never used twice in a namespace. */
  readonly #byDevice: (Map<Addr, NeighbourEntry> | undefined)[] = []
  #collectable = 0

  get(dev: Device, addr: Addr): NeighbourEntry | undefined {
    return this.#byDevice[dev.index]?.get(addr)
  }

  /** False when the table is full of young entries (`neighbour: arp_cache: neighbor table overflow!`). */
  add(entry: NeighbourEntry, now: number): boolean {
    if (entry.state !== 'PERMANENT') {
      if (this.#collectable >= GC_THRESH3) this.#collect(now)
      if (this.#collectable >= GC_THRESH3) return false
      this.#collectable++
    }
    let entries = this.#byDevice[entry.dev.index]
    if (entries === undefined) {
      entries = new Map()
      this.#byDevice[entry.dev.index] = entries
    }
    entries.set(entry.addr, entry)
    return true
  }

  remove(entry: NeighbourEntry): void {
    if (this.#byDevice[entry.dev.index]?.delete(entry.addr) && entry.state !== 'PERMANENT') this.#collectable--
  }

  /** The administrator made an entry permanent, or ordinary again: only ordinary ones count against the limit. */
  recount(was: boolean, is: boolean): void {
    if (was !== is) this.#collectable += is ? -1 : 1
  }

  of(dev: Device): NeighbourEntry[] {
    return [...(this.#byDevice[dev.index]?.values() ?? [])]
  }

  all(): NeighbourEntry[] {
    const list: NeighbourEntry[] = []
    for (const entries of this.#byDevice) {
      if (entries !== undefined) for (const entry of entries.values()) list.push(entry)
    }
    return list
  }

  /** neigh_forced_gc: what failed, multicast mappings, and what did not change for five seconds. */
  #collect(now: number): void {
    for (const entry of this.all()) {
      if (entry.state === 'PERMANENT' || entry.timer !== 0) continue
      const old = entry.state === 'FAILED' || entry.state === 'NOARP' || now > entry.updated + GC_MIN_AGE
      if (old) this.remove(entry)
    }
  }
}

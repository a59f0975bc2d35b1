import type { Addr } from '../../wire/addr.ts'
import type { Device } from '../model/device.ts'
import type { FibEntry } from './fib-entry.ts'
import { Rtable } from './rtable.ts'

/** net.ipv4.route.mtu_expires and gc_timeout, in microseconds. */
export const PMTU_EXPIRES = 600_000_000
export const REDIRECT_EXPIRES = 300_000_000
/** As many as a next hop may have in Linux: 2,048 buckets of 5 (FNHE_HASH_SIZE, FNHE_RECLAIM_DEPTH). */
const MAX_EXCEPTIONS = 10_240

/** What ICMP taught about one destination (struct fib_nh_exception). It belongs to the route it was learnt on. */
export interface RouteException {
  readonly entry: FibEntry
  /** Path MTU, 0 when none was learnt. */
  pmtu: number
  pmtuExpires: number
  /** The decision with the redirected gateway. */
  redirected: Rtable | null
  redirectExpires: number
}

/** Exceptions by destination. Times are simulated microseconds. */
export class RouteExceptions {
  readonly #byDestination = new Map<Addr, RouteException>()
  /** False while nothing was learnt: the hot path then looks no further. */
  any = false

  get(dst: Addr, entry: FibEntry): RouteException | undefined {
    const exception = this.#byDestination.get(dst)
    return exception?.entry === entry ? exception : undefined
  }

  /** The path MTU in force, 0 when there is none. */
  pmtu(dst: Addr, route: FibEntry['route'] | null, now: number): number {
    const exception = this.#byDestination.get(dst)
    return exception !== undefined && exception.entry.route === route && exception.pmtuExpires > now
      ? exception.pmtu
      : 0
  }

  /** The decision of a destination with the gateway that a redirect named, if one is in force. */
  redirected(dst: Addr, entry: FibEntry, now: number): Rtable | null {
    const exception = this.get(dst, entry)
    return exception !== undefined && exception.redirectExpires > now ? exception.redirected : null
  }

  learnPmtu(dst: Addr, entry: FibEntry, pmtu: number, now: number): void {
    const exception = this.#create(dst, entry)
    exception.pmtu = pmtu
    exception.pmtuExpires = now + PMTU_EXPIRES
  }

  learnGateway(dst: Addr, entry: FibEntry, gateway: Addr, dev: Device, now: number): void {
    const exception = this.#create(dst, entry)
    exception.redirected = new Rtable('forward', entry.route, dev, gateway)
    exception.redirectExpires = now + REDIRECT_EXPIRES
  }

  /** Forgets what was learnt on a route that is gone. */
  forget(entry: FibEntry): void {
    if (!this.any) return
    for (const [dst, exception] of this.#byDestination) if (exception.entry === entry) this.#byDestination.delete(dst)
    this.any = this.#byDestination.size > 0
  }

  #create(dst: Addr, entry: FibEntry): RouteException {
    const known = this.get(dst, entry)
    if (known !== undefined) return known
    if (this.#byDestination.size >= MAX_EXCEPTIONS) {
      const [oldest] = this.#byDestination.keys()
      if (oldest !== undefined) this.#byDestination.delete(oldest)
    }
    const fresh: RouteException = { entry, pmtu: 0, pmtuExpires: 0, redirected: null, redirectExpires: 0 }
    this.#byDestination.set(dst, fresh)
    this.any = true
    return fresh
  }
}

import type { Addr } from '../../wire/addr.ts'

/** XRLIM_BURST_FACTOR: a destination that was quiet may get that many errors at once. */
const BURST = 6
/** ip_rt_error_cost and ip_rt_error_burst (net/ipv4/route.c), in microseconds: 1 s and 5 s. */
const ROUTE_ERROR_COST = 1_000_000
const ROUTE_ERROR_BURST = 5_000_000
/** A new peer starts as if it had been quiet for a minute (inet_peer.c). */
const QUIET = 60_000_000
/** `net.ipv4.icmp_msgs_per_sec` and `icmp_msgs_burst`: the limit of the whole namespace. */
const PER_SECOND = 1000
const GLOBAL_BURST = 50
/** Peers kept; the oldest is forgotten first. */
const MAX_PEERS = 4096

interface Peer {
  /** Microseconds of quiet saved up. */
  tokens: number
  last: number
}

/**
 * Limits how fast ICMP errors are sent (icmp_global_allow in icmp.c, inet_peer_xrlim_allow in inetpeer.c). Time is simulated,
 * in microseconds. Linux adds a little chance to the global limit; here it is exact.
 */
export class IcmpRateLimit {
  readonly #peers = new Map<Addr, Peer>()
  #credit = GLOBAL_BURST
  #stamp = 0

  /** Whether the namespace may send one more; takes it. */
  global(now: number): boolean {
    this.#credit = Math.min(GLOBAL_BURST, this.#credit + ((now - this.#stamp) * PER_SECOND) / 1_000_000)
    this.#stamp = now
    if (this.#credit < 1) return false
    this.#credit -= 1
    return true
  }

  /** Whether a destination may get one more at one in `interval` microseconds (0: no limit); takes it. */
  peer(addr: Addr, interval: number, now: number): boolean {
    return interval <= 0 || this.#take(addr, interval, BURST * interval, now)
  }

  /**
   * The same for errors of the IPv4 route lookup, which pay twice, here and in `peer` (ip_error): two at once, then none
   * until the sender pauses.
   */
  routeError(addr: Addr, now: number): boolean {
    return this.#take(addr, ROUTE_ERROR_COST, ROUTE_ERROR_BURST, now)
  }

  #take(addr: Addr, cost: number, most: number, now: number): boolean {
    let peer = this.#peers.get(addr)
    if (peer === undefined) {
      if (this.#peers.size >= MAX_PEERS) this.#forgetOldest()
      peer = { tokens: 0, last: now - QUIET }
      this.#peers.set(addr, peer)
    }
    peer.tokens = Math.min(most, peer.tokens + now - peer.last)
    peer.last = now
    if (peer.tokens < cost) return false
    peer.tokens -= cost
    return true
  }

  #forgetOldest(): void {
    for (const addr of this.#peers.keys()) {
      this.#peers.delete(addr)
      return
    }
  }
}

import type { Device } from '../model/device.ts'
import type { Route } from '../model/route.ts'
import { Rtable, refusal } from './rtable.ts'
import { SCOPE_HOST, SCOPE_LINK, SCOPE_NOWHERE, scopeNumber } from './scope.ts'

/** How a lookup treats an entry. */
export const ENTRY_UNICAST = 0
export const ENTRY_LOCAL = 1
export const ENTRY_BROADCAST = 2
export const ENTRY_MULTICAST = 3
/** Ends the lookup with an error. */
export const ENTRY_REFUSE = 4
/** Ends the lookup in this table; the next rule is tried (RTN_THROW). */
export const ENTRY_THROW = 5

/** A route in a table (struct fib_alias with its fib_info), with the decisions that come of it. */
export class FibEntry {
  readonly route: Route
  readonly type: number
  /** ifindex of the device, 0 when there is none. */
  readonly oif: number
  readonly scope: number
  /** Scope of the next hop: host when the destination is on the link, link when a gateway is (nhc_scope). */
  readonly nextHopScope: number
  /** Decision for a packet of our own, and for one that arrived. The same object for unicast. */
  readonly output: Rtable
  readonly input: Rtable
  /** Decisions for destinations that are no single host: a gateway does not count for them. Made when first asked for. */
  #multicast: Rtable | null = null
  #broadcast: Rtable | null = null
  /** Order of insertion, to list routes of equal rank as the kernel does. */
  readonly sequence: number

  /** `refused`: what the entry decides, whatever its route says (the action of a rule). */
  constructor(
    route: Route,
    sequence: number,
    loopback: Device | null,
    gatewayScope = SCOPE_LINK,
    refused: Rtable | null = null,
  ) {
    const { kind, dev } = route
    // A gateway that is an address of our own counts for nothing: the destination is on the link (rt_set_nexthop).
    const gateway = gatewayScope === SCOPE_LINK ? route.gateway : null
    this.route = route
    this.sequence = sequence
    this.oif = dev?.index ?? 0
    this.scope = scopeNumber(route.scope)
    this.nextHopScope = this.scope === SCOPE_HOST ? SCOPE_NOWHERE : route.gateway === null ? SCOPE_HOST : gatewayScope
    const family = route.dst.family
    if (refused !== null) {
      this.type = ENTRY_REFUSE
      this.output = refused
      this.input = refused
      return
    }
    switch (kind) {
      case 'unicast':
        // A route over lo: IPv4 delivers what it sends there (RTCF_LOCAL), IPv6 refuses it (RTF_REJECT).
        if (dev?.kind === 'loopback' && family === 6) {
          this.type = ENTRY_REFUSE
          this.output = refusal('unroutable', route, family)
          this.input = this.output
        } else {
          this.type = ENTRY_UNICAST
          this.input = new Rtable('forward', route, dev, gateway)
          this.output = dev?.kind === 'loopback' ? new Rtable('local', route, dev, null) : this.input
        }
        break
      case 'local':
      case 'anycast':
        this.type = ENTRY_LOCAL
        this.input = new Rtable('local', route, dev, null)
        this.output = new Rtable('local', route, loopback ?? dev, null)
        break
      case 'broadcast':
        this.type = ENTRY_BROADCAST
        this.input = new Rtable('broadcast', route, dev, null)
        this.output = this.input
        break
      case 'multicast':
        this.type = ENTRY_MULTICAST
        this.input = new Rtable('multicast', route, dev, gateway)
        this.output = this.input
        break
      case 'throw':
        this.type = ENTRY_THROW
        this.output = refusal('unroutable', route, family)
        this.input = this.output
        break
      default:
        this.type = ENTRY_REFUSE
        this.output = refusal(kind, route, family)
        this.input = this.output
    }
  }

  /** The decision for a multicast or the limited broadcast destination that this entry is found for (__mkroute_output). */
  toGroup(action: 'multicast' | 'broadcast', dev: Device): Rtable {
    if (action === 'multicast') {
      this.#multicast ??= new Rtable(action, this.route, dev, null)
      return this.#multicast
    }
    this.#broadcast ??= new Rtable(action, this.route, dev, null)
    return this.#broadcast
  }
}

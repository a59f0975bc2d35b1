import type { Addr } from '../../wire/addr.ts'
import type { Device } from '../model/device.ts'
import type { Errno } from '../model/errno.ts'
import type { Route, RouteDecision } from '../model/route.ts'

/**
 * A routing decision (struct rtable). Made once, when the route is, and shared by all packets that take it; all decisions
 * have this one shape, so that reading them stays fast.
 */
export class Rtable implements RouteDecision {
  readonly action: RouteDecision['action']
  readonly route: Route | null
  readonly dev: Device | null
  readonly gateway: Addr | null
  readonly errno: Errno | null
  readonly icmpType: number
  readonly icmpCode: number
  readonly reason: RouteDecision['reason']
  /** Source address last chosen for an IPv4 packet (nhc_saddr), valid while `sourceGeneration` is the FIB's. */
  source: Addr | null = null
  sourceGeneration = -1

  constructor(
    action: RouteDecision['action'],
    route: Route | null,
    dev: Device | null,
    gateway: Addr | null,
    failure?: Failure,
  ) {
    this.action = action
    this.route = route
    this.dev = dev
    this.gateway = gateway
    this.errno = failure?.errno ?? null
    this.icmpType = failure?.icmpType ?? -1
    this.icmpCode = failure?.icmpCode ?? -1
    this.reason = failure?.reason ?? null
  }
}

/** Why a decision is no way out. */
export interface Failure {
  readonly errno: Errno
  /** Destination unreachable in IPv4 numbers; absent: nobody is told. */
  readonly icmpType?: number
  readonly icmpCode?: number
  readonly reason?: RouteDecision['reason']
}

/** ICMP 3/0; IPv6 1/0 (no route). */
const NET_UNREACHABLE: Failure = { errno: 'ENETUNREACH', icmpType: 3, icmpCode: 0 }
const HOST_UNREACHABLE: Failure = { errno: 'EHOSTUNREACH', icmpType: 3, icmpCode: 1 }
/** An `unreachable` route of IPv6 answers with code 0 (ip6_rt_init_dst_reject: ip6_pkt_discard). */
const HOST_UNREACHABLE6: Failure = { errno: 'EHOSTUNREACH', icmpType: 3, icmpCode: 0 }
const PROHIBITED: Failure = { errno: 'EACCES', icmpType: 3, icmpCode: 13 }
const BLACKHOLE: Failure = { errno: 'EINVAL', reason: 'blackhole' }

const error = (failure: Failure, route: Route | null = null): Rtable => new Rtable('error', route, null, null, failure)
const drop = (errno: Errno, reason: RouteDecision['reason']): Rtable =>
  new Rtable('drop', null, null, null, { errno, reason })

/** What a route or rule of a refusing kind decides. */
export function refusal(
  kind: 'blackhole' | 'unreachable' | 'prohibit' | 'unroutable',
  route: Route | null,
  family: 4 | 6,
): Rtable {
  switch (kind) {
    case 'blackhole':
      return new Rtable('drop', route, null, null, BLACKHOLE)
    case 'unreachable':
      return error(family === 4 ? HOST_UNREACHABLE : HOST_UNREACHABLE6, route)
    case 'prohibit':
      return error(PROHIBITED, route)
    case 'unroutable':
      return error(NET_UNREACHABLE, route)
  }
}

export const NO_ROUTE = error(NET_UNREACHABLE)
export const INVALID = drop('EINVAL', null)
/** The source is no address of ours (ip_route_output_key_hash_rcu). */
export const FOREIGN_SOURCE = drop('ENETUNREACH', null)
export const MARTIAN_SOURCE = drop('EINVAL', 'martian_source')
export const MARTIAN_DESTINATION = drop('EINVAL', 'martian_destination')
export const RP_FILTER = drop('EINVAL', 'rp_filter')
export const FORWARDING_DISABLED = drop('EHOSTUNREACH', 'forwarding_disabled')

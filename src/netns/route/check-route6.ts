import { type Addr, formatAddr, isLinkLocal, isMulticast, isUnspecified } from '../../wire/addr.ts'
import type { Route } from '../model/route.ts'
import type { CheckedRoute } from './check-route4.ts'
import { ENTRY_LOCAL, ENTRY_REFUSE, ENTRY_UNICAST, type FibEntry } from './fib-entry.ts'
import type { FibState } from './fib-state.ts'
import { RouteRefused } from './route-refused.ts'
import { SCOPE_LINK } from './scope.ts'
import { search6 } from './search6.ts'
import { METRIC6_USER } from './tables.ts'

/** ip6_route_info_create, fib6_nh_init and ip6_validate_gw of net/ipv6/route.c. Throws KH_ROUTE with the kernel's message. */
export function checkRoute6(state: FibState, given: Route): CheckedRoute {
  const kernel = given.protocol === 'kernel'
  const metric = given.metric === 0 && !kernel ? METRIC6_USER : given.metric
  let route: Route = { ...given, metric, scope: 'global' }
  const { kind, gateway, src } = route
  if (kind === 'blackhole' || kind === 'unreachable' || kind === 'prohibit' || kind === 'throw') {
    if (gateway !== null) throw new RouteRefused('gateway', 'Gateway can not be specified for this route type.')
    return { route: { ...route, dev: state.ns.loopback }, gatewayScope: SCOPE_LINK }
  }
  if (gateway !== null) route = { ...route, dev: checkGateway(state, route, gateway).dev }
  const { dev } = route
  if (dev === null) throw new RouteRefused('dev', 'No such device: the route needs a device or a gateway')
  if (!dev.up && !kernel) throw new RouteRefused('dev', `Nexthop device is not up. (${dev.name})`)
  if (src !== null && localEntry(state, src) === null) {
    throw new RouteRefused('src', `Invalid source address. ${formatAddr(src)} is no address of this namespace`)
  }
  return { route, gatewayScope: SCOPE_LINK }
}

function checkGateway(state: FibState, route: Route, gateway: Addr): { readonly dev: Route['dev'] } {
  const { dev, table } = route
  if (isUnspecified(gateway) || isMulticast(gateway)) throw new RouteRefused('gateway', 'Invalid gateway address.')
  const local = localEntry(state, gateway)
  if (local?.route.dev?.kind === 'loopback') {
    throw new RouteRefused('gateway', 'Egress device can not be loopback device for this route.')
  }
  if (local !== null && (dev === null || !isLinkLocal(gateway) || local.route.dev === dev)) {
    throw new RouteRefused('gateway', `Gateway can not be a local address. (${formatAddr(gateway)})`)
  }
  if (isLinkLocal(gateway)) {
    if (dev === null) throw new RouteRefused('dev', 'Egress device not specified. A link-local gateway needs "dev"')
    return { dev }
  }
  if (route.onlink) {
    if (dev === null) throw new RouteRefused('dev', 'Nexthop device required for onlink.')
    // ip6_route_check_nh_onlink: main must not know better, but for a default route.
    const known = search6(state.v6.tables.main.trie, gateway, dev.index, false)
    const usable = known !== null && known.type < ENTRY_REFUSE && !isUnspecified(known.route.dst.addr)
    if (usable && (known.type !== ENTRY_UNICAST || known.route.dev !== dev)) {
      throw new RouteRefused('gateway', `Nexthop has invalid gateway or device mismatch. (${formatAddr(gateway)})`)
    }
    return { dev }
  }
  const oif = dev?.index ?? 0
  const own = state.v6.tables.get(table)
  let entry = own === undefined ? null : search6(own.trie, gateway, oif, dev !== null)
  if (!reaches(entry)) entry = state.v6.resolve(gateway, gateway, 0, state.ns.loopback, oif, 0, dev !== null)
  if (!reaches(entry)) {
    const where = dev === null ? 'any device' : dev.name
    throw new RouteRefused(
      'gateway',
      `No route to host: ${formatAddr(gateway)} is in no connected network of ${where}; add such an address, or "onlink"`,
    )
  }
  return { dev: entry?.route.dev ?? dev }
}

/** ip6_nh_lookup_table and ip6_route_check_nh: the gateway itself must need no gateway. */
function reaches(entry: FibEntry | null): boolean {
  return entry !== null && entry.type === ENTRY_UNICAST && entry.route.gateway === null
}

function localEntry(state: FibState, addr: Addr): FibEntry | null {
  const entry = search6(state.v6.tables.local.trie, addr, 0, false)
  return entry !== null && entry.type === ENTRY_LOCAL ? entry : null
}

import { formatAddr, isMulticast, V4_ANY } from '../../wire/addr.ts'
import type { Device } from '../model/device.ts'
import type { Route } from '../model/route.ts'
import { addressType4 } from './address-type.ts'
import { ENTRY_LOCAL, ENTRY_UNICAST } from './fib-entry.ts'
import type { FibState } from './fib-state.ts'
import { RouteRefused } from './route-refused.ts'
import { SCOPE_HOST, SCOPE_LINK, scopeNumber } from './scope.ts'
import { search4 } from './search4.ts'
import { TABLE_MAIN } from './tables.ts'

/** A route that Linux would take, with what it fills in. */
export interface CheckedRoute {
  readonly route: Route
  readonly gatewayScope: number
}

/** fib_create_info and fib_check_nh of net/ipv4/fib_semantics.c. Throws KH_ROUTE with the kernel's message. */
export function checkRoute4(state: FibState, route: Route): CheckedRoute {
  const { kind, dev, gateway, src } = route
  const scope = scopeNumber(route.scope)
  const refuses = kind === 'blackhole' || kind === 'unreachable' || kind === 'prohibit' || kind === 'throw'
  if (refuses) {
    if (gateway === null && dev === null) return { route, gatewayScope: SCOPE_LINK }
    throw new RouteRefused(
      gateway === null ? 'dev' : 'gateway',
      'Gateway, device and multipath can not be specified for this route type.',
    )
  }
  if (scope > SCOPE_HOST) throw new RouteRefused('scope', 'Invalid scope.')
  if (src !== null && !isLocalSource(state, route)) {
    throw new RouteRefused('src', `Invalid prefsrc address. ${formatAddr(src)} is no address of this namespace`)
  }
  if (gateway !== null) return checkGateway(state, route)
  if (dev === null) throw new RouteRefused('dev', 'No such device: the route needs a device or a gateway')
  if (scope < SCOPE_HOST && !dev.up) throw new RouteRefused('dev', `Device for nexthop is not up. (${dev.name})`)
  return { route, gatewayScope: SCOPE_LINK }
}

function isLocalSource(state: FibState, route: Route): boolean {
  if (route.src === null || (route.kind === 'local' && route.src === route.dst.addr)) return true
  return addressType4(state, route.src, null) === 'local'
}

function checkGateway(state: FibState, route: Route): CheckedRoute {
  const { gateway, dev } = route
  const scope = scopeNumber(route.scope)
  if (gateway === null) throw new RouteRefused('gateway', 'Nexthop has invalid gateway.')
  if (scope === SCOPE_HOST) throw new RouteRefused('scope', 'Route with host scope can not have a gateway.')
  if (route.onlink) {
    if (scope >= SCOPE_LINK) throw new RouteRefused('scope', 'Nexthop has invalid scope.')
    if (dev === null) throw new RouteRefused('dev', 'Nexthop device required for onlink.')
    if (!dev.up) throw new RouteRefused('dev', `Nexthop device is not up. (${dev.name})`)
    if (addressType4(state, gateway, null) !== 'unicast') throw invalidGateway(route)
    return { route, gatewayScope: SCOPE_LINK }
  }
  const wanted = Math.max(scope + 1, SCOPE_LINK)
  const own = state.v4.tables.get(route.table)
  const oif = dev?.index ?? 0
  let entry = route.table === TABLE_MAIN || own === undefined ? null : search4(own.trie, gateway, oif, wanted)
  if (entry === null || entry.type > 3)
    entry = state.v4.resolve(gateway, V4_ANY, 0, state.ns.loopback, oif, wanted, true)
  if (entry === null || (entry.type !== ENTRY_UNICAST && entry.type !== ENTRY_LOCAL) || isMulticast(gateway))
    throw invalidGateway(route)
  const via: Device | null = entry.route.dev
  if (via === null) throw new RouteRefused('gateway', 'No egress device for nexthop gateway.')
  if (!via.up) throw new RouteRefused('dev', `Network is down. (${via.name})`)
  return { route: route.dev === via ? route : { ...route, dev: via }, gatewayScope: entry.scope }
}

function invalidGateway(route: Route): RouteRefused {
  const { gateway, dev } = route
  const where = dev === null ? 'any device' : dev.name
  const text =
    gateway === null
      ? ''
      : ` ${formatAddr(gateway)} is in no connected network of ${where}; add such an address, or "onlink"`
  return new RouteRefused('gateway', `Nexthop has invalid gateway.${text}`)
}

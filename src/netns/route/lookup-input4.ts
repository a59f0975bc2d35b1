import { type Addr, V4_ANY } from '../../wire/addr.ts'
import type { Device } from '../model/device.ts'
import { ENTRY_BROADCAST, ENTRY_LOCAL, ENTRY_REFUSE, ENTRY_UNICAST } from './fib-entry.ts'
import type { FibState } from './fib-state.ts'
import { ALL_HOSTS, isLocalMulticast4, isLoopback4, isMulticast4, isZeronet4, LIMITED_BROADCAST } from './martians.ts'
import { FORWARDING_DISABLED, MARTIAN_DESTINATION, MARTIAN_SOURCE, NO_ROUTE, type Rtable } from './rtable.ts'
import { SCOPE_UNIVERSE } from './scope.ts'
import { validateSource } from './validate-source.ts'

/** Routing of a received IPv4 packet (ip_route_input_slow of net/ipv4/route.c, check by check). */
export function lookupInput4(state: FibState, dst: Addr, src: Addr, mark: number, dev: Device): Rtable {
  if (isMulticast4(dst)) return multicastInput(state, dst, src, dev)
  if (isMulticast4(src) || src === LIMITED_BROADCAST) return MARTIAN_SOURCE
  if (dst === LIMITED_BROADCAST || (src === V4_ANY && dst === V4_ANY)) {
    return broadcastInput(state, src, dev, state.deviceDecisions(dev).broadcast)
  }
  if (isZeronet4(src)) return MARTIAN_SOURCE
  if (isZeronet4(dst)) return MARTIAN_DESTINATION
  const { conf } = dev
  if (isLoopback4(dst)) {
    if (!routesLocalnet(state, dev)) return MARTIAN_DESTINATION
  } else if (isLoopback4(src) && !routesLocalnet(state, dev)) return MARTIAN_SOURCE

  const entry = state.v4.resolve(dst, src, mark, dev, 0, SCOPE_UNIVERSE, true)
  // ip_error says nothing while forwarding is off.
  if (entry === null) return conf.forwarding ? NO_ROUTE : FORWARDING_DISABLED
  switch (entry.type) {
    case ENTRY_LOCAL:
      return validateSource(state, src, dst, 0, dev) ?? entry.input
    case ENTRY_BROADCAST:
      return broadcastInput(state, src, dev, entry.input)
    case ENTRY_UNICAST: {
      if (!conf.forwarding) return FORWARDING_DISABLED
      const refused = validateSource(state, src, dst, entry.oif, dev)
      if (refused !== null) return refused
      if (!state.exceptions.any) return entry.input
      return state.exceptions.redirected(dst, entry, state.ns.sim.now) ?? entry.input
    }
    default:
      if (!conf.forwarding) return FORWARDING_DISABLED
      return entry.type === ENTRY_REFUSE ? entry.input : MARTIAN_DESTINATION
  }
}

function broadcastInput(state: FibState, src: Addr, dev: Device, decision: Rtable): Rtable {
  if (isZeronet4(src)) return decision
  return validateSource(state, src, V4_ANY, 0, dev) ?? decision
}

/** Groups that the host is no member of are not for it, and multicast is not forwarded (ip_route_input_mc). */
function multicastInput(state: FibState, dst: Addr, src: Addr, dev: Device): Rtable {
  if (dst !== ALL_HOSTS) return MARTIAN_DESTINATION
  if (isMulticast4(src) || src === LIMITED_BROADCAST) return MARTIAN_SOURCE
  if (isLoopback4(src) && !routesLocalnet(state, dev)) return MARTIAN_SOURCE
  const decision = state.deviceDecisions(dev).multicast
  if (isZeronet4(src)) return isLocalMulticast4(dst) ? decision : MARTIAN_SOURCE
  return validateSource(state, src, V4_ANY, 0, dev) ?? decision
}

function routesLocalnet(state: FibState, dev: Device): boolean {
  return dev.conf.routeLocalnet || state.ns.sysctl.all.routeLocalnet
}

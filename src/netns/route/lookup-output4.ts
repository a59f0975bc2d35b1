import { type Addr, V4_ANY } from '../../wire/addr.ts'
import type { Device } from '../model/device.ts'
import { ENTRY_LOCAL, ENTRY_REFUSE, ENTRY_UNICAST } from './fib-entry.ts'
import type { FibState } from './fib-state.ts'
import { isLocalMulticast4, isLoopback4, isMulticast4, isZeronet4, LIMITED_BROADCAST } from './martians.ts'
import { FOREIGN_SOURCE, INVALID, NO_ROUTE, type Rtable } from './rtable.ts'
import { SCOPE_UNIVERSE } from './scope.ts'
import { search4 } from './search4.ts'

/** Routing of an IPv4 packet of our own (ip_route_output_key_hash_rcu of net/ipv4/route.c). */
export function lookupOutput4(
  state: FibState,
  dst: Addr,
  src: Addr,
  mark: number,
  oif: number,
  anySource: boolean,
): Rtable {
  const { ns } = state
  if (src !== V4_ANY) {
    if (isMulticast4(src) || src === LIMITED_BROADCAST) return INVALID
    if (oif === 0 && (isMulticast4(dst) || dst === LIMITED_BROADCAST)) {
      // A source address names the device for multicast and limited broadcast.
      const dev = deviceOf(state, src)
      return dev === null ? FOREIGN_SOURCE : groupOutput(state, dst, src, dev)
    }
    if (!anySource && !isOwn4(state, src)) return FOREIGN_SOURCE
  }
  if (oif !== 0) {
    const dev = ns.deviceByIndex(oif)
    if (dev === undefined || !dev.up) return NO_ROUTE
    if (isLocalMulticast4(dst) || dst === LIMITED_BROADCAST) return groupOutput(state, dst, src, dev)
  }
  if (dst === V4_ANY) return state.deviceDecisions(ns.loopback).local

  const entry = state.v4.resolve(dst, src, mark, ns.loopback, oif, SCOPE_UNIVERSE, true)
  if (entry === null || entry.type === ENTRY_REFUSE) {
    // A socket bound to a device gets out even where no route leads: the destination is taken to be on the link.
    const dev = oif === 0 ? undefined : ns.deviceByIndex(oif)
    if (dev !== undefined && isMulticast4(dst)) return groupOutput(state, dst, src, dev)
    if (dev !== undefined) return permitted(state, src, dev, state.deviceDecisions(dev).onlink, dst)
    return entry === null ? NO_ROUTE : entry.output
  }
  const { output } = entry
  if (entry.type === ENTRY_LOCAL) return output
  if (isLoopback4(src) || dst >= 0xe0000000 || dst === V4_ANY) {
    const { dev } = output
    if (dev === null) return NO_ROUTE
    if (isMulticast4(dst)) {
      // Bound to a device the source is its own, whatever the route says.
      return oif === 0
        ? permitted(state, src, dev, entry.toGroup('multicast', dev), dst)
        : groupOutput(state, dst, src, dev)
    }
    if (dst === LIMITED_BROADCAST) return permitted(state, src, dev, entry.toGroup('broadcast', dev), dst)
    return permitted(state, src, dev, output, dst)
  }
  if (!state.exceptions.any || entry.type !== ENTRY_UNICAST) return output
  return state.exceptions.redirected(dst, entry, ns.sim.now) ?? output
}

/** __mkroute_output for a group or the limited broadcast address by a device. */
function groupOutput(state: FibState, dst: Addr, src: Addr, dev: Device): Rtable {
  const { broadcast, multicast } = state.deviceDecisions(dev)
  return permitted(state, src, dev, dst === LIMITED_BROADCAST ? broadcast : multicast, dst)
}

/** A loopback source may only leave by lo, unless route_localnet; nothing is sent to 0.0.0.0/8. */
function permitted(state: FibState, src: Addr, dev: Device, decision: Rtable, dst: Addr): Rtable {
  if (isLoopback4(src) && dev.kind !== 'loopback' && !dev.conf.routeLocalnet && !state.ns.sysctl.all.routeLocalnet) {
    return INVALID
  }
  return isZeronet4(dst) ? INVALID : decision
}

/** Whether an address is ours: on a device, or in a local route (127.0.0.2), as __ip_dev_find has it. */
function isOwn4(state: FibState, addr: Addr): boolean {
  if (state.addresses4.has(addr)) return true
  return search4(state.v4.tables.local.trie, addr, 0, SCOPE_UNIVERSE)?.type === ENTRY_LOCAL
}

/** The device that has an address. */
function deviceOf(state: FibState, addr: Addr): Device | null {
  for (const dev of state.ns.devices) for (const own of dev.addresses) if (own.addr === addr) return dev
  const entry = search4(state.v4.tables.local.trie, addr, 0, SCOPE_UNIVERSE)
  return entry?.type === ENTRY_LOCAL ? entry.route.dev : null
}

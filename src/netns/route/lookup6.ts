import { type Addr, isLinkLocal, isLoopback, isMulticast, V6_ANY, v6, v6Word } from '../../wire/addr.ts'
import type { Device } from '../model/device.ts'
import { ENTRY_LOCAL, ENTRY_UNICAST } from './fib-entry.ts'
import type { FibState } from './fib-state.ts'
import { FORWARDING_DISABLED, MARTIAN_DESTINATION, MARTIAN_SOURCE, NO_ROUTE, type Rtable } from './rtable.ts'

const V6_LOOPBACK = v6(0, 0, 0, 1)

/**
 * Routing of a received IPv6 packet (ipv6_rcv's address checks, ip6_route_input, ip6_forward's first check). There is no
 * rp_filter and no check of the source against our own addresses; forwarding is one switch for all devices.
 */
export function lookupInput6(state: FibState, dst: Addr, src: Addr, mark: number, dev: Device): Rtable {
  if (isMulticast(src)) return MARTIAN_SOURCE
  if (dev.kind !== 'loopback') {
    if (isLoopback(src)) return MARTIAN_SOURCE
    if (isLoopback(dst)) return MARTIAN_DESTINATION
  }
  const entry = state.v6.resolve(dst, src, mark, dev, dev.index, 0, boundToLink(dst))
  if (entry === null) return NO_ROUTE
  if (entry.type === ENTRY_LOCAL) return entry.input
  if (isMulticast(dst)) return isMember(dst, dev) ? state.deviceDecisions(dev).multicast : MARTIAN_DESTINATION
  if (entry.type !== ENTRY_UNICAST) return entry.input
  if (!state.ns.sysctl.all.forwarding6) return FORWARDING_DISABLED
  if (!state.exceptions.any) return entry.input
  return state.exceptions.redirected(dst, entry, state.ns.sim.now) ?? entry.input
}

/** Routing of an IPv6 packet of our own (ip6_route_output_flags of net/ipv6/route.c). */
export function lookupOutput6(state: FibState, dst: Addr, src: Addr, mark: number, oif: number): Rtable {
  const { ns } = state
  const strict = oif !== 0 || boundToLink(dst)
  const target = dst === V6_ANY ? V6_LOOPBACK : dst
  const entry = state.v6.resolve(target, src, mark, ns.loopback, oif, 0, strict)
  if (entry === null) return NO_ROUTE
  if (entry.type !== ENTRY_UNICAST) return entry.output
  if (isMulticast(dst)) return entry.output.dev === null ? NO_ROUTE : state.deviceDecisions(entry.output.dev).multicast
  if (!state.exceptions.any) return entry.output
  return state.exceptions.redirected(dst, entry, ns.sim.now) ?? entry.output
}

/** Addresses that mean another host on every link: the route's device must be the packet's (rt6_need_strict). */
function boundToLink(addr: Addr): boolean {
  return isMulticast(addr) || isLinkLocal(addr) || isLoopback(addr)
}

/**
 * Whether a device listens to a group without any program asking for it: all nodes, all routers where it forwards, and the
 * solicited-node groups of its addresses (RFC 4291 §2.8).
 */
function isMember(group: Addr, dev: Device): boolean {
  const w0 = v6Word(group, 0)
  const w2 = v6Word(group, 2)
  const w3 = v6Word(group, 3)
  if (v6Word(group, 1) !== 0) return false
  if (w2 === 0) {
    if (w3 === 1) return w0 === 0xff020000 || w0 === 0xff010000
    return w3 === 2 && dev.conf.forwarding6 && (w0 === 0xff020000 || w0 === 0xff010000 || w0 === 0xff050000)
  }
  if (w0 !== 0xff020000 || w2 !== 1 || w3 >>> 24 !== 0xff) return false
  for (const { addr } of dev.addresses) {
    if (addr > 0xffffffff && (v6Word(addr, 3) & 0xffffff) === (w3 & 0xffffff)) return true
  }
  return false
}

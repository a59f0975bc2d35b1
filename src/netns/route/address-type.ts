import { type Addr, isMulticast, isV6 } from '../../wire/addr.ts'
import type { Device } from '../model/device.ts'
import type { RouteKind } from '../model/route.ts'
import { ENTRY_REFUSE, ENTRY_THROW } from './fib-entry.ts'
import type { FibState } from './fib-state.ts'
import { isMulticast4, isZeronet4, LIMITED_BROADCAST } from './martians.ts'
import { SCOPE_UNIVERSE } from './scope.ts'
import { search4 } from './search4.ts'

/** RTN_* of an address as `-m addrtype` asks for it; with `dev`, only what that device has is local. */
export function addressType(state: FibState, addr: Addr, dev: Device | null): RouteKind {
  return isV6(addr) ? addressType6(state, addr, dev) : addressType4(state, addr, dev)
}

/** inet_dev_addr_type (net/ipv4/fib_frontend.c): what the local table says, unicast where it says nothing. */
export function addressType4(state: FibState, addr: Addr, dev: Device | null): RouteKind {
  if (isZeronet4(addr) || addr === LIMITED_BROADCAST) return 'broadcast'
  if (isMulticast4(addr)) return 'multicast'
  const entry = search4(state.v4.tables.local.trie, addr, 0, SCOPE_UNIVERSE)
  if (entry === null || entry.type >= ENTRY_REFUSE) return 'unicast'
  return dev === null || entry.route.dev === dev ? entry.route.kind : 'unicast'
}

/** match_type6 of net/netfilter/xt_addrtype.c, as far as one word can tell: it asks for the route to the address. */
function addressType6(state: FibState, addr: Addr, dev: Device | null): RouteKind {
  if (isMulticast(addr)) return 'multicast'
  const entry = state.v6.resolve(addr, addr, 0, state.ns.loopback, dev?.index ?? 0, 0, dev !== null)
  if (entry === null || entry.type === ENTRY_THROW) return 'unreachable'
  if (entry.type === ENTRY_REFUSE) return entry.route.kind === 'unicast' ? 'unreachable' : entry.route.kind
  return entry.route.kind
}

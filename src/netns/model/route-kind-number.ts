import type { RouteKind } from './route.ts'

/** RTN_* numbers of linux/rtnetlink.h, as `-m addrtype` and nftables' `fib … type` compare them. */
const NUMBERS: Readonly<Record<RouteKind, number>> = {
  unicast: 1,
  local: 2,
  broadcast: 3,
  anycast: 4,
  multicast: 5,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
  throw: 9,
}

export function routeKindNumber(kind: RouteKind): number {
  return NUMBERS[kind]
}

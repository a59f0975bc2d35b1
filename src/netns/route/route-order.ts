import { addrToBigInt } from '../../wire/addr.ts'
import type { Route } from '../model/route.ts'

/**
 * The order in which the kernel lists the routes of a table. IPv4 (fib_trie.c): by network address, longer prefixes of the
 * same address first. IPv6 (fib6_walk): a prefix after everything inside it, so that the default route comes last. Then by
 * metric.
 */
export function compareRoutes(a: Route, b: Route): number {
  const left = a.dst.family === 4 ? addrToBigInt(a.dst.addr) : addrToBigInt(a.dst.last)
  const right = b.dst.family === 4 ? addrToBigInt(b.dst.addr) : addrToBigInt(b.dst.last)
  if (left !== right) return left < right ? -1 : 1
  return b.dst.length - a.dst.length || a.metric - b.metric
}

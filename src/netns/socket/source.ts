import { type Addr, isMulticast, isUnspecified, isV6, V4_ANY, V6_ANY } from '../../wire/addr.ts'
import type { Errno } from '../model/errno.ts'
import type { Namespace } from '../model/namespace.ts'
import type { ProbeOptions } from './sockets.ts'

/**
 * The source address of a new flow, or the errno of connect() and sendto(): the address that was asked for when it is
 * local, else the one of the route (ip_route_connect). Netfilter has not been asked yet.
 */
export function sourceOf(ns: Namespace, options: ProbeOptions): Addr | Errno {
  const { dst, src, mark = 0, oif = 0 } = options
  if (src !== undefined && !isUnspecified(src) && !ns.fib.isLocal(src)) return 'EADDRNOTAVAIL'
  const unspecified = anyOf(dst)
  const decision = ns.fib.lookupOutput(dst, src ?? unspecified, mark, oif)
  if (decision.errno !== null) return decision.errno
  if (decision.action === 'drop') return 'EINVAL'
  if (decision.action === 'broadcast' && !isMulticast(dst)) return 'EACCES'
  return src === undefined || isUnspecified(src) ? ns.fib.selectSource(decision, dst) : src
}

/** 0.0.0.0 or ::, as the family of `addr` has it. */
export function anyOf(addr: Addr): Addr {
  return isV6(addr) ? V6_ANY : V4_ANY
}

/** Largest IP packet towards a destination now. */
export function mtuTowards(ns: Namespace, dst: Addr, src: Addr, mark: number, oif: number): number {
  return ns.fib.mtuTo(ns.fib.lookupOutput(dst, src, mark, oif), dst)
}

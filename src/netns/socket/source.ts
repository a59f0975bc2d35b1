import {
  type Addr,
  isLinkLocal,
  isMulticast,
  isUnspecified,
  isV6,
  V4_ANY,
  V6_ANY,
  v4,
  v6,
  v6Word,
} from '../../wire/addr.ts'
import type { Errno } from '../model/errno.ts'
import type { Namespace } from '../model/namespace.ts'
import type { Skb } from '../model/skb.ts'
import type { ProbeOptions } from './sockets.ts'

/**
 * The source address of a new flow, or the errno of connect() and sendto(): the address that was asked for when it is
 * local, else the one of the route (ip_route_connect). Netfilter has not been asked yet. `broadcast`: the errno for a
 * destination that is one.
 */
export function sourceOf(ns: Namespace, options: ProbeOptions, broadcast: Errno = 'EACCES'): Addr | Errno {
  const { dst, src, mark = 0, oif = 0 } = options
  // A link-local destination needs a device (__ip6_datagram_connect).
  if (oif === 0 && isLinkScope(dst)) return 'EINVAL'
  if (src !== undefined && !isUnspecified(src) && !ns.fib.isLocal(src)) return 'EADDRNOTAVAIL'
  const unspecified = anyOf(dst)
  const decision = ns.fib.lookupOutput(dst, src ?? unspecified, mark, oif)
  if (decision.errno !== null) return decision.errno
  if (decision.action === 'drop') return 'EINVAL'
  if (decision.action === 'broadcast' && !isMulticast(dst)) return broadcast
  return src === undefined || isUnspecified(src) ? ns.fib.selectSource(decision, dst) : src
}

/**
 * The same for connect(), which looks the route up once more from the address that was chosen: rules of routing may select that
 * one (ip_route_connect; IPv6 looks only once).
 */
export function connectSourceOf(ns: Namespace, options: ProbeOptions, broadcast: Errno = 'EACCES'): Addr | Errno {
  const source = sourceOf(ns, options, broadcast)
  if (typeof source === 'string' || isV6(options.dst)) return source
  const decision = ns.fib.lookupOutput(options.dst, source, options.mark ?? 0, options.oif ?? 0)
  return decision.errno ?? source
}

/**
 * The address that a socket without a connection asks the way from: its own if it is bound, else none, and the one that the route
 * gives it then is not asked about again (udp_sendmsg, raw_sendmsg).
 */
export function boundTo({ src, dst }: ProbeOptions): Addr {
  return src ?? anyOf(dst)
}

/** Whether the address means something on one link only: fe80::/10, ff02::/16. IPv4 link-local addresses are routed. */
function isLinkScope(addr: Addr): boolean {
  return isV6(addr) && (isLinkLocal(addr) || v6Word(addr, 0) >>> 16 === 0xff02)
}

/** The device that an answer must leave by: that of the packet when its sender is link-local (IPv6), else any (0). */
export function answerOif(skb: Skb): number {
  return isV6(skb.src) && isLinkLocal(skb.src) ? (skb.dev?.index ?? 0) : 0
}

/** Where a program that connects to the unspecified address ends: on this host (ip_route_output_key_hash, tcp_v6_connect). */
export function peerOf(dst: Addr): Addr {
  if (!isUnspecified(dst)) return dst
  return isV6(dst) ? V6_LOOPBACK : V4_LOOPBACK
}

const V4_LOOPBACK = v4(0x7f000001)
const V6_LOOPBACK = v6(0, 0, 0, 1)

/** 0.0.0.0 or ::, as the family of `addr` has it. */
export function anyOf(addr: Addr): Addr {
  return isV6(addr) ? V6_ANY : V4_ANY
}

/** Largest IP packet towards a destination now. */
export function mtuTowards(ns: Namespace, dst: Addr, src: Addr, mark: number, oif: number): number {
  return ns.fib.mtuTo(ns.fib.lookupOutput(dst, src, mark, oif), dst)
}

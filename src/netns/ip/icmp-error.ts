import { type Addr, isLinkLocal, isMulticast, isUnspecified, isV6, V4_ANY, V6_ANY } from '../../wire/addr.ts'
import { IPPROTO_ICMP, IPPROTO_ICMPV6 } from '../../wire/protocol.ts'
import type { Namespace } from '../model/namespace.ts'
import type { RouteDecision } from '../model/route.ts'
import { cloneSkb, PACKET_HOST, PACKET_OTHERHOST, Skb } from '../model/skb.ts'
import { setLengths } from '../skb-bytes.ts'
import { recordDrop, recordOriginate } from './events.ts'
import {
  ICMP_DEST_UNREACH,
  ICMP_FRAG_NEEDED,
  ICMP_REDIRECT,
  ICMPV6_PKT_TOOBIG,
  icmpv6For,
  isIcmpError,
  isIcmpv6Error,
} from './icmp-numbers.ts'
import type { IcmpRateLimit } from './rate-limit.ts'

/** `net.ipv4.icmp_ratemask` 6168: destination unreachable, source quench, time exceeded, parameter problem. */
const RATEMASK = 6168

/** An ICMP error that is ready to leave, with the route it takes. */
export interface IcmpError {
  readonly skb: Skb
  readonly decision: RouteDecision
}

/**
 * Makes the ICMP error that answers `cause` (icmp_send in net/ipv4/icmp.c, icmp6_send in net/ipv6/icmp.c), or null where none
 * may be sent: about an error, a later fragment, a packet that was not for one host (RFC 1122 §3.2.2, RFC 4443 §2.4), to a
 * sender without a route, or above the rate limits.
 *
 * It comes from the address that was hit if that is one of ours, otherwise from the one that routing chooses towards the
 * sender: not from the device that the packet came in by (icmp_errors_use_inbound_ifaddr 0).
 *
 * `type` and `code` are IPv4's for both families (see `icmpv6For`); `info` is the MTU, the pointer, or 0; `gateway` that of a
 * redirect.
 */
export function makeIcmpError(
  ns: Namespace,
  limit: IcmpRateLimit,
  cause: Skb,
  type: number,
  code: number,
  info: number,
  gateway: Addr,
): IcmpError | null {
  const v6 = isV6(cause.dst)
  if (v6) {
    const both = icmpv6For(type, code)
    type = both >> 8
    code = both & 255
  }
  if (!mayAnswer(cause, v6, type)) return null
  const { now } = ns.sim
  const fromLoopback = cause.dev !== null && cause.dev.kind === 'loopback'
  if (!fromLoopback && !limit.global(now)) return limited(ns, cause, type, code)

  const own = cause.route === null || v6 ? ns.fib.isLocal(cause.dst) : cause.route.action === 'local'
  const src = own && !isMulticast(cause.dst) ? cause.dst : v6 ? V6_ANY : V4_ANY
  const oif = v6 && isLinkLocal(cause.src) && cause.dev !== null ? cause.dev.index : 0
  const decision = ns.fib.lookupOutput(cause.src, src, 0, oif)
  if (decision.errno !== null || decision.dev === null) return null
  if (decision.dev.kind !== 'loopback') {
    const interval = peerInterval(ns, v6, type, code, decision)
    if (!limit.peer(cause.src, interval, now)) return limited(ns, cause, type, code)
  }

  const skb = new Skb()
  skb.id = ns.sim.nextPacketId()
  skb.causeId = cause.id
  skb.etherType = cause.etherType
  skb.dst = cause.src
  skb.src = isUnspecified(src) ? ns.fib.selectSource(decision, cause.src) : src
  skb.proto = v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP
  skb.ttl = v6 ? 64 : ns.sysctl.ipDefaultTtl
  // IPTOS_PREC_INTERNETCONTROL beside the sender's type of service (RT_TOS).
  skb.tos = v6 ? 0 : (cause.tos & 0x1e) | 0xc0
  skb.icmpType = type
  skb.icmpCode = code
  skb.icmpInfo = info
  skb.icmpTarget = gateway
  skb.inner = quotation(cause)
  setLengths(skb)
  ns.conntrack.attach(skb, cause)
  recordOriginate(ns, skb, type === ICMP_REDIRECT && !v6 ? 'redirect' : 'icmp_error')
  return { skb, decision }
}

/** What RFC 1122 §3.2.2 and RFC 4443 §2.4 (e) allow to be answered. */
function mayAnswer(cause: Skb, v6: boolean, type: number): boolean {
  // A bridge hands over frames for other hosts as they are; br_netfilter calls them PACKET_HOST meanwhile.
  const addressed = cause.pktType === PACKET_HOST || (cause.pktType === PACKET_OTHERHOST && cause.physIn !== null)
  if (isUnspecified(cause.src) || isMulticast(cause.src)) return false
  if (v6) {
    // Linux answers later fragments of IPv6 datagrams as well.
    const first = cause.fragOffset === 0
    if (first && cause.proto === IPPROTO_ICMPV6 && isIcmpv6Error(cause.icmpType)) return false
    return type === ICMPV6_PKT_TOOBIG || (addressed && !isMulticast(cause.dst))
  }
  if (cause.fragOffset > 0 || !addressed || isMulticast(cause.dst) || cause.dst === 0xffff_ffff) return false
  const action = cause.route?.action
  if (action === 'broadcast' || action === 'multicast') return false
  return cause.proto !== IPPROTO_ICMP || !isIcmpError(cause.icmpType)
}

/**
 * Microseconds between two errors of this kind to one peer, 0 for no limit. Path MTU discovery is never limited. IPv6 gives
 * shorter prefixes more: the interval is halved for every 32 bits that the route to the sender lacks (icmpv6_xrlim_allow).
 */
function peerInterval(ns: Namespace, v6: boolean, type: number, code: number, decision: RouteDecision): number {
  const base = ns.sysctl.icmpRatelimit * 1000
  if (v6) {
    if (type === ICMPV6_PKT_TOOBIG) return 0
    const length = decision.route === null ? 128 : decision.route.dst.length
    return Math.floor(base / 2 ** ((128 - length) >> 5))
  }
  if (type === ICMP_DEST_UNREACH && code === ICMP_FRAG_NEEDED) return 0
  return ((1 << type) & RATEMASK) === 0 ? 0 : base
}

/** The packet as it is now, without what the kernel kept beside it. How much of it fits is a matter of the bytes. */
function quotation(cause: Skb): Skb {
  const quote = cloneSkb(cause)
  quote.ct = null
  quote.route = null
  quote.dev = null
  quote.physIn = null
  quote.physOut = null
  return quote
}

function limited(ns: Namespace, cause: Skb, type: number, code: number): null {
  if (ns.sim.recorder !== null) {
    recordDrop(ns, cause, 'rate_limited', `no icmp${isV6(cause.dst) ? 'v6' : ''} ${type}/${code}: too many errors sent`)
  }
  return null
}

import { type Addr, isLinkLocal, isUnspecified, isV6, V4_ANY } from '../../wire/addr.ts'
import { IPPROTO_ICMPV6, IPPROTO_TCP } from '../../wire/protocol.ts'
import type { Device } from '../model/device.ts'
import type { Errno } from '../model/errno.ts'
import type { IpStack, Namespace } from '../model/namespace.ts'
import {
  HOOK_FORWARD,
  HOOK_INPUT,
  HOOK_OUTPUT,
  HOOK_POSTROUTING,
  HOOK_PREROUTING,
  NF_ACCEPT,
} from '../model/netfilter.ts'
import type { RouteDecision } from '../model/route.ts'
import { cloneSkb, PACKET_HOST, type Skb } from '../model/skb.ts'
import { decisionDropReason, outputDropReason } from './drop-reason.ts'
import { recordDrop, recordFragment, recordOriginate, recordRoute, recordTtl } from './events.ts'
import { fragment } from './fragment.ts'
import { isMember } from './group-membership.ts'
import { headerFault } from './header-check.ts'
import { makeIcmpError } from './icmp-error.ts'
import {
  ICMP_DEST_UNREACH,
  ICMP_FRAG_NEEDED,
  ICMP_PKT_FILTERED,
  ICMP_REDIRECT,
  ICMP_TIME_EXCEEDED,
  ICMPV6_ADM_PROHIBITED,
  ICMPV6_DEST_UNREACH,
  ICMPV6_NOROUTE,
  ICMPV6_NOT_NEIGHBOUR,
  NDISC_NEIGHBOUR_SOLICITATION,
  NDISC_REDIRECT,
} from './icmp-numbers.ts'
import { makeNdRedirect } from './nd-redirect.ts'
import { IcmpRateLimit } from './rate-limit.ts'
import { RedirectLimit } from './redirect-limit.ts'
import { makeReset } from './tcp-reset.ts'

/** RFC 8200 §5: every link carries at least that much. */
const IPV6_MIN_MTU = 1280
const MAX_LENGTH = 65_535
/** One IPv6 redirect a second to each sender, after six at once. Microseconds. */
const REDIRECT_INTERVAL = 1_000_000

/**
 * The path of a packet through one namespace (ip_input.c, ip_forward.c, ip_output.c and their IPv6 likes).
 *
 * ```
 *                                         sockets
 *                                        ▲       │ send
 *                               deliver  │       ▼
 *                            ┌──────────────┐ [route: device, source]
 *                            │    INPUT     │    │
 *                            └──────────────┘    ▼
 *                                   ▲         ┌──────────────┐
 *            defragment (IPv4) ─────┤         │    OUTPUT    │ re-route when mark, tos, addresses changed
 *                                   │local    └──────────────┘
 *   frame                           │                │
 *     │  receive              ┌───────────┐          │
 *     ▼                       │   route   │          │
 *  header ──► ┌────────────┐  │  (input)  │          │
 *  checks     │ PREROUTING │─►│           │          ▼
 *             └────────────┘  └───────────┘   ┌─────────────┐   MTU,        neighbour,
 *                                   │forward  │ POSTROUTING │─► fragments ─► transmit ─► frame
 *                                   ▼         └─────────────┘
 *                  TTL ≤ 1, redirect, MTU,           ▲
 *                  TTL − 1 ──► ┌───────────┐         │
 *                              │  FORWARD  │─────────┘
 *                              └───────────┘
 * ```
 *
 * Conntrack and NAT are inside the hooks. Errors that the path answers with (ICMP) start at `send`'s OUTPUT.
 */
export class IpLayer implements IpStack {
  readonly #ns: Namespace
  readonly #icmpLimit = new IcmpRateLimit()
  readonly #redirectLimit = new RedirectLimit()
  /** Identification of the next datagram that may be fragmented (RFC 6864), −1 before the first. */
  #ipId = -1
  /** Why re-routing failed inside the OUTPUT hook that is being run. */
  #rerouteErrno: Errno | null = null

  constructor(ns: Namespace) {
    this.#ns = ns
  }

  receive(skb: Skb, dev: Device): void {
    const ns = this.#ns
    skb.dev = dev
    const fault = headerFault(skb, dev)
    if (fault !== null) {
      recordDrop(ns, skb, fault.reason, fault.detail)
      return
    }
    if (skb.preroutingDone) skb.preroutingDone = false
    else if (ns.netfilter.run(HOOK_PREROUTING, skb, dev, null) !== NF_ACCEPT) return

    // Over lo the packet keeps the route that it was sent with: a source of ours is no martian there.
    let decision = skb.looped ? skb.route : null
    if (decision === null) {
      decision = ns.fib.lookupInput(skb.dst, skb.src, skb.mark, dev)
      skb.route = decision
      recordRoute(ns, skb, 'input', decision)
    }
    switch (decision.action) {
      case 'local':
      case 'broadcast':
        this.#deliver(skb, dev)
        return
      case 'multicast':
        if (isMember(dev, skb.dst)) this.#deliver(skb, dev)
        else recordDrop(ns, skb, 'other_host', 'nobody here is a member of the multicast group')
        return
      case 'forward':
        this.#forward(skb, dev, decision)
        return
      case 'error':
        this.#routeError(skb, decision)
        return
      case 'drop':
        recordDrop(ns, skb, decisionDropReason(decision), '')
        return
    }
  }

  /** A packet that is for this host (ip_local_deliver, ip6_input). IPv6 meets INPUT before it is put together. */
  #deliver(skb: Skb, dev: Device): void {
    const ns = this.#ns
    const v6 = isV6(skb.dst)
    const piece = skb.mf || skb.fragOffset > 0
    if (piece && !v6 && ns.conntrack.defragment(skb, HOOK_INPUT) !== NF_ACCEPT) return
    if (ns.netfilter.run(HOOK_INPUT, skb, dev, null) !== NF_ACCEPT) return
    if (piece && v6 && ns.conntrack.defragment(skb, HOOK_INPUT) !== NF_ACCEPT) return
    if (v6 && skb.proto === IPPROTO_ICMPV6 && isNd(skb.icmpType)) ns.neighbours.receiveNd(skb, dev)
    else ns.sockets.deliver(skb, dev)
  }

  /** ip_error; IPv6 knows no host unreachable for routes (ip6_pkt_discard, ip6_pkt_prohibit). */
  #routeError(skb: Skb, decision: RouteDecision): void {
    if (isV6(skb.dst)) {
      const prohibited = decision.icmpCode === ICMP_PKT_FILTERED
      this.sendError(skb, ICMPV6_DEST_UNREACH, prohibited ? ICMPV6_ADM_PROHIBITED : ICMPV6_NOROUTE)
    } else if (decision.icmpType >= 0 && this.#icmpLimit.routeError(skb.src, this.#ns.sim.now)) {
      this.sendError(skb, decision.icmpType, decision.icmpCode)
    }
    recordDrop(this.#ns, skb, decisionDropReason(decision), '')
  }

  #forward(skb: Skb, dev: Device, decision: RouteDecision): void {
    const ns = this.#ns
    const v6 = isV6(skb.dst)
    if (skb.pktType !== PACKET_HOST) {
      recordDrop(ns, skb, 'other_host', 'broadcast and multicast frames are not forwarded')
      return
    }
    if (skb.ttl <= 1) {
      this.sendError(skb, ICMP_TIME_EXCEEDED, 0)
      recordDrop(ns, skb, 'ttl_expired', v6 ? 'hop limit' : 'TTL')
      return
    }
    if (v6 && isLinkLocal(skb.src)) {
      this.sendError(skb, ICMPV6_DEST_UNREACH, ICMPV6_NOT_NEIGHBOUR)
      recordDrop(ns, skb, 'martian_source', 'a link-local source does not leave its link')
      return
    }
    const redirect = decision.dev === dev && ns.fib.redirectDue(decision, skb.src, dev)
    if (redirect && v6) this.#redirect6(skb, dev, decision)
    const mtu = ns.fib.mtuTo(decision, skb.dst, true)
    if (skb.length > mtu && this.#tooBig(skb, mtu, v6, true)) return
    skb.ttl--
    recordTtl(ns, skb)
    if (redirect && !v6) this.#redirect(skb, decision)
    if (ns.netfilter.run(HOOK_FORWARD, skb, dev, decision.dev) !== NF_ACCEPT) return
    this.#output(skb, decision, dev)
  }

  /** Tells the sender of the better gateway (ip_rt_send_redirect). What it quotes has its new TTL already. */
  #redirect(skb: Skb, decision: RouteDecision): void {
    if (!this.#redirectLimit.allow(skb.src, this.#ns.sim.now)) return
    this.#answer(skb, ICMP_REDIRECT, 1, 0, decision.gateway ?? skb.dst)
  }

  /** The same for IPv6 (ndisc_send_redirect), before the hop limit changes; it is a message of neighbour discovery. */
  #redirect6(skb: Skb, dev: Device, decision: RouteDecision): void {
    const redirect = makeNdRedirect(this.#ns, skb, dev, decision.gateway ?? skb.dst)
    if (redirect === null || !this.#icmpLimit.peer(skb.src, REDIRECT_INTERVAL, this.#ns.sim.now)) return
    recordOriginate(this.#ns, redirect.skb, 'redirect')
    this.#localOut(redirect.skb, redirect.decision)
  }

  send(skb: Skb, oif = 0): Errno | null {
    const ns = this.#ns
    const { fib } = ns
    const v6 = isV6(skb.dst)
    const decision = fib.lookupOutput(skb.dst, skb.src, skb.mark, oif)
    if (decision.errno === null && isUnspecified(skb.src)) skb.src = fib.selectSource(decision, skb.dst)
    recordRoute(ns, skb, 'output', decision)
    if (decision.errno !== null || decision.dev === null) {
      const errno = decision.errno ?? 'ENETUNREACH'
      recordDrop(ns, skb, outputDropReason(decision), errno)
      return errno
    }
    const mtu = fib.mtuTo(decision, skb.dst)
    if (skb.length > mtu) {
      if (skb.pmtudiscDo || skb.length > MAX_LENGTH) {
        recordDrop(ns, skb, 'mtu_exceeded', `EMSGSIZE: ${skb.length} bytes, MTU ${mtu}`)
        return 'EMSGSIZE'
      }
      if (skb.proto !== IPPROTO_TCP) skb.df = false
    }
    if (!v6 && !skb.df && skb.ipId === 0) skb.ipId = this.#nextIpId()
    return this.#localOut(skb, decision)
  }

  reroute(skb: Skb): Errno | null {
    const ns = this.#ns
    const oif = isV6(skb.dst) && isLinkLocal(skb.dst) && skb.route?.dev ? skb.route.dev.index : 0
    const decision = ns.fib.lookupOutput(skb.dst, skb.src, skb.mark, oif, true)
    recordRoute(ns, skb, 'reroute', decision)
    if (decision.errno !== null) {
      this.#rerouteErrno = decision.errno
      recordDrop(ns, skb, outputDropReason(decision), decision.errno)
      return decision.errno
    }
    skb.route = decision
    return null
  }

  finishOutput(skb: Skb, decision: RouteDecision): void {
    this.#finish(skb, decision)
  }

  sendError(skb: Skb, type: number, code: number, info = 0): void {
    this.#answer(skb, type, code, info, V4_ANY)
  }

  sendReset(skb: Skb, bridged: boolean): void {
    const ns = this.#ns
    const reset = makeReset(ns, skb)
    if (reset === null) return
    recordOriginate(ns, reset, 'reject')
    const decision = ns.fib.lookupOutput(reset.dst, reset.src, 0, 0, true)
    if (decision.errno !== null) return
    const port = skb.physIn
    if (port !== null) {
      // Frames that a bridge took in are answered by the port they came from, past all hooks (nf_reject_ipv4.c).
      reset.ethSrc = skb.ethDst
      reset.ethDst = skb.ethSrc
      port.transmit(reset)
      return
    }
    if (!bridged) this.#localOut(reset, decision)
  }

  #answer(cause: Skb, type: number, code: number, info: number, gateway: Addr): void {
    const error = makeIcmpError(this.#ns, this.#icmpLimit, cause, type, code, info, gateway)
    if (error === null) return
    const { skb, decision } = error
    recordRoute(this.#ns, skb, 'output', decision)
    if (!isV6(skb.dst)) skb.ipId = this.#nextIpId()
    this.#localOut(skb, decision)
  }

  /** A packet made here, whose route is known (ip_local_out). */
  #localOut(skb: Skb, decision: RouteDecision): Errno | null {
    skb.route = decision
    // A REJECT inside this hook sends packets of its own through it.
    const outer = this.#rerouteErrno
    this.#rerouteErrno = null
    const verdict = this.#ns.netfilter.run(HOOK_OUTPUT, skb, null, decision.dev)
    const failed = this.#rerouteErrno
    this.#rerouteErrno = outer
    if (verdict !== NF_ACCEPT) return failed ?? 'EPERM'
    return this.#output(skb, skb.route, null)
  }

  #output(skb: Skb, decision: RouteDecision, inDev: Device | null): Errno | null {
    if (decision.action === 'broadcast' && inDev === null) this.#loopBack(skb, decision)
    if (this.#ns.netfilter.run(HOOK_POSTROUTING, skb, inDev, decision.dev) !== NF_ACCEPT) return 'EPERM'
    return this.#finish(skb, decision)
  }

  #finish(skb: Skb, decision: RouteDecision): Errno | null {
    const forwarded = skb.dev !== null
    const mtu = this.#ns.fib.mtuTo(decision, skb.dst, forwarded)
    if (skb.length <= mtu && skb.fragMaxSize === 0) {
      this.#transmit(skb, decision)
      return null
    }
    const v6 = isV6(skb.dst)
    if (skb.length > mtu && this.#tooBig(skb, mtu, v6, forwarded)) return 'EMSGSIZE'
    // What arrived in fragments leaves in fragments no longer than those.
    const size = skb.fragMaxSize > 0 && skb.fragMaxSize < mtu ? skb.fragMaxSize : mtu
    if (v6 && skb.ipId === 0) skb.ipId = this.#nextIpId()
    const pieces = fragment(skb, v6 && size < IPV6_MIN_MTU ? IPV6_MIN_MTU : size)
    recordFragment(this.#ns, skb, size, pieces.length)
    for (const piece of pieces) this.#transmit(piece, decision)
    return null
  }

  /**
   * Answers with fragmentation needed or packet too big where the packet must not be fragmented here: DF, or IPv6 that is not
   * our own. A datagram that was put together from fragments may be cut again, if they fitted (ip_exceeds_mtu, ip_fragment).
   */
  #tooBig(skb: Skb, mtu: number, v6: boolean, forwarded: boolean): boolean {
    const limit = v6 && mtu < IPV6_MIN_MTU ? IPV6_MIN_MTU : mtu
    if (skb.length <= limit) return false
    const forbidden = v6 ? forwarded || skb.proto === IPPROTO_TCP || skb.pmtudiscDo : skb.df
    if (!forbidden || (skb.fragMaxSize > 0 && skb.fragMaxSize <= limit)) return false
    this.sendError(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, limit)
    recordDrop(this.#ns, skb, 'mtu_exceeded', `${skb.length} bytes, MTU ${limit}`)
    return true
  }

  #transmit(skb: Skb, decision: RouteDecision): void {
    const { dev } = decision
    if (dev === null) return
    if (!dev.noarp) {
      this.#ns.neighbours.output(skb, dev, decision.gateway ?? skb.dst)
      return
    }
    if (dev.kind === 'loopback') skb.looped = true
    dev.transmit(skb)
  }

  /** A broadcast also reaches this host itself, over the device it leaves by (ip_mc_output). */
  #loopBack(skb: Skb, decision: RouteDecision): void {
    const { dev } = decision
    if (dev === null || dev.kind === 'loopback') return
    const copy = cloneSkb(skb)
    copy.looped = true
    this.#ns.sim.schedule(0, () => this.receive(copy, dev))
  }

  #nextIpId(): number {
    if (this.#ipId < 0) this.#ipId = this.#ns.sim.chance.arbitrary(65_536)
    this.#ipId = (this.#ipId + 1) & 0xffff
    if (this.#ipId === 0) this.#ipId = 1
    return this.#ipId
  }
}

function isNd(type: number): boolean {
  return type >= NDISC_NEIGHBOUR_SOLICITATION && type <= NDISC_REDIRECT
}

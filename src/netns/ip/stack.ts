import { isLinkLocal, isV6 } from '../../wire/addr.ts'
import { IPPROTO_ICMPV6 } from '../../wire/protocol.ts'
import type { Device } from '../model/device.ts'
import type { Errno } from '../model/errno.ts'
import type { IpStack, Namespace } from '../model/namespace.ts'
import { HOOK_FORWARD, HOOK_INPUT, HOOK_PREROUTING, NF_ACCEPT } from '../model/netfilter.ts'
import type { RouteDecision } from '../model/route.ts'
import { PACKET_HOST, type Skb } from '../model/skb.ts'
import { decisionDropReason } from './drop-reason.ts'
import { recordDrop, recordOriginate, recordRoute, recordTtl } from './events.ts'
import { isMember } from './group-membership.ts'
import { headerFault } from './header-check.ts'
import {
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
import { OutputPath } from './output.ts'
import { IcmpRateLimit } from './rate-limit.ts'
import { RedirectLimit } from './redirect-limit.ts'

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
  readonly #out: OutputPath

  constructor(ns: Namespace) {
    this.#ns = ns
    this.#out = new OutputPath(ns, this.#icmpLimit, (skb, dev) => this.receive(skb, dev))
  }

  receive(skb: Skb, dev: Device): void {
    const ns = this.#ns
    skb.dev = dev
    const fault = headerFault(skb, dev)
    if (fault !== null) {
      recordDrop(ns, skb, fault.reason, fault.detail)
      return
    }
    const bridged = skb.preroutingDone
    if (skb.fragMaxSize > 0) {
      // How long the fragments were that a bridge put together is forgotten on the way up (IPCB is cleared in ip_rcv).
      skb.fragListSize = skb.fragMaxSize
      skb.fragMaxSize = 0
    }
    if (bridged) skb.preroutingDone = false
    else if (ns.netfilter.run(HOOK_PREROUTING, skb, dev, null) !== NF_ACCEPT) return

    // Over lo the packet keeps the route that it was sent with: a source of ours is no martian there. After DNAT in a bridge
    // it has one as well (br_nf_pre_routing_finish); failures are found again here.
    let decision = skb.looped || bridged ? skb.route : null
    const known = decision !== null && decision.action !== 'error' && decision.action !== 'drop'
    if (decision === null || !known) {
      decision = ns.fib.lookupInput(skb.dst, skb.src, skb.mark, dev)
      skb.route = decision
    }
    if (!skb.looped) recordRoute(ns, skb, 'input', decision)
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
        this.#forward(skb, dev, decision, known)
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
    recordDrop(this.#ns, skb, decisionDropReason(decision), '')
    if (isV6(skb.dst)) {
      const prohibited = decision.icmpCode === ICMP_PKT_FILTERED
      this.#out.sendError(skb, ICMPV6_DEST_UNREACH, prohibited ? ICMPV6_ADM_PROHIBITED : ICMPV6_NOROUTE)
    } else if (decision.icmpType >= 0 && this.#icmpLimit.routeError(skb.src, this.#ns.sim.now)) {
      this.#out.sendError(skb, decision.icmpType, decision.icmpCode)
    }
  }

  #forward(skb: Skb, dev: Device, decision: RouteDecision, known: boolean): void {
    const ns = this.#ns
    const v6 = isV6(skb.dst)
    if (skb.pktType !== PACKET_HOST) {
      recordDrop(ns, skb, 'other_host', 'broadcast and multicast frames are not forwarded')
      return
    }
    if (skb.ttl <= 1) {
      recordDrop(ns, skb, 'ttl_expired', v6 ? 'hop limit' : 'TTL')
      this.#out.sendError(skb, ICMP_TIME_EXCEEDED, 0)
      return
    }
    if (v6 && isLinkLocal(skb.src)) {
      recordDrop(ns, skb, 'martian_source', 'a link-local source does not leave its link')
      this.#out.sendError(skb, ICMPV6_DEST_UNREACH, ICMPV6_NOT_NEIGHBOUR)
      return
    }
    const redirect = decision.dev === dev && ns.fib.redirectDue(decision, skb.src, dev)
    if (redirect && v6) this.#redirect6(skb, dev, decision)
    const mtu = ns.fib.mtuTo(decision, skb.dst, true)
    if (skb.length > mtu && this.#out.tooBig(skb, mtu, v6, true)) return
    skb.ttl--
    recordTtl(ns, skb)
    // That a redirect is due is found by the lookup, and forgotten on the way up from a bridge (IPCB is cleared in ip_rcv).
    if (redirect && !v6 && !known) this.#redirect(skb, decision)
    if (ns.netfilter.run(HOOK_FORWARD, skb, dev, decision.dev) !== NF_ACCEPT) return
    this.#out.output(skb, decision, dev, true)
  }

  /** Tells the sender of the better gateway (ip_rt_send_redirect). What it quotes has its new TTL already. */
  #redirect(skb: Skb, decision: RouteDecision): void {
    if (!this.#redirectLimit.allow(skb.src, this.#ns.sim.now)) return
    this.#out.answer(skb, ICMP_REDIRECT, 1, 0, decision.gateway ?? skb.dst)
  }

  /** The same for IPv6 (ndisc_send_redirect), before the hop limit changes; it is a message of neighbour discovery. */
  #redirect6(skb: Skb, dev: Device, decision: RouteDecision): void {
    const redirect = makeNdRedirect(this.#ns, skb, dev, decision.gateway ?? skb.dst)
    if (redirect === null || !this.#icmpLimit.peer(skb.src, REDIRECT_INTERVAL, this.#ns.sim.now)) return
    recordOriginate(this.#ns, redirect.skb, 'redirect')
    this.#out.localOut(redirect.skb, redirect.decision)
  }

  send(skb: Skb, oif = 0, from = skb.src): Errno | null {
    return this.#out.send(skb, oif, from)
  }

  reroute(skb: Skb): Errno | null {
    return this.#out.reroute(skb)
  }

  finishOutput(skb: Skb, decision: RouteDecision): void {
    this.#out.finish(skb, decision, skb.dev !== null)
  }

  sendError(skb: Skb, type: number, code: number, info = 0): void {
    this.#out.sendError(skb, type, code, info)
  }

  sendReset(skb: Skb, bridged: boolean): void {
    this.#out.sendReset(skb, bridged)
  }
}

function isNd(type: number): boolean {
  return type >= NDISC_NEIGHBOUR_SOLICITATION && type <= NDISC_REDIRECT
}

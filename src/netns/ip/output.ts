import { type Addr, isLinkLocal, isUnspecified, isV6, V4_ANY } from '../../wire/addr.ts'
import { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP } from '../../wire/protocol.ts'
import type { Device } from '../model/device.ts'
import type { Errno } from '../model/errno.ts'
import type { Namespace } from '../model/namespace.ts'
import { HOOK_OUTPUT, HOOK_POSTROUTING, NF_ACCEPT } from '../model/netfilter.ts'
import type { RouteDecision } from '../model/route.ts'
import { cloneSkb, type Skb } from '../model/skb.ts'
import { outputDropReason } from './drop-reason.ts'
import { recordDrop, recordFragment, recordOriginate, recordRoute } from './events.ts'
import { fragment } from './fragment.ts'
import { makeIcmpError } from './icmp-error.ts'
import { ICMP_DEST_UNREACH, ICMP_ECHOREPLY, ICMP_FRAG_NEEDED, ICMPV6_ECHO_REPLY } from './icmp-numbers.ts'
import type { IcmpRateLimit } from './rate-limit.ts'
import { makeReset } from './tcp-reset.ts'

/** RFC 8200 §5: every link carries at least that much. */
const IPV6_MIN_MTU = 1280
const MAX_LENGTH = 65_535

/** The right half of the picture in stack.ts: from `send` or FORWARD to the neighbour (ip_output.c, ip6_output.c). */
export class OutputPath {
  readonly #ns: Namespace
  readonly #icmpLimit: IcmpRateLimit
  readonly #receive: (skb: Skb, dev: Device) => void
  /** Identification of the next datagram that may be fragmented (RFC 6864), −1 before the first. */
  #ipId = -1
  /** Why re-routing failed inside the OUTPUT hook that is being run. */
  #rerouteErrno: Errno | null = null
  /**
   * A message of ICMP is on its way out (icmp_xmit_lock holds the socket that sends all of them): until it has left, or waits
   * for a neighbour, nothing that happens to it, or to the packet that carries it, is answered by another one.
   */
  #icmpBusy = false
  #icmpv6Busy = false

  constructor(ns: Namespace, icmpLimit: IcmpRateLimit, receive: (skb: Skb, dev: Device) => void) {
    this.#ns = ns
    this.#icmpLimit = icmpLimit
    this.#receive = receive
  }

  /** `IpStack.send`. */
  send(skb: Skb, oif = 0, from = skb.src): Errno | null {
    const ns = this.#ns
    const { fib } = ns
    const v6 = isV6(skb.dst)
    const decision = fib.lookupOutput(skb.dst, from, skb.mark, oif)
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
      if (skb.proto !== IPPROTO_TCP) {
        skb.df = false
        // A socket's datagram is cut when it is made (ip_append_data): a way that is found later and takes more does not change that.
        skb.fragListSize = mtu
      }
    }
    if (!v6 && !skb.df && skb.ipId === 0) skb.ipId = this.#nextIpId()
    return isEchoReply(skb) ? this.#sendIcmp(skb, decision, v6) : this.localOut(skb, decision)
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

  /** A packet made here, whose route is known (ip_local_out). */
  localOut(skb: Skb, decision: RouteDecision): Errno | null {
    skb.route = decision
    // A REJECT inside this hook sends packets of its own through it.
    const outer = this.#rerouteErrno
    this.#rerouteErrno = null
    const verdict = this.#ns.netfilter.run(HOOK_OUTPUT, skb, null, decision.dev)
    const failed = this.#rerouteErrno
    this.#rerouteErrno = outer
    if (verdict !== NF_ACCEPT) return failed ?? 'EPERM'
    // The outer packet of a tunnel still has the tunnel's device: POSTROUTING sees it as IN.
    return this.output(skb, skb.route, skb.dev, false)
  }

  /** POSTROUTING and what follows; `inDev` is null for a packet of our own, unless it is one of a tunnel. */
  output(skb: Skb, decision: RouteDecision, inDev: Device | null, forwarded: boolean): Errno | null {
    if (decision.action === 'broadcast' && !forwarded) this.#loopBack(skb, decision)
    if (this.#ns.netfilter.run(HOOK_POSTROUTING, skb, inDev, decision.dev) !== NF_ACCEPT) return 'EPERM'
    return this.finish(skb, decision, forwarded)
  }

  /** After POSTROUTING: MTU, fragments, neighbour (ip_finish_output). */
  finish(skb: Skb, decision: RouteDecision, forwarded: boolean): Errno | null {
    const mtu = this.#ns.fib.mtuTo(decision, skb.dst, forwarded)
    if (skb.length <= mtu && skb.fragMaxSize === 0) {
      this.#transmit(skb, decision)
      return null
    }
    const v6 = isV6(skb.dst)
    if (skb.length > mtu && this.tooBig(skb, mtu, v6, forwarded)) return 'EMSGSIZE'
    // What arrived in fragments leaves in fragments no longer than those.
    const before = skb.fragMaxSize > 0 ? skb.fragMaxSize : skb.fragListSize
    const size = before > 0 && before < mtu ? before : mtu
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
  tooBig(skb: Skb, mtu: number, v6: boolean, forwarded: boolean): boolean {
    const limit = v6 && mtu < IPV6_MIN_MTU ? IPV6_MIN_MTU : mtu
    if (skb.length <= limit) return false
    const forbidden = v6 ? forwarded || skb.proto === IPPROTO_TCP || skb.pmtudiscDo : skb.df
    if (!forbidden || (skb.fragMaxSize > 0 && skb.fragMaxSize <= limit)) return false
    // Put together by the bridge: the size of the pieces is forgotten, not that there were some (ignore_df, ip6_pkt_too_big).
    if (v6 && skb.fragMaxSize === 0 && skb.fragListSize > 0) return false
    if (this.#ns.sim.recorder !== null) {
      recordDrop(this.#ns, skb, 'mtu_exceeded', `${skb.length} bytes, MTU ${limit}`)
    }
    this.sendError(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, limit)
    return true
  }

  sendError(skb: Skb, type: number, code: number, info = 0): void {
    this.answer(skb, type, code, info, V4_ANY)
  }

  /** Sends the ICMP error that `cause` deserves, if any. */
  answer(cause: Skb, type: number, code: number, info: number, gateway: Addr): void {
    const v6 = isV6(cause.dst)
    if (v6 ? this.#icmpv6Busy : this.#icmpBusy) return
    const error = makeIcmpError(this.#ns, this.#icmpLimit, cause, type, code, info, gateway)
    if (error === null) return
    const { skb, decision } = error
    recordRoute(this.#ns, skb, 'output', decision)
    if (!v6) skb.ipId = this.#nextIpId()
    this.#sendIcmp(skb, decision, v6)
  }

  #sendIcmp(skb: Skb, decision: RouteDecision, v6: boolean): Errno | null {
    const outer = v6 ? this.#icmpv6Busy : this.#icmpBusy
    if (v6) this.#icmpv6Busy = true
    else this.#icmpBusy = true
    try {
      return this.localOut(skb, decision)
    } finally {
      if (v6) this.#icmpv6Busy = outer
      else this.#icmpBusy = outer
    }
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
    if (!bridged) this.localOut(reset, decision)
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
    this.#ns.sim.schedule(0, () => this.#receive(copy, dev))
  }

  #nextIpId(): number {
    if (this.#ipId < 0) this.#ipId = this.#ns.sim.chance.arbitrary(65_536)
    this.#ipId = (this.#ipId + 1) & 0xffff
    if (this.#ipId === 0) this.#ipId = 1
    return this.#ipId
  }
}

/** The kernel answers echo requests itself, by the same socket as its errors. */
function isEchoReply(skb: Skb): boolean {
  return (
    (skb.proto === IPPROTO_ICMP && skb.icmpType === ICMP_ECHOREPLY) ||
    (skb.proto === IPPROTO_ICMPV6 && skb.icmpType === ICMPV6_ECHO_REPLY)
  )
}

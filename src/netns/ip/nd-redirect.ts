import { type Addr, isLinkLocal, isV6 } from '../../wire/addr.ts'
import { IPPROTO_ICMPV6 } from '../../wire/protocol.ts'
import type { Device } from '../model/device.ts'
import type { Namespace } from '../model/namespace.ts'
import { cloneSkb, Skb } from '../model/skb.ts'
import { setLengths } from '../skb-bytes.ts'
import type { IcmpError } from './icmp-error.ts'
import { NDISC_REDIRECT } from './icmp-numbers.ts'

/** RFC 4861 §8.1: receivers discard a redirect that may have crossed a router. */
const HOP_LIMIT = 255

/**
 * The ICMPv6 redirect (RFC 4861 §4.5) that tells the sender of `cause` to use `target` instead of us (ndisc_send_redirect),
 * or null: without a link-local address of ours to send it from, when the better gateway is known by a global address only,
 * and to senders that are not on the link.
 */
export function makeNdRedirect(ns: Namespace, cause: Skb, dev: Device, target: Addr): IcmpError | null {
  if (target !== cause.dst && !isLinkLocal(target)) return null
  const source = dev.addresses.find(({ addr }) => isV6(addr) && isLinkLocal(addr))
  if (source === undefined) return null
  const decision = ns.fib.lookupOutput(cause.src, source.addr, 0, dev.index)
  if (decision.errno !== null || decision.gateway !== null || decision.dev !== dev) return null
  const skb = new Skb()
  skb.id = ns.sim.nextPacketId()
  skb.causeId = cause.id
  skb.etherType = cause.etherType
  skb.src = source.addr
  skb.dst = cause.src
  skb.proto = IPPROTO_ICMPV6
  skb.ttl = HOP_LIMIT
  skb.icmpType = NDISC_REDIRECT
  skb.icmpTarget = target
  skb.ndLladdr = ns.neighbours.lookup(dev, target)
  const quote = cloneSkb(cause)
  quote.ct = null
  quote.route = null
  quote.dev = null
  skb.inner = quote
  setLengths(skb)
  return { skb, decision }
}

import { IPPROTO_ICMP } from '../../wire/protocol.ts'
import type { Namespace } from '../model/namespace.ts'
import type { Skb } from '../model/skb.ts'
import { viewOf } from '../skb-bytes.ts'
import { isPacketTooBig } from './icmp-errno.ts'

const ICMP_REDIRECT = 5

/**
 * What routing learns from an ICMP message about a packet of ours: the path's MTU, a better gateway (ipv4_update_pmtu,
 * ipv4_redirect). IPv6 redirects are neighbour discovery's.
 */
export function learnRoute(ns: Namespace, skb: Skb, quoted: Skb): void {
  if (isPacketTooBig(skb)) {
    ns.fib.learnPathMtu(quoted.dst, skb.icmpInfo)
  } else if (skb.proto === IPPROTO_ICMP && skb.icmpType === ICMP_REDIRECT && skb.dev !== null) {
    ns.fib.learnRedirect(quoted.dst, skb.icmpTarget, skb.dev, skb.src)
    const { recorder } = ns.sim
    if (recorder !== null) {
      const packet = viewOf(skb)
      recorder.record({
        kind: 'redirect',
        time: ns.sim.now,
        ns: ns.name,
        packet,
        gateway: skb.icmpTarget,
        to: quoted.dst,
      })
    }
  }
}

import { isV6 } from '../../wire/addr.ts'
import { IPPROTO_TCP, TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from '../../wire/protocol.ts'
import type { Namespace } from '../model/namespace.ts'
import { Skb } from '../model/skb.ts'
import { setLengths } from '../skb-bytes.ts'

/**
 * The RST that answers a TCP segment in the name of its destination (RFC 9293 §3.5.2, nf_reject_ipv4.c): null for a
 * segment that is a RST itself, a later fragment, or no TCP.
 */
export function makeReset(ns: Namespace, cause: Skb): Skb | null {
  if (cause.proto !== IPPROTO_TCP || cause.fragOffset > 0 || (cause.tcpFlags & TCP_RST) !== 0) return null
  const v6 = isV6(cause.dst)
  const skb = new Skb()
  skb.id = ns.sim.nextPacketId()
  skb.causeId = cause.id
  skb.etherType = cause.etherType
  skb.src = cause.dst
  skb.dst = cause.src
  skb.proto = IPPROTO_TCP
  skb.ttl = v6 ? 64 : ns.sysctl.ipDefaultTtl
  skb.df = !v6
  skb.sport = cause.dport
  skb.dport = cause.sport
  skb.tcpWindow = 0
  if ((cause.tcpFlags & TCP_ACK) !== 0) {
    skb.tcpFlags = TCP_RST
    skb.tcpSeq = cause.tcpAck
  } else {
    const syn = (cause.tcpFlags & TCP_SYN) === 0 ? 0 : 1
    const fin = (cause.tcpFlags & TCP_FIN) === 0 ? 0 : 1
    skb.tcpFlags = TCP_RST | TCP_ACK
    skb.tcpAck = (cause.tcpSeq + syn + fin + cause.payloadLength) >>> 0
  }
  setLengths(skb)
  ns.conntrack.attach(skb, cause)
  ns.conntrack.setClosing(cause)
  return skb
}

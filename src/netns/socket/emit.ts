import { type Addr, isV6 } from '../../wire/addr.ts'
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from '../../wire/protocol.ts'
import type { Errno } from '../model/errno.ts'
import type { Namespace } from '../model/namespace.ts'
import { Skb } from '../model/skb.ts'
import { setLengths, viewOf } from '../skb-bytes.ts'

/** A packet of this host with its IP header but for the length. */
export function newPacket(ns: Namespace, proto: number, src: Addr, dst: Addr, causeId: number): Skb {
  const skb = new Skb()
  skb.id = ns.sim.nextPacketId()
  skb.causeId = causeId
  skb.etherType = isV6(dst) ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4
  skb.proto = proto
  skb.src = src
  skb.dst = dst
  skb.ttl = ns.sysctl.ipDefaultTtl
  skb.ipId = skb.id & 0xffff
  return skb
}

/** Completes the lengths and gives the packet to the IP stack, `from` as in `IpStack.send`. Returns the errno that the sender's call gets. */
export function transmit(ns: Namespace, skb: Skb, oif: number, from: Addr = skb.src): Errno | null {
  // IPv6 has no such bit: nobody but the sender fragments.
  if (isV6(skb.dst)) skb.df = false
  setLengths(skb)
  const { recorder } = ns.sim
  if (recorder !== null) {
    recorder.record({ kind: 'originate', time: ns.sim.now, ns: ns.name, packet: viewOf(skb), by: 'socket' })
  }
  return ns.ip.send(skb, oif, from)
}

/** Records that a socket, or the kernel's own responder, took a packet. Call only while a recorder is there. */
export function recordDeliver(ns: Namespace, skb: Skb, what: string, assumed: boolean): void {
  ns.sim.recorder?.record({ kind: 'deliver', time: ns.sim.now, ns: ns.name, packet: viewOf(skb), what, assumed })
}

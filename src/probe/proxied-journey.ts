import type { PacketView, TraceEvent } from '../trace/index.ts'
import { IPPROTO_TCP } from '../wire/protocol.ts'
import { hasData } from './connection.ts'
import { deliveryOf, type Leg, staysOf } from './packet-journey.ts'

/**
 * The way of packet `id`, and of the packets by which proxies went on because of it, in order: what a packet to a Service goes
 * through where kube-proxy is a program in user space.
 */
export function legsOf(events: readonly TraceEvent[], id: number): Leg[] {
  const ids = [id]
  for (const event of events) {
    if (event.kind === 'proxy' && event.packet.id === id && event.next !== 0) ids.push(event.next)
  }
  return ids.flatMap(each => {
    const packet = events.find(event => event.packet.id === each)?.packet
    return packet === undefined ? [] : [{ packet, stays: staysOf(events, each) }]
  })
}

/**
 * The way back through a proxy: the endpoint's answer to the proxy, and the proxy's to the client. Of a TCP connection these are
 * the first bytes: handshakes go no further than the proxy. Empty without a proxy, or when it has brought no answer.
 */
export function legsBack(events: readonly TraceEvent[], legs: readonly Leg[]): Leg[] {
  const first = legs[0]
  const last = legs.at(-1)
  if (first === undefined || last === undefined || first === last) return []
  const packets = [last, first].flatMap(leg => answerIn(events, leg) ?? [])
  return packets.length < 2 ? [] : packets.map(packet => ({ packet, stays: staysOf(events, packet.id) }))
}

/** The first packet with data that the receiver of a leg's packet sent back on its connection. */
function answerIn(events: readonly TraceEvent[], leg: Leg): PacketView | undefined {
  const delivery = deliveryOf(leg.stays)
  if (delivery === undefined) return undefined
  const { src, dst, sport, dport, proto } = delivery.packet
  return events.find(({ kind, ns, packet }) => {
    const back = packet.src === dst && packet.dst === src && packet.sport === dport && packet.dport === sport
    return (
      kind === 'originate' &&
      ns === delivery.ns &&
      packet.proto === proto &&
      back &&
      (proto !== IPPROTO_TCP || hasData(packet))
    )
  })?.packet
}

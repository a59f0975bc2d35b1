import type { Connection, PacketView, TraceEvent } from '../trace/index.ts'
import { isV6 } from '../wire/addr.ts'
import { IPPROTO_TCP, TCP_ACK, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN } from '../wire/protocol.ts'

/** What the programs at both ends of a TCP connection sent after the first packet and its answer. Undefined for other protocols. */
export function connectionOf(
  events: readonly TraceEvent[],
  first: TraceEvent | undefined,
  answer: PacketView | undefined,
): Connection | undefined {
  if (first === undefined || first.packet.proto !== IPPROTO_TCP) return undefined
  const count = { packets: 0, data: 0, fin: 0, rst: 0, retransmitted: 0 }
  const sent = new Set([sequenceOf(first.packet)])
  for (const event of events) {
    if (event.kind !== 'originate' || event.by !== 'socket') continue
    const { packet } = event
    if (packet.proto !== IPPROTO_TCP || packet.id === first.packet.id || packet.id === answer?.id) continue
    count.packets++
    const sequence = sequenceOf(packet)
    if (isBare(packet)) continue
    if (sent.has(sequence)) count.retransmitted++
    sent.add(sequence)
    if ((packet.tcpFlags & TCP_FIN) !== 0) count.fin++
    if ((packet.tcpFlags & TCP_RST) !== 0) count.rst++
    if (hasData(packet)) count.data++
  }
  return count.packets === 0 ? undefined : count
}

/** Names a piece of one direction's byte stream. */
function sequenceOf(packet: PacketView): string {
  return `${packet.sport}>${packet.dport} ${packet.tcpSeq} ${packet.tcpFlags & (TCP_SYN | TCP_FIN | TCP_RST)}`
}

/** An acknowledgement and nothing else. */
function isBare(packet: PacketView): boolean {
  return packet.tcpFlags === TCP_ACK && !hasData(packet)
}

/** A TCP segment with bytes: pushed, or longer than its headers with the timestamps that Linux puts into every segment (20 + 12 bytes). */
export function hasData(packet: PacketView): boolean {
  if ((packet.tcpFlags & TCP_SYN) !== 0) return false
  return (packet.tcpFlags & TCP_PSH) !== 0 || packet.length > (isV6(packet.src) ? 40 : 20) + 32
}

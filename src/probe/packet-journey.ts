import type { PacketView, TraceEvent } from '../trace/index.ts'

/** What happened to one packet while it was in one namespace. */
export interface Stay {
  readonly ns: string
  readonly events: TraceEvent[]
}

/** The way of one packet. A journey has several where a program on the way goes on over a connection of its own. */
export interface Leg {
  readonly packet: PacketView
  readonly stays: readonly Stay[]
}

/** Whether an event is about this packet, also while it travels inside a tunnel. */
export function concerns(view: PacketView | null, id: number): boolean {
  for (let at = view; at !== null; at = at.inner) {
    if (at.id === id) return true
    // An ICMP error quotes a packet; it does not carry it.
    if (at.inner !== null && at.vni < 0 && at.proto !== 4 && at.proto !== 41) return false
  }
  return false
}

/**
 * The stays of a packet in the order of its journey. Copies that a bridge or segment flooded to machines that throw them away
 * are left out.
 */
export function staysOf(events: readonly TraceEvent[], id: number): Stay[] {
  const stays: Stay[] = []
  for (const event of events) {
    if (!concerns(event.packet, id)) continue
    const last = stays.at(-1)
    if (last !== undefined && last.ns === event.ns) last.events.push(event)
    else stays.push({ ns: event.ns, events: [event] })
  }
  const kept: Stay[] = []
  for (const stay of stays) {
    if (isStray(stay)) continue
    const last = kept.at(-1)
    // The stays on both sides of a stray copy belong together.
    if (last !== undefined && last.ns === stay.ns) last.events.push(...stay.events)
    else kept.push(stay)
  }
  return kept
}

function isStray(stay: Stay): boolean {
  return (
    stay.events.some(event => event.kind === 'drop' && event.reason === 'other_host') &&
    stay.events.every(event => event.kind === 'rx' || (event.kind === 'drop' && event.reason === 'other_host'))
  )
}

/** The packet that answers another one: the first that was made because of it, whether reply, ICMP error or RST. */
export function answerTo(events: readonly TraceEvent[], id: number): PacketView | undefined {
  return events.find(
    event =>
      event.kind === 'originate' &&
      event.packet.causeId === id &&
      (event.by === 'socket' || event.by === 'icmp_error' || event.by === 'reject'),
  )?.packet
}

/** The end of a packet: the drop that ended it, unless it was delivered. */
export function dropOf(stays: readonly Stay[]): Extract<TraceEvent, { kind: 'drop' }> | undefined {
  for (const stay of stays) {
    for (const event of stay.events) if (event.kind === 'drop' && event.reason !== 'other_host') return event
  }
  return undefined
}

export function deliveryOf(stays: readonly Stay[]): Extract<TraceEvent, { kind: 'deliver' }> | undefined {
  const events = stays.flatMap(stay => stay.events)
  return events.findLast(event => event.kind === 'deliver')
}

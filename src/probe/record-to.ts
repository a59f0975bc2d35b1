import type { Cluster } from '../cluster/index.ts'
import { SeededChance } from '../netns/index.ts'
import type { TraceEvent } from '../trace/index.ts'
import { Lookup, nameTarget } from './dns/index.ts'
import { EventLog } from './event-log.ts'
import type { TraceQuery } from './query.ts'
import { record, type TraceOptions } from './trace-query.ts'

/**
 * The events of one walk, with every frame; when TO is a DNS name with a port those of the lookups come first, and the exchange follows on
 * the same clock. Without an address there is no exchange. Throws what `traceTo` throws.
 */
export function recordTo(cluster: Cluster, query: TraceQuery, options: TraceOptions = {}): readonly TraceEvent[] {
  const target = nameTarget(query.to, query.port)
  if (target === undefined) return record(cluster, query, options)
  const seed = options.seed ?? 1
  const lab = cluster.lab(new SeededChance(seed))
  const recorder = new EventLog({ misses: false, frames: true })
  const { from, namespace = 'default' } = query
  const lookup = new Lookup(cluster, lab, { from, name: target.name, namespace }, { seed, recorder })
  const [address] = lookup.run().addresses
  if (address === undefined) return recorder.events
  // The port stands behind the name now.
  const { port: _, ...rest } = query
  const to = address.includes(':') ? `[${address}]:${target.port}` : `${address}:${target.port}`
  // The exchange has machines of its own: its clock and its packets go on where the lookups stopped.
  const { now } = lab.world.sim
  const seen = recorder.events.reduce((most, { packet }) => Math.max(most, packet.id), 0)
  const exchange = record(cluster, { ...rest, to }, options)
  return [...recorder.events, ...exchange.map(event => later(event, now, seen))]
}

function later(event: TraceEvent, time: number, seen: number): TraceEvent {
  const { id, causeId } = event.packet
  const packet = { ...event.packet, id: id + seen, causeId: causeId === 0 ? 0 : causeId + seen }
  return { ...event, time: event.time + time, packet }
}

import { IPPROTO_SCTP, IPPROTO_TCP } from '../../wire/protocol.ts'
import { type FlowEntry, NAT_DONE } from './entry.ts'
import { SCTP_STATES } from './sctp-states.ts'
import { SctpTrack } from './sctp-tags.ts'
import { type FlowTable, NOT_FOUND } from './table.ts'
import { TCP_STATE_NAMES } from './tcp-states.ts'
import { TCP_BE_LIBERAL, TcpTrack } from './tcp-track.ts'
import type { EntryText } from './text-format.ts'
import { parseConntrack } from './text-parse.ts'
import type { Tracker } from './tracker.ts'
import { hasPorts, inverseDport, inverseSport } from './tuple.ts'

/**
 * Adds the entries of a `conntrack -L` dump. Their NAT is what the two tuples differ by. Entries whose tuple is taken, or
 * that do not fit into the table any more, are left out. The dump does not tell the sequence numbers of TCP connections:
 * their first packets are believed. Returns how many were added.
 */
export function loadDump(tracker: Tracker, text: string, file?: string): number {
  const now = tracker.ns.sim.now
  let loaded = 0
  for (const line of parseConntrack(text, file)) {
    if (tracker.table.count >= tracker.max) break
    if (line.timeout <= 0) continue
    const { table } = tracker
    const { proto, original, reply } = line
    if (table.findTuple({ ...original, proto }, now) !== NOT_FOUND) continue
    if (table.findTuple({ ...reply, proto }, now) !== NOT_FOUND) continue
    table.insert(entryOf(table, line, now), now)
    loaded++
  }
  return loaded
}

function entryOf(table: FlowTable, line: EntryText, now: number): FlowEntry {
  const { original, reply, proto } = line
  const sport = inverseSport(proto, original.sport, original.dport)
  const dport = inverseDport(proto, original.sport, original.dport)
  const entry = table.create(
    original.src,
    original.dst,
    original.sport,
    original.dport,
    proto,
    sport,
    dport,
    line.zone,
    now,
  )
  entry.reply.src = reply.src
  entry.reply.dst = reply.dst
  entry.reply.sport = reply.sport
  entry.reply.dport = reply.dport
  entry.dnat = reply.src !== original.dst || (hasPorts(proto) && reply.sport !== original.dport)
  entry.snat = reply.dst !== original.src || (hasPorts(proto) ? reply.dport : reply.sport) !== original.sport
  entry.seenReply = line.seenReply
  entry.assured = line.assured
  entry.mark = line.mark
  entry.natDone = NAT_DONE
  entry.expires = now + line.timeout * 1_000_000
  if (proto === IPPROTO_TCP) {
    const track = new TcpTrack()
    track.state = (TCP_STATE_NAMES as readonly (string | null)[]).indexOf(line.state)
    track.original.flags = TCP_BE_LIBERAL
    track.reply.flags = TCP_BE_LIBERAL
    entry.tcp = track
    entry.tcpState = TCP_STATE_NAMES[track.state] ?? 'NONE'
  }
  if (proto === IPPROTO_SCTP) {
    entry.sctp = new SctpTrack()
    entry.sctp.announce(0, 0)
    entry.sctp.announce(1, 0)
    entry.sctpState = SCTP_STATES.find(name => name === line.state) ?? 'NONE'
  }
  return entry
}

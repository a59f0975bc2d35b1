import type { NatManip, NatRange } from '../model/conntrack.ts'
import type { FlowEntry } from './entry.ts'
import { NOT_FOUND } from './table.ts'
import { TCP_SYN_SENT, TCP_TIME_WAIT } from './tcp-states.ts'
import { after } from './tcp-window.ts'
import type { Tracker } from './tracker.ts'
import { type FreeTuple, hasPorts, isIcmp, sameTuple } from './tuple.ts'

/** Ports that are tried in the first round; and of each round the last ones, for which an old connection may have to go. */
const MAX_ATTEMPTS = 128
const HARDER = MAX_ATTEMPTS / 4
const FEWEST_ATTEMPTS = 16

/** Whether the packets of a flow with this tuple could not be told from those of another flow (nf_nat_used_tuple). */
export function tupleUsed(tracker: Tracker, tuple: FreeTuple, entry: FlowEntry): boolean {
  const reply = tracker.scratch
  reply.invert(tuple)
  const taken = tracker.table.findTuple(reply, tracker.ns.sim.now)
  // The same original tuple is the same flow twice: confirming will settle it.
  if (taken === NOT_FOUND) return false
  const other = tracker.table.entryOf(taken)
  return !other.is(entry) && !sameTuple(other.original, entry.original)
}

/** Whether the port (ICMP: the identifier) at this end of the tuple lies in the range; protocols without have no limits. */
export function inPortRange(tuple: FreeTuple, range: NatRange, manip: NatManip): boolean {
  if (isIcmp(tuple.proto)) return tuple.sport >= range.minPort && tuple.sport <= range.maxPort
  if (!hasPorts(tuple.proto)) return true
  const port = manip === 'src' ? tuple.sport : tuple.dport
  return port >= range.minPort && port <= range.maxPort
}

/** Whether the range names ports (NF_NAT_RANGE_PROTO_SPECIFIED). */
export function mapsPorts(range: NatRange): boolean {
  return range.minPort !== 0 || range.maxPort !== 0
}

/** Whether `--random` or `--random-fully` was given: one and the same since Linux 5.0 (NF_NAT_RANGE_PROTO_RANDOM_ALL). */
export function isRandom(range: NatRange): boolean {
  return range.random || range.randomFully
}

/**
 * Changes the port of the tuple until it is free (nf_nat_l4proto_unique_tuple). Without ports in the range a source port
 * stays in its class: 1–511, 600–1023 (for 512–1023), 1024–65535; an ICMP identifier is any; a destination port stays.
 * Returns whether it is free: when none of the tried ones was, the last stays, and confirming drops the packet.
 */
export function choosePort(
  tracker: Tracker,
  tuple: FreeTuple,
  range: NatRange,
  manip: NatManip,
  entry: FlowEntry,
): boolean {
  const icmp = isIcmp(tuple.proto)
  if (!icmp && !hasPorts(tuple.proto)) return false
  const atSource = icmp || manip === 'src'
  let min: number
  let size: number
  if (mapsPorts(range)) {
    min = Math.min(range.minPort, range.maxPort)
    size = Math.max(range.minPort, range.maxPort) - min + 1
  } else if (icmp) {
    min = 0
    size = 65_536
  } else {
    if (manip === 'dst') return false
    min = portClass(tuple.sport)
    size = min === 1 ? 511 : min === 600 ? 424 : 64_512
  }

  const { chance } = tracker.ns.sim
  let offset = isRandom(range) || manip === 'src' ? chance.arbitrary(65_536) : 0
  let attempts = Math.min(size, MAX_ATTEMPTS)
  for (;;) {
    for (let i = 0; i < attempts; i++) {
      const port = min + (((offset + i) & 0xffff) % size)
      if (atSource) tuple.sport = port
      else tuple.dport = port
      if (!usedAfterEviction(tracker, tuple, entry, attempts - i)) return true
    }
    if (attempts >= size || attempts < FEWEST_ATTEMPTS) return false
    attempts >>= 1
    offset = chance.arbitrary(65_536)
  }
}

/** The lowest port of the class that a source port belongs to. */
function portClass(port: number): number {
  return port < 512 ? 1 : port < 1024 ? 600 : 1024
}

/**
 * As `tupleUsed`; with few attempts left a new TCP connection may take the port of a masqueraded one in TIME_WAIT or CLOSE
 * whose sequence numbers it has passed (nf_nat_used_tuple_harder).
 */
function usedAfterEviction(tracker: Tracker, tuple: FreeTuple, entry: FlowEntry, attemptsLeft: number): boolean {
  if (!tupleUsed(tracker, tuple, entry)) return false
  if (attemptsLeft > HARDER || entry.tcp === null || entry.tcp.state !== TCP_SYN_SENT) return true
  const { table, ns } = tracker
  const taken = table.findTuple(tracker.scratch, ns.sim.now)
  if (taken === NOT_FOUND || table.dirOf(taken) === 0) return true
  const other = table.entryOf(taken)
  const old = other.tcp
  if (old === null || old.state < TCP_TIME_WAIT || other.fixedTimeout || !other.snat) return true
  if (!after(entry.tcp.original.end, old.original.end)) return true
  table.remove(other, ns.sim.now)
  return false
}

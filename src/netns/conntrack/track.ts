import { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from '../../wire/protocol.ts'
import { NF_ACCEPT, NF_DROP, type Verdict } from '../model/netfilter.ts'
import { CT_ESTABLISHED, CT_INVALID, CT_NEW, CT_UNTRACKED, DIR_ORIGINAL, DIR_REPLY, type Skb } from '../model/skb.ts'
import { type FlowEntry, flowOf } from './entry.ts'
import { recordConntrack, recordDrop } from './events.ts'
import { relateIcmpError, trackIcmp } from './icmp.ts'
import { isIcmpError, isUntrackedIcmpv6, NDISC_REDIRECT } from './icmp-types.ts'
import { refresh } from './refresh.ts'
import { trackSctp } from './sctp.ts'
import { NOT_FOUND } from './table.ts'
import { trackTcp } from './tcp.ts'
import type { Tracker } from './tracker.ts'
import { hashTuple, inverseDport, inverseSport, tupleDport, tupleSport } from './tuple.ts'
import { trackUdp } from './udp.ts'
import { TRACK_ACCEPT, TRACK_DESTROYED, TRACK_INVALID, TRACK_REPEAT, type TrackVerdict } from './verdicts.ts'

const IPPROTO_GRE = 47
const IPPROTO_UDPLITE = 136
/** `nf_conntrack_generic_timeout`, `nf_conntrack_gre_timeout` and `…_stream`, microseconds. */
const GENERIC_TIMEOUT = 600_000_000
const GRE_TIMEOUT = 30_000_000
const GRE_STREAM_TIMEOUT = 180_000_000
/** Of everything without `-j CT --zone`. */
const ZONE = 0

/**
 * Finds or makes the flow of a whole packet and lets its protocol follow it (nf_conntrack_in). Sets `ct`, `ctState` and
 * `ctDir`; `ct` stays null for INVALID and UNTRACKED packets, which go on. Drops only when the table is full.
 */
export function track(tracker: Tracker, skb: Skb): Verdict {
  // Untracked, over `lo` with its entry, or an answer attached to the flow of its cause.
  if (skb.ct !== null || skb.ctState === CT_UNTRACKED) return NF_ACCEPT
  const proto = skb.proto
  if (proto === IPPROTO_ICMP || proto === IPPROTO_ICMPV6) {
    if (proto === IPPROTO_ICMPV6 && isUntrackedIcmpv6(skb.icmpType)) {
      skb.ctState = CT_UNTRACKED
      skb.ctDir = DIR_ORIGINAL
      report(tracker, skb, 'untracked', null)
      return NF_ACCEPT
    }
    const quotes = isIcmpError(proto, skb.icmpType) || (proto === IPPROTO_ICMPV6 && skb.icmpType === NDISC_REDIRECT)
    if (quotes) {
      if (!relateIcmpError(tracker.ns, tracker.table, skb)) return invalid(tracker, skb)
      report(tracker, skb, 'match', flowOf(skb))
      return NF_ACCEPT
    }
  }
  return trackFlow(tracker, skb)
}

function trackFlow(tracker: Tracker, skb: Skb): Verdict {
  const { ns, table } = tracker
  const now = ns.sim.now
  const proto = skb.proto
  const sport = tupleSport(skb)
  const dport = tupleDport(skb)
  // Twice: the first time a SYN may have closed the old flow (−NF_REPEAT).
  for (let attempt = 0; attempt < 2; attempt++) {
    const node = table.find(skb.src, skb.dst, sport, dport, proto, now)
    let entry: FlowEntry
    let dir = DIR_ORIGINAL
    if (node === NOT_FOUND) {
      const answerPort = inverseDport(proto, sport, dport)
      if (answerPort < 0) return invalid(tracker, skb)
      if (table.count >= tracker.max && !tracker.makeRoom(hashTuple(skb.src, skb.dst, sport, dport, proto))) {
        return full(tracker, skb)
      }
      const answerSport = inverseSport(proto, sport, dport)
      entry = table.create(skb.src, skb.dst, sport, dport, proto, answerSport, answerPort, ZONE, now)
      entry.originalFreeAt = table.inserts
      skb.ctState = CT_NEW
    } else {
      entry = table.entryOf(node)
      dir = table.dirOf(node)
      skb.ctState = dir === DIR_REPLY || entry.seenReply ? CT_ESTABLISHED : CT_NEW
    }
    skb.ctDir = dir

    const recorder = ns.sim.recorder
    const before = entry.fingerprint
    const verdict = follow(tracker, entry, dir, skb, now)
    if (verdict === TRACK_REPEAT) {
      table.remove(entry, now)
      report(tracker, skb, 'destroy', entry)
      continue
    }
    if (verdict === TRACK_INVALID) {
      if (node === NOT_FOUND) table.discard(entry, now)
      return invalid(tracker, skb)
    }
    if (verdict === TRACK_DESTROYED) table.remove(entry, now)
    if (dir === DIR_REPLY && verdict !== TRACK_DESTROYED) entry.seenReply = true
    skb.ct = entry
    if (recorder !== null) {
      const action = verdict === TRACK_DESTROYED ? 'destroy' : node === NOT_FOUND ? 'new' : 'match'
      recordConntrack(recorder, ns, skb, action, entry)
      if (action === 'match' && entry.fingerprint !== before) recordConntrack(recorder, ns, skb, 'update', entry)
    }
    // A RST that is the only answer deletes the entry before it counts as one, but rules see that it is one (nf_conntrack_in).
    if (dir === DIR_REPLY) entry.seenReply = true
    return NF_ACCEPT
  }
  return invalid(tracker, skb)
}

function follow(tracker: Tracker, entry: FlowEntry, dir: number, skb: Skb, now: number): TrackVerdict {
  switch (skb.proto) {
    case IPPROTO_TCP:
      return trackTcp(entry, dir, skb, now, tracker.ns.sysctl)
    case IPPROTO_UDP:
    case IPPROTO_UDPLITE:
      return trackUdp(entry, dir, skb, now)
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
      return trackIcmp(entry, dir, skb, now)
    case IPPROTO_SCTP:
      return trackSctp(entry, dir, skb, now)
    case IPPROTO_GRE:
      refresh(entry, dir, skb, now, entry.seenReply ? GRE_STREAM_TIMEOUT : GRE_TIMEOUT)
      if (entry.seenReply) entry.assured = true
      return TRACK_ACCEPT
    default:
      refresh(entry, dir, skb, now, GENERIC_TIMEOUT)
      return TRACK_ACCEPT
  }
}

function invalid(tracker: Tracker, skb: Skb): Verdict {
  skb.ct = null
  skb.ctState = CT_INVALID
  skb.ctDir = DIR_ORIGINAL
  report(tracker, skb, 'invalid', null)
  return NF_ACCEPT
}

function full(tracker: Tracker, skb: Skb): Verdict {
  const recorder = tracker.ns.sim.recorder
  if (recorder !== null) {
    const detail = `nf_conntrack: table full (${tracker.max} entries)`
    recordDrop(recorder, tracker.ns, skb, 'conntrack_full', detail)
  }
  return NF_DROP
}

function report(tracker: Tracker, skb: Skb, action: string, entry: FlowEntry | null): void {
  const recorder = tracker.ns.sim.recorder
  if (recorder !== null) recordConntrack(recorder, tracker.ns, skb, action, entry)
}

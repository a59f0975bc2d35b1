import type { Namespace } from '../model/namespace.ts'
import { CT_RELATED, type Skb } from '../model/skb.ts'
import type { FlowEntry } from './entry.ts'
import { icmpMayOpen } from './icmp-types.ts'
import { refresh } from './refresh.ts'
import { type FlowTable, NOT_FOUND } from './table.ts'
import { inverseDport, inverseSport, tupleDport, tupleSport } from './tuple.ts'
import { TRACK_ACCEPT, TRACK_INVALID, type TrackVerdict } from './verdicts.ts'

/** `nf_conntrack_icmp_timeout`, `nf_conntrack_icmpv6_timeout`. */
const TIMEOUT = 30_000_000

/** Follows an ICMP or ICMPv6 request or reply: only requests begin a flow. */
export function trackIcmp(entry: FlowEntry, dir: number, skb: Skb, now: number): TrackVerdict {
  if (!icmpMayOpen(entry.original.proto, entry.original.dport >> 8)) return TRACK_INVALID
  refresh(entry, dir, skb, now, TIMEOUT)
  return TRACK_ACCEPT
}

/**
 * An ICMP error: RELATED to the flow of the packet that it quotes (nf_conntrack_inet_error). False when there is none, or
 * when the error goes somewhere else than that flow's packets come from.
 */
export function relateIcmpError(ns: Namespace, table: FlowTable, skb: Skb): boolean {
  const quoted = skb.inner
  if (quoted === null || quoted.fragOffset > 0) return false
  const sport = tupleSport(quoted)
  const dport = tupleDport(quoted)
  const answerPort = inverseDport(quoted.proto, sport, dport)
  if (answerPort < 0) return false
  // The quoted packet went the other way: look for what answers it.
  const node = table.find(
    quoted.dst,
    quoted.src,
    inverseSport(quoted.proto, sport, dport),
    answerPort,
    quoted.proto,
    ns.sim.now,
  )
  if (node === NOT_FOUND) return false
  const entry = table.entryOf(node)
  const dir = table.dirOf(node)
  if ((dir === 0 ? entry.original : entry.reply).dst !== skb.dst) return false
  skb.ct = entry
  skb.ctState = CT_RELATED
  skb.ctDir = dir
  return true
}

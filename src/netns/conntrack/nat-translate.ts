import type { Addr } from '../../wire/addr.ts'
import { IPPROTO_ICMP, IPPROTO_ICMPV6 } from '../../wire/protocol.ts'
import type { NatManip, Tuple } from '../model/conntrack.ts'
import { HOOK_NAMES, type Hook, NF_ACCEPT, NF_DROP, type Verdict } from '../model/netfilter.ts'
import { CT_RELATED, cloneSkb, DIR_REPLY, type Skb } from '../model/skb.ts'
import { viewOf } from '../skb-bytes.ts'
import { type FlowEntry, flowOf, NAT_DONE } from './entry.ts'
import { recordDrop } from './events.ts'
import { icmpHasId, NDISC_REDIRECT } from './icmp-types.ts'
import type { Tracker } from './tracker.ts'
import { hasPorts, inverseSport } from './tuple.ts'

const ICMP_REDIRECT = 5

/** Whether the packet is an ICMP error (or redirect) that belongs to a flow: rules of the nat table are not for it. */
export function isRelatedIcmp(skb: Skb): boolean {
  return skb.ctState === CT_RELATED && (skb.proto === IPPROTO_ICMP || skb.proto === IPPROTO_ICMPV6)
}

/**
 * Rewrites one end of the packet as its flow was bound (nf_nat_packet): a packet of the original direction gets what the
 * rule gave, a reply gets it back at the opposite hook. ICMP errors are rewritten with the packet that they quote.
 */
export function translate(tracker: Tracker, skb: Skb, hook: Hook, manip: NatManip): Verdict {
  const entry = flowOf(skb)
  if (entry === null) return NF_ACCEPT
  const related = isRelatedIcmp(skb)
  if (related && isRedirect(skb) && (entry.natDone !== NAT_DONE || entry.snat || entry.dnat)) {
    return dropRedirect(tracker, skb, entry)
  }
  const reverse = skb.ctDir === DIR_REPLY
  // The end that was changed for the original direction is the other one for replies.
  const changed = (manip === 'src') !== reverse ? entry.snat : entry.dnat
  if (!changed) return NF_ACCEPT
  const other = reverse ? entry.original : entry.reply
  const recorder = tracker.ns.sim.recorder
  const before = recorder === null ? null : viewOf(skb)
  const oldAddr = manip === 'src' ? skb.src : skb.dst
  const oldPort = manip === 'src' ? skb.sport : skb.dport

  if (related) rewriteQuoted(skb, other, manip)
  // What the other direction's tuple is answered by: its source is the destination there.
  if (manip === 'src') rewriteSource(skb, other.dst, inverseSport(other.proto, other.sport, other.dport))
  else rewriteDestination(skb, other.src, other.sport)

  if (recorder !== null && before !== null) {
    recorder.record({
      kind: 'nat',
      time: tracker.ns.sim.now,
      ns: tracker.ns.name,
      packet: before,
      hook: HOOK_NAMES[hook],
      what: manip,
      oldAddr,
      oldPort,
      newAddr: manip === 'src' ? skb.src : skb.dst,
      newPort: manip === 'src' ? skb.sport : skb.dport,
      reverse,
    })
  }
  return NF_ACCEPT
}

function isRedirect(skb: Skb): boolean {
  return skb.proto === IPPROTO_ICMP ? skb.icmpType === ICMP_REDIRECT : skb.icmpType === NDISC_REDIRECT
}

/** A redirect tells a neighbour of addresses: never of translated ones, nor before it is known whether they are. */
function dropRedirect(tracker: Tracker, skb: Skb, entry: FlowEntry): Verdict {
  const recorder = tracker.ns.sim.recorder
  if (recorder !== null) {
    const detail =
      entry.natDone === NAT_DONE
        ? 'ICMP redirect about a flow that NAT changes'
        : 'ICMP redirect about a flow whose NAT is not set up yet'
    recordDrop(recorder, tracker.ns, skb, 'nat_incomplete', detail)
  }
  return NF_DROP
}

function rewriteSource(skb: Skb, addr: Addr, port: number): void {
  skb.src = addr
  rewritePort(skb, port, true)
}

function rewriteDestination(skb: Skb, addr: Addr, port: number): void {
  skb.dst = addr
  rewritePort(skb, port, false)
}

function rewritePort(skb: Skb, port: number, source: boolean): void {
  if (hasPorts(skb.proto)) {
    if (source) skb.sport = port
    else skb.dport = port
  } else if ((skb.proto === IPPROTO_ICMP || skb.proto === IPPROTO_ICMPV6) && icmpHasId(skb.proto, skb.icmpType)) {
    skb.sport = port
    skb.dport = port
  }
}

/**
 * The quoted packet went the other way, so its other end changes (nf_nat_icmp_reply_translation). The quotation is copied
 * first: a flooded or mirrored packet shares it.
 */
function rewriteQuoted(skb: Skb, tuple: Tuple, manip: NatManip): void {
  if (skb.inner === null) return
  const quoted = cloneSkb(skb.inner)
  skb.inner = quoted
  if (manip === 'src') rewriteDestination(quoted, tuple.dst, icmpOrPort(quoted, tuple.sport, tuple.dport))
  else rewriteSource(quoted, tuple.src, tuple.sport)
}

function icmpOrPort(skb: Skb, id: number, port: number): number {
  return hasPorts(skb.proto) ? port : id
}

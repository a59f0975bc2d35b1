import { V4_ANY } from '../../wire/addr.ts'
import type { NatManip, NatRange, Tuple } from '../model/conntrack.ts'
import { NF_ACCEPT, NF_DROP, type Verdict } from '../model/netfilter.ts'
import type { Skb } from '../model/skb.ts'
import { type FlowEntry, flowOf, NAT_DST_DONE, NAT_SRC_DONE } from './entry.ts'
import { chooseAddress, inAddressRange, mapsAddresses } from './nat-address.ts'
import { choosePort, inPortRange, isRandom, mapsPorts, tupleUsed } from './nat-port.ts'
import type { Tracker } from './tracker.ts'
import { type FreeTuple, inverseDport, inverseSport, sameTuple } from './tuple.ts'

/** The range of a flow that no rule wants to change: where it is, with whatever port is free. */
const STAY: NatRange = {
  minAddr: V4_ANY,
  maxAddr: V4_ANY,
  minPort: 0,
  maxPort: 0,
  random: false,
  randomFully: false,
  persistent: false,
}

export function natDoneBit(manip: NatManip): number {
  return manip === 'src' ? NAT_SRC_DONE : NAT_DST_DONE
}

/** Fixes one end of the packet's flow by a rule (nf_nat_setup_info). Without effect on a confirmed flow. */
export function bindNat(tracker: Tracker, skb: Skb, range: NatRange, manip: NatManip): Verdict {
  const entry = flowOf(skb)
  if (entry === null || entry.confirmed) return NF_ACCEPT
  // The kernel warns and drops: this end was fixed before.
  if ((entry.natDone & natDoneBit(manip)) !== 0) return NF_DROP
  const current = tracker.current
  const wanted = tracker.wanted
  current.invert(entry.reply)
  const free = uniqueTuple(tracker, wanted, current, range, manip, entry)
  if (!sameTuple(wanted, current)) alterReply(entry, wanted, manip)
  entry.replyFreeAt = free ? tracker.table.inserts : -1
  entry.natDone |= natDoneBit(manip)
  return NF_ACCEPT
}

/**
 * Fixes one end without a rule (nf_nat_alloc_null_binding): nothing changes while the tuple is free. It is not when a NATed
 * flow has taken it; then the source port moves.
 */
export function bindNull(tracker: Tracker, skb: Skb, manip: NatManip): Verdict {
  const entry = flowOf(skb)
  if (entry === null || entry.confirmed) return NF_ACCEPT
  if ((entry.natDone & natDoneBit(manip)) !== 0) return NF_ACCEPT
  const { inserts } = tracker.table
  if (entry.replyFreeAt !== inserts) {
    const current = tracker.current
    current.invert(entry.reply)
    if (!tupleUsed(tracker, current, entry)) {
      entry.replyFreeAt = inserts
    } else {
      const wanted = tracker.wanted
      wanted.copy(current)
      if (choosePort(tracker, wanted, STAY, manip, entry)) entry.replyFreeAt = inserts
      if (!sameTuple(wanted, current)) alterReply(entry, wanted, manip)
    }
  }
  entry.natDone |= natDoneBit(manip)
  return NF_ACCEPT
}

/** From now on replies are expected to answer `wanted` (nf_conntrack_alter_reply). */
function alterReply(entry: FlowEntry, wanted: FreeTuple, manip: NatManip): void {
  const reply = entry.reply
  reply.src = wanted.dst
  reply.dst = wanted.src
  reply.sport = inverseSport(wanted.proto, wanted.sport, wanted.dport)
  reply.dport = inverseDport(wanted.proto, wanted.sport, wanted.dport)
  if (manip === 'src') entry.snat = true
  else entry.dnat = true
}

/**
 * The tuple that the flow's packets shall have behind this end (get_unique_tuple), into `wanted`. Returns whether it was
 * seen to be free.
 */
function uniqueTuple(
  tracker: Tracker,
  wanted: FreeTuple,
  current: FreeTuple,
  range: NatRange,
  manip: NatManip,
  entry: FlowEntry,
): boolean {
  const random = isRandom(range)
  // 1. A source keeps the address and port that it has, or was given before, if the range allows.
  if (manip === 'src' && !random) {
    if (inSourceRange(current, range)) {
      if (!tupleUsed(tracker, current, entry)) {
        wanted.copy(current)
        return true
      }
    } else if (mappedBefore(tracker, wanted, current, range) && !tupleUsed(tracker, wanted, entry)) {
      return true
    }
  }
  // 2. An address of the range.
  wanted.copy(current)
  chooseAddress(wanted, range, manip)
  // 3. The port that it has, if it may and it is free; else another.
  if (!random) {
    if (!mapsPorts(range)) {
      if (!tupleUsed(tracker, wanted, entry)) return true
    } else if (inPortRange(wanted, range, manip)) {
      if (range.minPort === range.maxPort) return false
      if (!tupleUsed(tracker, wanted, entry)) return true
    }
  }
  return choosePort(tracker, wanted, range, manip, entry)
}

function inSourceRange(tuple: FreeTuple, range: NatRange): boolean {
  if (mapsAddresses(range) && !inAddressRange(tuple.src, range)) return false
  return !mapsPorts(range) || inPortRange(tuple, range, 'src')
}

/** Whether another flow of the same source was given an address and port in the range (find_appropriate_src). */
function mappedBefore(tracker: Tracker, wanted: FreeTuple, current: Tuple, range: NatRange): boolean {
  const { src, sport, proto } = current
  const now = tracker.ns.sim.now
  let entry = tracker.table.bySource.first(src, sport, proto)
  for (; entry !== null; entry = entry.nextBySource) {
    const original = entry.original
    if (original.src !== src || original.sport !== sport || original.proto !== proto || entry.expires <= now) continue
    wanted.invert(entry.reply)
    wanted.dst = current.dst
    wanted.dport = current.dport
    if (inSourceRange(wanted, range)) return true
  }
  return false
}

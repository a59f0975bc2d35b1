import { IPPROTO_UDP } from '../../wire/protocol.ts'
import { NF_ACCEPT, NF_DROP, type Verdict } from '../model/netfilter.ts'
import { DIR_ORIGINAL, type Skb } from '../model/skb.ts'
import { flowOf } from './entry.ts'
import { recordConntrack, recordDrop } from './events.ts'
import { NOT_FOUND } from './table.ts'
import type { Tracker } from './tracker.ts'
import { sameTuple } from './tuple.ts'

/**
 * Puts the flow of a packet that has survived all hooks into the table (__nf_conntrack_confirm). A tuple that somebody else
 * took in the meantime costs the packet, unless it is UDP and the other entry is the same flow with the same NAT: then the
 * packet goes on with that entry (nf_ct_resolve_clash).
 *
 * Limit: the kernel's reply-only entries (IPS_NAT_CLASH) need two processors that race, and are not modelled.
 */
export function confirm(tracker: Tracker, skb: Skb): Verdict {
  const entry = flowOf(skb)
  if (entry === null || entry.confirmed) return NF_ACCEPT
  // An answer (REJECT) that is attached to a flow which was never confirmed.
  if (skb.ctDir !== DIR_ORIGINAL) return NF_ACCEPT
  const { ns, table } = tracker
  const now = ns.sim.now
  const recorder = ns.sim.recorder
  if (entry.dying) {
    if (recorder !== null) recordDrop(recorder, ns, skb, 'conntrack_clash', 'the conntrack entry was deleted')
    return NF_DROP
  }
  // Nothing came into the table since the tuples were found to be free: the usual case, and no need to look again.
  const { inserts } = table
  let taken = entry.originalFreeAt === inserts ? NOT_FOUND : table.findTuple(entry.original, now)
  if (taken === NOT_FOUND && entry.replyFreeAt !== inserts) taken = table.findTuple(entry.reply, now)
  if (taken === NOT_FOUND) {
    table.insert(entry, now)
    if (recorder !== null) recordConntrack(recorder, ns, skb, 'confirm', entry)
    return NF_ACCEPT
  }
  const winner = table.entryOf(taken)
  if (
    entry.original.proto === IPPROTO_UDP &&
    sameTuple(winner.original, entry.original) &&
    sameTuple(winner.reply, entry.reply)
  ) {
    winner.count(0, entry.packets[0], entry.bytes[0])
    skb.ct = winner
    return NF_ACCEPT
  }
  entry.dying = true
  if (recorder !== null) {
    const detail = 'another conntrack entry has the same tuple'
    recordDrop(recorder, ns, skb, 'conntrack_clash', detail)
  }
  return NF_DROP
}

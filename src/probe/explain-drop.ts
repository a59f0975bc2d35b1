import type { DropReason, NearMiss, Reason, TraceEvent } from '../trace/index.ts'
import { formatAddr } from '../wire/addr.ts'
import { concerns } from './packet-journey.ts'
import { icmpName, packetLine } from './packet-summary.ts'

type Drop = Extract<TraceEvent, { kind: 'drop' }>

/** Because …, and what would let the packet pass, for drops that no rule decided. */
const BECAUSE: Readonly<Partial<Record<DropReason, readonly [because: string, wouldPassIf: string]>>> = {
  martian_source: [
    'the source address can only be this machine itself',
    'the packet came with another source address (hairpin traffic must be masqueraded)',
  ],
  martian_destination: [
    'the destination is no address for the wire',
    'route_localnet were on for that device, or another destination were used',
  ],
  rp_filter: [
    'the way back to the source does not lead over the device it came in by',
    'rp_filter were 2 or 0, or there were a route back over that device',
  ],
  forwarding_disabled: [
    'this machine does not forward packets',
    'net.ipv4.ip_forward (or net.ipv6.conf.all.forwarding) were 1',
  ],
  blackhole: ['a blackhole route covers the destination', 'the blackhole route were removed'],
  no_route: ['no route covers the destination', 'there were a route to it'],
  unreachable_route: ['an unreachable route covers the destination', 'the unreachable route were removed'],
  prohibit_route: ['a prohibit route covers the destination', 'the prohibit route were removed'],
  neighbour_failed: ['nobody answers for the next hop', 'a machine with that address were up on that link'],
  ttl_expired: ['its TTL ran out', 'it had started with a larger TTL, or there were no loop'],
  mtu_exceeded: [
    'it is larger than the MTU of the way and must not be fragmented',
    'it were smaller, or could be fragmented',
  ],
  link_mtu: ['it is larger than the MTU of the link', 'it were smaller'],
  port_closed: ['nothing listens on that port', 'a program listened there'],
  no_socket: ['no socket is waiting for it', 'it belonged to an open connection'],
  protocol_unreachable: ['nothing takes that protocol', 'a program took it'],
  hairpin_off: [
    'the bridge does not send a frame back out of the port that it came in by',
    'hairpin mode were on for that port',
  ],
  isolated_port: ['both bridge ports are isolated', 'one of the ports were not isolated'],
  no_fdb: ['the forwarding database has no entry for the destination MAC address', 'there were an entry'],
  no_vtep: ['no remote VTEP is known for the destination MAC address', 'there were an FDB entry on the vxlan device'],
  link_down: ['the link is down', 'the link were up'],
  frame_lost: ['the underlay lost the frame', 'the underlay carried it'],
  conntrack_clash: ['another flow has the same tuple', 'the clash were resolved, or the other flow had ended'],
  conntrack_invalid: ['conntrack cannot tell to which flow it belongs', 'it belonged to a known flow'],
  conntrack_full: ['the conntrack table is full', 'nf_conntrack_max were larger'],
  nat_failed: ['no free address and port was left to translate to', 'there were more ports'],
  nat_incomplete: ['the translation of its flow is not set up yet', 'it were a later packet of the flow'],
  frag_timeout: ['not all fragments arrived in time', 'no fragment were lost'],
  nested_too_deep: ['it went around in circles', 'the loop were removed'],
  rate_limited: ['the rate limit for such messages was reached', 'fewer of them were sent'],
}

/** The reason of a drop: by which rule, because of what, and what would let it pass. */
export function explainDrop(drop: Drop, events: readonly TraceEvent[]): Reason {
  const where = `in ${drop.ns}`
  const { rule } = drop
  if (rule !== null && rule.index > 0) {
    const nearMiss = nearestMiss(drop, events)
    const comment = rule.comment === null ? '' : ` (${rule.comment})`
    return {
      code: drop.reason,
      message: `${drop.reason === 'rule_reject' ? 'rejected' : 'dropped'} ${where} by ${rule.table} ${rule.chain} rule ${rule.index}${comment}`,
      wouldPassIf: ruleWouldPass(rule.comment, nearMiss),
      rule: rule.text,
      ...(nearMiss === undefined ? {} : { nearMiss }),
    }
  }
  if (drop.reason === 'policy_drop' && rule !== null) {
    const nearMiss = nearestMiss(drop, events)
    return {
      code: drop.reason,
      message: `dropped ${where} by the policy of ${rule.table} ${rule.chain}: no rule accepted it`,
      wouldPassIf: ruleWouldPass(null, nearMiss) ?? 'a rule accepted it',
      rule: rule.text,
      ...(nearMiss === undefined ? {} : { nearMiss }),
    }
  }
  const [because, wouldPassIf] = BECAUSE[drop.reason] ?? [drop.reason.replaceAll('_', ' '), undefined]
  const detail = drop.detail === '' ? '' : ` (${drop.detail})`
  return {
    code: drop.reason,
    message: `dropped ${where}: ${because}${detail}`,
    ...(wouldPassIf === undefined ? {} : { wouldPassIf }),
  }
}

function ruleWouldPass(comment: string | null, nearMiss: NearMiss | undefined): string {
  const service = /^(\S+) has no (local )?endpoints$/.exec(comment ?? '')
  if (service !== null) {
    return service[2] === undefined
      ? `Service ${service[1]} had a ready endpoint: check that its selector matches ready pods`
      : `Service ${service[1]} had a ready endpoint on this node, or its traffic policy were Cluster`
  }
  if (nearMiss !== undefined) return `${nearMiss.match} matched, in ${nearMiss.rule} (here ${nearMiss.actual})`
  return 'that rule were not there'
}

/**
 * Of the rules that were looked at in the same hook and would have accepted the packet, the one that failed latest: with most of its
 * matches met. Needs a recording with misses.
 */
function nearestMiss(drop: Drop, events: readonly TraceEvent[]): NearMiss | undefined {
  let best: NearMiss | undefined
  let met = -1
  for (const event of events) {
    if (event === drop) break
    if (event.kind === 'hook' && event.ns === drop.ns) {
      best = undefined
      met = -1
    }
    if (event.kind !== 'ruleMiss' || event.ns !== drop.ns || !concerns(event.packet, drop.packet.id)) continue
    if (event.rule.target !== 'ACCEPT') continue
    const position = event.rule.text.indexOf(event.match)
    if (position < met) continue
    met = position
    best = { rule: event.rule.text, match: event.match, actual: event.actual }
  }
  return best
}

/** The reason when the packet arrived but its answer did not. */
export function explainAnswer(answer: Reason, what: string): Reason {
  return { ...answer, message: `${what} arrived, but the answer was ${answer.message}` }
}

/** The reason when an ICMP error ended the exchange. */
export function explainError(event: Extract<TraceEvent, { kind: 'originate' }>): string {
  return `${formatAddr(event.packet.src)} answered with ${icmpName(event.packet)}: ${packetLine(event.packet)}`
}

import type { EvidenceFinder } from '../cluster/index.ts'
import { formatPlace } from '../errors.ts'
import type { DropReason, NearMiss, Reason, TraceEvent } from '../trace/index.ts'
import { concerns } from './packet-journey.ts'
import { reason } from './reason.ts'
import { ruleComment } from './rule-comment.ts'

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

/** The part of Linux that drops for a reason. */
const PART: Readonly<Partial<Record<DropReason, string>>> = {
  martian_source: 'routing (martian source)',
  martian_destination: 'routing (martian destination)',
  rp_filter: 'the reverse path filter',
  forwarding_disabled: 'routing (forwarding is off)',
  blackhole: 'a blackhole route',
  no_route: 'routing (no route)',
  unreachable_route: 'an unreachable route',
  prohibit_route: 'a prohibit route',
  neighbour_failed: 'neighbour resolution (ARP or ND)',
  ttl_expired: 'forwarding (TTL)',
  mtu_exceeded: 'the MTU',
  link_mtu: 'the MTU of the link',
  port_closed: 'the sockets (nothing listens)',
  no_socket: 'the sockets (no connection)',
  protocol_unreachable: 'the IP layer (unknown protocol)',
  hairpin_off: 'the bridge',
  isolated_port: 'the bridge',
  no_fdb: 'the forwarding database',
  no_vtep: 'the vxlan device',
  link_down: 'the link',
  frame_lost: 'the wire',
  conntrack_clash: 'conntrack (clash)',
  conntrack_invalid: 'conntrack (invalid)',
  conntrack_full: 'conntrack (table full)',
  nat_failed: 'address translation',
  nat_incomplete: 'address translation',
  frag_timeout: 'reassembly',
  nested_too_deep: 'the limit on nested links',
  rate_limited: 'a rate limit',
  malformed: 'the header checks',
}

/** The reason of a drop: by which rule or part, because of what, and what would let it pass. `place` names where it was. */
export function explainDrop(
  drop: Drop,
  events: readonly TraceEvent[],
  place: string,
  evidence: EvidenceFinder,
): Reason {
  const { rule } = drop
  if (rule !== null && rule.index > 0) {
    const found = evidence(rule)
    const where =
      found?.file === undefined
        ? undefined
        : formatPlace({ file: found.file, ...(found.line === undefined ? {} : { line: found.line }) })
    const nearMiss = nearestMiss(drop, events)
    return reason(drop.reason, {
      droppedBy: `${rule.table} ${rule.chain} rule ${rule.index} on ${place} (${targetOf(rule.text)})`,
      because: `${ruleComment(rule) ?? `it matches ${rule.text}`}${where === undefined ? '' : ` (${where})`}`,
      wouldPassIf: ruleWouldPass(rule.comment, nearMiss),
      rule: rule.text,
      object: found?.object,
      nearMiss,
    })
  }
  if (drop.reason === 'policy_drop') {
    const nearMiss = nearestMiss(drop, events)
    const chain = /^policy DROP of (.+)$/.exec(drop.detail)?.[1] ?? (rule === null ? '' : `${rule.table} ${rule.chain}`)
    return reason(drop.reason, {
      droppedBy: `the policy of ${chain} on ${place}`,
      because: 'no rule accepted it, and the policy is DROP',
      wouldPassIf: nearMiss === undefined ? 'a rule accepted it' : ruleWouldPass(null, nearMiss),
      nearMiss,
    })
  }
  const [because, wouldPassIf] = BECAUSE[drop.reason] ?? [drop.reason.replaceAll('_', ' '), 'that were not so']
  const detail = drop.detail === '' || because.endsWith(drop.detail) || drop.detail === 'TTL' ? '' : ` (${drop.detail})`
  return reason(drop.reason, {
    droppedBy: `${PART[drop.reason] ?? 'Linux'} on ${place}`,
    because: `${because}${detail}`,
    wouldPassIf,
  })
}

/** `-j REJECT --reject-with tcp-reset` of a rule. */
function targetOf(rule: string): string {
  return /-[jg] \S.*$/.exec(rule)?.[0] ?? ''
}

function ruleWouldPass(comment: string | null, nearMiss: NearMiss | undefined): string {
  const service = /^(\S+) has no (local )?endpoints$/.exec(comment ?? '')
  if (service !== null) {
    return service[2] === undefined
      ? `Service ${service[1]} had a ready endpoint: check that its selector matches ready pods`
      : `Service ${service[1]} had a ready endpoint on this node, or its traffic policy were Cluster`
  }
  if (nearMiss === undefined) return 'that rule were not there'
  return `it met ${nearMiss.match} (here ${nearMiss.actual}) of ${nearMiss.rule}`
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
  return {
    ...answer,
    message: `${what} arrived, but its answer was ${answer.message}`,
    because: `${what} arrived, but its answer did not: ${answer.because}`,
  }
}

import type { Disposition, DropReason, TraceEvent } from '../trace/index.ts'

type Drop = Extract<TraceEvent, { kind: 'drop' }>

/** How a packet that was dropped for a reason has ended, unless the rule that did it says more. */
export const BY_REASON: Readonly<Record<DropReason, Disposition>> = {
  rule_drop: 'DROPPED',
  rule_reject: 'REJECTED',
  policy_drop: 'DROPPED',
  martian_source: 'MARTIAN',
  martian_destination: 'MARTIAN',
  rp_filter: 'RP_FILTER',
  forwarding_disabled: 'DROPPED',
  blackhole: 'BLACKHOLE',
  no_route: 'NO_ROUTE',
  unreachable_route: 'NO_ROUTE',
  prohibit_route: 'REJECTED',
  neighbour_failed: 'NEIGHBOR_UNREACHABLE',
  ttl_expired: 'TTL_EXPIRED',
  mtu_exceeded: 'MTU_EXCEEDED',
  port_closed: 'PORT_CLOSED',
  no_socket: 'PORT_CLOSED',
  protocol_unreachable: 'PORT_CLOSED',
  other_host: 'DROPPED',
  no_fdb: 'DROPPED',
  hairpin_off: 'DROPPED',
  isolated_port: 'DROPPED',
  link_down: 'DROPPED',
  link_mtu: 'MTU_EXCEEDED',
  no_vtep: 'DROPPED',
  frame_lost: 'DROPPED',
  conntrack_clash: 'INVALID_CONNTRACK',
  conntrack_invalid: 'INVALID_CONNTRACK',
  conntrack_full: 'DROPPED',
  nat_failed: 'DROPPED',
  nat_incomplete: 'DROPPED',
  frag_timeout: 'DROPPED',
  nested_too_deep: 'LOOP',
  no_handler: 'DROPPED',
  rate_limited: 'DROPPED',
  malformed: 'DROPPED',
  socket_filter: 'DROPPED',
  ipvs_no_server: 'NO_ENDPOINTS',
}

/** How a dropped packet's journey ended. `visits`: how often it had been in the namespace where it was dropped. */
export function dispositionOf(drop: Drop, visits: number): Disposition {
  if (drop.reason === 'ttl_expired' && visits > 2) return 'LOOP'
  const text = drop.rule?.text ?? ''
  if (drop.reason === 'rule_reject' || drop.reason === 'rule_drop') {
    if (/has no (?:local )?endpoints/.test(drop.rule?.comment ?? '')) return 'NO_ENDPOINTS'
    if (/-m rpfilter\b/.test(text)) return 'RP_FILTER'
    if (/--ctstate INVALID\b/.test(text)) return 'INVALID_CONNTRACK'
  }
  return BY_REASON[drop.reason]
}

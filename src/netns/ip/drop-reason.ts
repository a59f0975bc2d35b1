import type { DropReason } from '../../trace/recorder.ts'
import type { RouteDecision } from '../model/route.ts'

/** Why a received packet ends at the route lookup. */
export function decisionDropReason(decision: RouteDecision): DropReason {
  if (decision.reason !== null) return decision.reason
  switch (decision.route?.kind) {
    case 'blackhole':
      return 'blackhole'
    case 'unreachable':
      return 'unreachable_route'
    case 'prohibit':
      return 'prohibit_route'
  }
  if (decision.errno === 'EACCES') return 'prohibit_route'
  return decision.errno === 'EHOSTUNREACH' ? 'unreachable_route' : 'no_route'
}

/** Why a packet of our own cannot leave: EINVAL without a blackhole route is a source that must not be on the wire. */
export function outputDropReason(decision: RouteDecision): DropReason {
  const reason = decisionDropReason(decision)
  return reason === 'no_route' && decision.errno === 'EINVAL' ? 'martian_source' : reason
}

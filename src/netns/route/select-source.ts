import { type Addr, isV6, V4_ANY, V6_ANY } from '../../wire/addr.ts'
import type { RouteDecision } from '../model/route.ts'
import type { FibState } from './fib-state.ts'
import { isLocalMulticast4, isMulticast4 } from './martians.ts'
import { Rtable } from './rtable.ts'
import { SCOPE_LINK, SCOPE_UNIVERSE, scopeNumber } from './scope.ts'
import { selectSource4 } from './select-source4.ts'
import { selectSource6 } from './select-source6.ts'

const V4_LOOPBACK = 0x7f000001 as Addr

/**
 * The source address of a packet of our own (fib_result_prefsrc, ip6_route_get_saddr): the route's `src`, else one chosen
 * for its device and gateway. For IPv4 the choice is kept with the decision.
 */
export function selectSource(state: FibState, decision: RouteDecision, dst: Addr): Addr {
  const { dev, route, action } = decision
  if (isV6(dst)) {
    if (route?.src != null) return route.src
    const out = route?.dev ?? dev
    return out === null || action === 'error' || action === 'drop' ? V6_ANY : selectSource6(state.ns, out, dst)
  }
  if (route?.kind === 'local' || (route === null && action === 'local'))
    return route?.src ?? (dst === V4_ANY ? V4_LOOPBACK : dst)
  if (route !== null && route.src !== null) return route.src
  if (dev === null) return V4_ANY
  if (route === null) {
    const scope = isMulticast4(dst) && !isLocalMulticast4(dst) ? SCOPE_UNIVERSE : SCOPE_LINK
    return selectSource4(state.ns, dev, V4_ANY, scope)
  }
  const { generation } = state
  if (decision instanceof Rtable && decision.source !== null && decision.sourceGeneration === generation) {
    return decision.source
  }
  const source = selectSource4(state.ns, dev, route.gateway ?? V4_ANY, scopeNumber(route.scope))
  if (decision instanceof Rtable) {
    decision.source = source
    decision.sourceGeneration = generation
  }
  return source
}

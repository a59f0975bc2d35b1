import { KubehopError, type Place } from '../../../errors.ts'
import { tryParseCidr } from '../../../wire/prefix.ts'
import type { Namespace } from '../../model/namespace.ts'
import type { PolicyRule, Route } from '../../model/route.ts'
import { addAddress, removeAddress } from '../address.ts'
import { type RoutePart, RouteRefused } from '../route-refused.ts'
import { parseAddress } from './parse-address.ts'
import { parseNeighbour } from './parse-neighbour.ts'
import { type ParseRouteOptions, parseRoute } from './parse-route.ts'
import { type ParsedRule, parseRule } from './parse-rule.ts'

const ADDRESS: Place = { file: 'ip address' }
const ROUTE: Place = { file: 'ip route' }
const RULE: Place = { file: 'ip rule' }
const NEIGHBOUR: Place = { file: 'ip neighbour' }

/** `ip addr add LINE`. The addresses that lo gets by itself are left alone. Throws KH_ROUTE. */
export function applyAddress(ns: Namespace, line: string, place = ADDRESS): void {
  const { dev, cidr, options, columns } = parseAddress(ns, line, place)
  const wanted = tryParseCidr(cidr)
  const present = dev.addresses.some(known => known.addr === wanted?.addr && known.length === wanted.length)
  if (present && dev.kind === 'loopback') return
  located(place, columns, () => addAddress(dev, cidr, options))
}

/** `ip addr del LINE`. Throws KH_ROUTE when there is no such address. */
export function revokeAddress(ns: Namespace, line: string, place = ADDRESS): void {
  const { dev, cidr, columns } = parseAddress(ns, line, place)
  located(place, columns, () => removeAddress(dev, cidr))
}

/**
 * `ip route add LINE`. A route of the kernel's own (`proto kernel`, in what `ip route show` prints) that is there already is left
 * alone. Throws KH_ROUTE where the line cannot be read or Linux would refuse it.
 */
export function applyRoute(ns: Namespace, line: string, place = ROUTE, options: ParseRouteOptions = {}): void {
  const { route, columns } = parseRoute(ns, line, place, options)
  if (route.protocol === 'kernel' && hasRoute(ns, route)) return
  located(place, columns, () => ns.fib.addRoute(route))
}

/** `ip route del LINE`. False when there is no such route. Throws KH_ROUTE where the line cannot be read. */
export function revokeRoute(ns: Namespace, line: string, place = ROUTE, options: ParseRouteOptions = {}): boolean {
  const { route } = parseRoute(ns, line, place, options)
  const { dst, table, kind, dev, gateway, metric } = route
  return ns.fib.deleteRoute({
    dst,
    table,
    kind,
    ...(dev !== null && { dev }),
    ...(gateway !== null && { gateway }),
    ...(metric !== 0 && { metric }),
  })
}

/** `ip rule add LINE`; one of the three standing rules is left alone. Throws KH_ROUTE. */
export function applyRule(ns: Namespace, line: string, place = RULE, family?: 4 | 6): void {
  const rule = withPriority(ns, parseRule(line, place, family))
  if (isStanding(ns, rule)) return
  located(place, new Map(), () => ns.fib.addRule(rule))
}

/** `ip rule del LINE`. False when there is no such rule. Throws KH_ROUTE where the line cannot be read. */
export function revokeRule(ns: Namespace, line: string, place = RULE, family?: 4 | 6): boolean {
  const { priority, ...rule } = parseRule(line, place, family)
  return ns.fib.deleteRule(priority === undefined ? rule : { ...rule, priority })
}

/** `ip neigh replace LINE`. Throws KH_ROUTE. */
export function applyNeighbour(ns: Namespace, line: string, place = NEIGHBOUR): void {
  const { dev, addr, mac, state } = parseNeighbour(ns, line, place)
  ns.neighbours.set(dev, addr, mac, state)
}

/** `ip neigh del LINE`. Throws KH_ROUTE where the line cannot be read. */
export function revokeNeighbour(ns: Namespace, line: string, place = NEIGHBOUR): void {
  const { dev, addr } = parseNeighbour(ns, line, place)
  ns.neighbours.delete(dev, addr)
}

/** Whether the same route is there. */
export function hasRoute(ns: Namespace, route: Route): boolean {
  return ns.fib
    .table(route.table, route.dst.family)
    .some(
      known =>
        known.kind === route.kind &&
        known.dst.equals(route.dst) &&
        known.dev === route.dev &&
        known.gateway === route.gateway &&
        known.metric === route.metric,
    )
}

/** Without a priority a rule goes just before the second one (fib_default_rule_pref). */
function withPriority(ns: Namespace, rule: ParsedRule): PolicyRule {
  const { priority } = rule
  if (priority !== undefined) return { ...rule, priority }
  const family = familyOf(rule)
  const second = ns.fib.rules.filter(known => familyOf(known) === family)[1]
  return { ...rule, priority: Math.max((second?.priority ?? 1) - 1, 0) }
}

function familyOf(rule: Pick<PolicyRule, 'family' | 'from' | 'to'>): 4 | 6 {
  return rule.family ?? rule.from?.family ?? rule.to?.family ?? 4
}

function isStanding(ns: Namespace, rule: PolicyRule): boolean {
  const { priority, action } = rule
  if (action.kind !== 'lookup' || (priority !== 0 && priority !== 32766 && priority !== 32767)) return false
  if (rule.from !== null || rule.to !== null || rule.iif !== null || rule.oif !== null) return false
  if (rule.fwmask !== 0 || rule.invert) return false
  const family = familyOf(rule)
  return ns.fib.rules.some(
    known =>
      familyOf(known) === family &&
      known.priority === priority &&
      known.action.kind === 'lookup' &&
      known.action.table === action.table,
  )
}

/** Gives a refusal the place of the word that it is about. */
export function located(place: Place, columns: ReadonlyMap<RoutePart, number>, action: () => void): void {
  try {
    action()
  } catch (error) {
    if (!(error instanceof RouteRefused) || error.place !== undefined) throw error
    throw new KubehopError('KH_ROUTE', error.text, {
      line: 1,
      ...place,
      column: columns.get(error.part) ?? place.column ?? 1,
    })
  }
}

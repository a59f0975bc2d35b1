import { type Addr, isMulticast, isV6, V4_ANY, V6_ANY } from '../../wire/addr.ts'
import type { Device, Scope } from '../model/device.ts'
import type { Namespace } from '../model/namespace.ts'
import type { Fib, PolicyRule, Route, RouteDecision, RouteKind } from '../model/route.ts'
import { AddressRoutes } from './address-routes.ts'
import { addressType } from './address-type.ts'
import { checkRoute4 } from './check-route4.ts'
import { checkRoute6 } from './check-route6.ts'
import { ENTRY_LOCAL } from './fib-entry.ts'
import { FibState } from './fib-state.ts'
import { lookupInput4 } from './lookup-input4.ts'
import { lookupOutput4 } from './lookup-output4.ts'
import { lookupInput6, lookupOutput6 } from './lookup6.ts'
import { familyOfRule, sameRule } from './policy-rules.ts'
import { RouteRefused } from './route-refused.ts'
import { RouteStore, routeAgrees } from './route-store.ts'
import { SCOPE_UNIVERSE } from './scope.ts'
import { search4 } from './search4.ts'
import { search6 } from './search6.ts'
import { selectSource } from './select-source.ts'
import { selectSource4 } from './select-source4.ts'
import { selectSource6 } from './select-source6.ts'
import { sourceOnLink } from './validate-source.ts'

/** net.ipv4.route.min_pmtu and IPV6_MIN_MTU. */
const MIN_PMTU = 552
const MIN_PMTU6 = 1280
/** More rules than that in one family are refused. */
const MAX_RULES = 10_000

/** The forwarding information base of one namespace (net/ipv4/fib_*.c, net/ipv6/ip6_fib.c and route.c). */
export class KernelFib implements Fib {
  readonly #state: FibState
  readonly #store: RouteStore
  readonly #addresses: AddressRoutes
  #rules: readonly PolicyRule[] | null = null

  constructor(ns: Namespace) {
    this.#state = new FibState(ns)
    this.#store = new RouteStore(this.#state)
    this.#addresses = new AddressRoutes(this.#state, this.#store)
  }

  lookupOutput(dst: Addr, src: Addr, mark: number, oif: number, anySource = false): RouteDecision {
    if (isV6(dst)) return lookupOutput6(this.#state, dst, isV6(src) ? src : V6_ANY, mark, oif)
    return lookupOutput4(this.#state, dst, isV6(src) ? V4_ANY : src, mark, oif, anySource)
  }

  lookupInput(dst: Addr, src: Addr, mark: number, dev: Device): RouteDecision {
    if (isV6(dst)) return lookupInput6(this.#state, dst, src, mark, dev)
    return lookupInput4(this.#state, dst, src, mark, dev)
  }

  selectSource(decision: RouteDecision, dst: Addr): Addr {
    return selectSource(this.#state, decision, dst)
  }

  selectAddress(dev: Device, nextHop: Addr): Addr {
    const { ns } = this.#state
    return isV6(nextHop) ? selectSource6(ns, dev, nextHop) : selectSource4(ns, dev, nextHop, SCOPE_UNIVERSE)
  }

  redirectDue(decision: RouteDecision, src: Addr, dev: Device): boolean {
    if (decision.action !== 'forward' || decision.dev !== dev) return false
    // IPv6 redirects whoever sends to a neighbour over us (ip6_forward); its switch is not per device here.
    if (isV6(src)) return true
    if (!dev.conf.sendRedirects && !this.#state.ns.sysctl.all.sendRedirects) return false
    return sourceOnLink(this.#state, src, dev)
  }

  isLocal(addr: Addr): boolean {
    const { v4, v6 } = this.#state
    const entry = isV6(addr)
      ? search6(v6.tables.local.trie, addr, 0, false)
      : search4(v4.tables.local.trie, addr, 0, SCOPE_UNIVERSE)
    return entry !== null && entry.type === ENTRY_LOCAL
  }

  addressType(addr: Addr, dev: Device | null): RouteKind {
    return addressType(this.#state, addr, dev)
  }

  mtuTo(decision: RouteDecision, dst: Addr, forwarding = false): number {
    const { route, dev } = decision
    const { exceptions, ns } = this.#state
    if (!forwarding && exceptions.any) {
      const pmtu = exceptions.pmtu(dst, route, ns.sim.now)
      if (pmtu !== 0) return pmtu
    }
    // Forwarding IPv6 looks at the device only (ip6_dst_mtu_maybe_forward).
    if (route !== null && route.mtu !== 0 && !(forwarding && isV6(dst))) return route.mtu
    return Math.min(dev?.mtu ?? 0xffff, 0xffff)
  }

  learnPathMtu(dst: Addr, mtu: number): void {
    const { exceptions, ns } = this.#state
    const decision = this.lookupOutput(dst, isV6(dst) ? V6_ANY : V4_ANY, 0, 0)
    const entry = this.#store.entryOf(decision)
    const old = this.mtuTo(decision, dst)
    if (entry === null || old < mtu) return
    const floor = isV6(dst) ? MIN_PMTU6 : Math.min(old, MIN_PMTU)
    exceptions.learnPmtu(dst, entry, Math.max(mtu, floor), ns.sim.now)
  }

  learnRedirect(dst: Addr, gateway: Addr, dev: Device, from?: Addr): void {
    const { exceptions, ns } = this.#state
    const { conf } = dev
    const all = ns.sysctl.all.acceptRedirects
    const accept = conf.forwarding ? conf.acceptRedirects && all : conf.acceptRedirects || all
    if (!accept || isMulticast(gateway) || gateway === from) return
    const decision = this.lookupOutput(dst, isV6(dst) ? V6_ANY : V4_ANY, 0, 0)
    const entry = this.#store.entryOf(decision)
    if (entry === null || decision.dev !== dev || decision.gateway === gateway) return
    if (from !== undefined && (decision.gateway ?? dst) !== from) return
    if (!isV6(gateway)) {
      if (addressType(this.#state, gateway, null) !== 'unicast') return
      // Taken only when the new gateway is a known neighbour; until then it is asked for (__ip_do_redirect).
      if (!ns.neighbours.resolve(dev, gateway)) return
    }
    exceptions.learnGateway(dst, entry, gateway, dev, ns.sim.now)
  }

  /** Throws KH_ROUTE with the kernel's message where Linux refuses, KH_LIMIT beyond a million routes. */
  addRoute(route: Route): void {
    const checked = route.dst.family === 4 ? checkRoute4(this.#state, route) : checkRoute6(this.#state, route)
    const { tables } = this.#state.policy(route.dst.family)
    if (tables.exact(checked.route).some(other => other.route.metric === checked.route.metric)) {
      throw new RouteRefused(
        'dst',
        `File exists: ${route.dst} is in table ${route.table} with metric ${checked.route.metric} already`,
      )
    }
    if (route.dst.family === 4 && route.kind === 'local') this.#state.customLocalRoutes = true
    this.#store.insert(checked.route, checked.gatewayScope)
  }

  deleteRoute(wanted: Pick<Route, 'dst' | 'table'> & Partial<Route>): boolean {
    const { tables } = this.#state.policy(wanted.dst.family)
    const entry = tables.exact(wanted).find(({ route }) => routeAgrees(route, wanted))
    if (entry === undefined) return false
    this.#store.remove(entry)
    return true
  }

  /** Throws KH_ROUTE for a rule that is there already, KH_LIMIT beyond 10,000 rules. */
  addRule(rule: PolicyRule): void {
    const policy = this.#state.policy(familyOfRule(rule))
    if (policy.rules.list.length >= MAX_RULES) throw new RouteRefused('priority', `more than ${MAX_RULES} rules`)
    if (policy.rules.list.some(other => sameRule(other, rule))) {
      throw new RouteRefused('priority', `File exists: there is such a rule of priority ${rule.priority} already`)
    }
    policy.addRule(rule)
    this.#rules = null
  }

  deleteRule(rule: Partial<PolicyRule>): boolean {
    this.#rules = null
    return this.#state.policy(familyOfRule(rule)).deleteRule(rule)
  }

  get rules(): readonly PolicyRule[] {
    this.#rules ??= [
      ...this.#state.v4.rules.list,
      ...this.#state.v6.rules.list.map(rule => ({ ...rule, family: 6 as const })),
    ]
    return this.#rules
  }

  table(id: number, family: 4 | 6): readonly Route[] {
    return this.#state.policy(family).tables.list(id)
  }

  tables(family: 4 | 6): readonly number[] {
    return this.#state.policy(family).tables.ids()
  }

  addressAdded(dev: Device, addr: Addr, length: number, scope: Scope, secondary: boolean): void {
    // Broadcast and peer address are only in the list of the device.
    const listed = dev.addresses.find(address => address.addr === addr && address.length === length)
    this.#addresses.added(dev, listed ?? { addr, length, scope, secondary })
  }

  addressRemoved(dev: Device, addr: Addr, length: number): void {
    if (!this.#addresses.removed(dev, addr, length)) return
    // Routes that prefer an address that is gone go with it (fib_sync_down_addr).
    if (!this.isLocal(addr)) this.#store.removeWhere(entry => entry.route.src === addr)
  }

  deviceChanged(dev: Device): void {
    this.#addresses.deviceChanged(dev)
  }
}

import { type Addr, formatAddr, isMulticast, isV6, V4_ANY, V6_ANY } from '../../wire/addr.ts'
import type { Device, InterfaceAddress, Scope } from '../model/device.ts'
import type { Namespace } from '../model/namespace.ts'
import type { Fib, PolicyRule, Route, RouteDecision, RouteKind } from '../model/route.ts'
import { addressType } from './address-type.ts'
import { checkRoute4 } from './check-route4.ts'
import { checkRoute6 } from './check-route6.ts'
import { ENTRY_LOCAL, ENTRY_UNICAST, FibEntry } from './fib-entry.ts'
import { FibState } from './fib-state.ts'
import { interfaceRoutes, multicastRoute } from './interface-routes.ts'
import { lookupInput4 } from './lookup-input4.ts'
import { lookupOutput4 } from './lookup-output4.ts'
import { lookupInput6, lookupOutput6 } from './lookup6.ts'
import { familyOfRule, sameRule } from './policy-rules.ts'
import { RouteRefused } from './route-refused.ts'
import { SCOPE_LINK, SCOPE_UNIVERSE } from './scope.ts'
import { search4 } from './search4.ts'
import { search6 } from './search6.ts'
import { selectSource } from './select-source.ts'
import { selectSource4 } from './select-source4.ts'
import { selectSource6 } from './select-source6.ts'
import { sourceOnLink } from './validate-source.ts'

/** net.ipv4.route.min_pmtu and IPV6_MIN_MTU. */
const MIN_PMTU = 552
const MIN_PMTU6 = 1280
/** More routes, or rules, than that in one namespace are refused. */
const MAX_ROUTES = 1_000_000
const MAX_RULES = 10_000

/** The forwarding information base of one namespace (net/ipv4/fib_*.c, net/ipv6/ip6_fib.c and route.c). */
export class KernelFib implements Fib {
  readonly #state: FibState
  /** Routes that each address of a device brought, to take exactly those away again. */
  readonly #ofAddress = new Map<Device, Map<string, readonly Route[]>>()
  #sequence = 0
  #size = 0
  #rules: readonly PolicyRule[] | null = null

  constructor(ns: Namespace) {
    this.#state = new FibState(ns)
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
    const entry = this.#entryOf(decision)
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
    const entry = this.#entryOf(decision)
    if (entry === null || decision.dev !== dev || decision.gateway === gateway) return
    if (from !== undefined && (decision.gateway ?? dst) !== from) return
    if (!isV6(gateway) && addressType(this.#state, gateway, null) !== 'unicast') return
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
    this.#insert(checked.route, checked.gatewayScope)
  }

  deleteRoute(wanted: Pick<Route, 'dst' | 'table'> & Partial<Route>): boolean {
    const { tables } = this.#state.policy(wanted.dst.family)
    const entry = tables.exact(wanted).find(({ route }) => routeAgrees(route, wanted))
    if (entry === undefined) return false
    this.#remove(entry)
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
    const listed = dev.addresses.find(address => address.addr === addr && address.length === length)
    const address = listed ?? { addr, length, scope, secondary }
    if (!isV6(addr)) this.#state.addresses4.set(addr, (this.#state.addresses4.get(addr) ?? 0) + 1)
    this.#state.generation++
    this.#derive(dev, address)
    if (isV6(addr) && dev.up) this.#addMulticast(dev)
  }

  addressRemoved(dev: Device, addr: Addr, length: number): void {
    const { addresses4 } = this.#state
    const ofDevice = this.#ofAddress.get(dev)
    const key = addressKey(addr, length)
    const routes = ofDevice?.get(key)
    if (ofDevice === undefined || routes === undefined) return
    ofDevice.delete(key)
    this.#state.generation++
    if (!isV6(addr)) {
      const count = (addresses4.get(addr) ?? 1) - 1
      if (count > 0) addresses4.set(addr, count)
      else addresses4.delete(addr)
    }
    const kept = [...ofDevice.values()].flat()
    for (const route of routes) {
      if (!kept.some(other => sameRoute(other, route))) this.#removeWhere(entry => sameRoute(entry.route, route))
    }
    // Routes that prefer an address that is gone go with it, and those of a device without any IPv4 address (fib_sync_down_addr).
    if (!this.isLocal(addr)) this.#removeWhere(entry => entry.route.src === addr)
    if (!isV6(addr) && ![...ofDevice.keys()].some(other => !other.includes(':'))) {
      this.#removeWhere(entry => entry.route.dev === dev && entry.route.dst.family === 4)
    }
  }

  deviceChanged(dev: Device): void {
    this.#state.generation++
    const gone = this.#state.ns.device(dev.name) !== dev
    if (!dev.up || gone) {
      // Local IPv4 routes of a device that is down stay: its addresses still answer on others (fib_sync_down_dev).
      this.#removeWhere(
        ({ route, type }) => route.dev === dev && (gone || route.dst.family === 6 || type !== ENTRY_LOCAL),
      )
      if (gone) this.#forget(dev)
      return
    }
    for (const address of dev.addresses) this.#derive(dev, address)
    if (dev.kind !== 'loopback' && !dev.conf.disableIpv6) this.#addMulticast(dev)
  }

  #forget(dev: Device): void {
    for (const key of this.#ofAddress.get(dev)?.keys() ?? []) {
      const addr = dev.addresses.find(address => addressKey(address.addr, address.length) === key)?.addr
      if (addr !== undefined && !isV6(addr)) this.#state.addresses4.delete(addr)
    }
    this.#ofAddress.delete(dev)
    this.#state.forgetDevice(dev)
  }

  /** Adds those routes of an address that are not there. */
  #derive(dev: Device, address: InterfaceAddress): void {
    let ofDevice = this.#ofAddress.get(dev)
    if (ofDevice === undefined) {
      ofDevice = new Map()
      this.#ofAddress.set(dev, ofDevice)
    }
    const routes = interfaceRoutes(dev, address)
    ofDevice.set(addressKey(address.addr, address.length), routes)
    for (const route of routes) this.#insertOnce(route)
  }

  #addMulticast(dev: Device): void {
    if (dev.kind !== 'loopback') this.#insertOnce(multicastRoute(dev))
  }

  #insertOnce(route: Route): void {
    const { tables } = this.#state.policy(route.dst.family)
    if (!tables.exact(route).some(entry => sameRoute(entry.route, route))) this.#insert(route, SCOPE_LINK)
  }

  #insert(route: Route, gatewayScope: number): void {
    if (this.#size >= MAX_ROUTES) throw new RouteRefused('dst', `more than ${MAX_ROUTES} routes`)
    this.#size++
    this.#state.generation++
    const { tables } = this.#state.policy(route.dst.family)
    tables.insert(new FibEntry(route, ++this.#sequence, this.#state.ns.loopback ?? null, gatewayScope))
  }

  #remove(entry: FibEntry): void {
    this.#size--
    this.#state.generation++
    this.#state.policy(entry.route.dst.family).tables.remove(entry)
    this.#state.exceptions.forget(entry)
  }

  #removeWhere(predicate: (entry: FibEntry) => boolean): void {
    for (const { tables } of [this.#state.v4, this.#state.v6])
      for (const entry of tables.select(predicate)) this.#remove(entry)
  }

  /** The entry behind a unicast decision. */
  #entryOf({ route }: RouteDecision): FibEntry | null {
    if (route === null) return null
    const { tables } = this.#state.policy(route.dst.family)
    return tables.exact(route).find(entry => entry.route === route && entry.type === ENTRY_UNICAST) ?? null
  }
}

function addressKey(addr: Addr, length: number): string {
  return `${formatAddr(addr)}/${length}`
}

function sameRoute(a: Route, b: Route): boolean {
  return (
    a.kind === b.kind &&
    a.dst.equals(b.dst) &&
    a.dev === b.dev &&
    a.gateway === b.gateway &&
    a.src === b.src &&
    a.metric === b.metric &&
    a.scope === b.scope &&
    a.table === b.table
  )
}

function routeAgrees(route: Route, wanted: Pick<Route, 'dst' | 'table'> & Partial<Route>): boolean {
  const { kind, dev, gateway, src, metric, scope, protocol } = wanted
  return (
    (kind === undefined || route.kind === kind) &&
    (dev === undefined || route.dev === dev) &&
    (gateway === undefined || route.gateway === gateway) &&
    (src === undefined || route.src === src) &&
    (metric === undefined || route.metric === metric) &&
    (scope === undefined || route.scope === scope) &&
    (protocol === undefined || route.protocol === protocol)
  )
}

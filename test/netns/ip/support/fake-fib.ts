import type { Device, Scope } from '../../../../src/netns/model/device.ts'
import type { Errno } from '../../../../src/netns/model/errno.ts'
import type { Namespace } from '../../../../src/netns/model/namespace.ts'
import type { Fib, PolicyRule, Route, RouteDecision, RouteKind } from '../../../../src/netns/model/route.ts'
import { type Addr, isMulticast, isUnspecified, isV6, V4_ANY, V6_ANY } from '../../../../src/wire/addr.ts'
import { maskAddr, parsePrefix } from '../../../../src/wire/prefix.ts'

interface Line {
  readonly route: Route
  readonly decision: RouteDecision
}

const FAILURES: Partial<Record<RouteKind, { errno: Errno; type: number; code: number }>> = {
  blackhole: { errno: 'EINVAL', type: -1, code: 0 },
  unreachable: { errno: 'EHOSTUNREACH', type: 3, code: 1 },
  prohibit: { errno: 'EACCES', type: 3, code: 13 },
}

/** Longest prefix and nothing else: enough to drive the IP layer in its own tests. */
export class FakeFib implements Fib {
  readonly rules: readonly PolicyRule[] = []
  readonly learntMtu = new Map<Addr, number>()
  readonly #ns: Namespace
  readonly #lines: Line[] = []

  constructor(ns: Namespace) {
    this.#ns = ns
  }

  /** `add('10.2.0.0/16', { dev, via })`. */
  add(prefix: string, options: { dev?: Device; via?: Addr; kind?: RouteKind; mtu?: number; src?: Addr }): void {
    const { dev = null, via = null, kind = 'unicast', mtu = 0, src = null } = options
    const dst = parsePrefix(prefix)
    const common = { metric: 0, table: 254, protocol: 'static', onlink: false, scope: 'global' as Scope }
    this.addRoute({ ...common, kind, dst, dev, gateway: via, src, mtu })
  }

  addRoute(route: Route): void {
    const failure = FAILURES[route.kind]
    this.#lines.push({
      route,
      decision: {
        action: failure === undefined ? 'forward' : route.kind === 'blackhole' ? 'drop' : 'error',
        route,
        dev: failure === undefined ? route.dev : null,
        gateway: route.gateway,
        errno: failure?.errno ?? null,
        icmpType: failure?.type ?? -1,
        icmpCode: failure?.code ?? 0,
        reason: route.kind === 'blackhole' ? 'blackhole' : null,
      },
    })
    this.#lines.sort((a, b) => b.route.dst.length - a.route.dst.length)
  }

  lookupOutput(dst: Addr, _src: Addr, _mark: number, oif: number): RouteDecision {
    if (this.isLocal(dst)) return { ...OK, action: 'local', dev: this.#ns.loopback }
    if (dst === 0xffff_ffff || this.#directed(dst) !== undefined) {
      return { ...OK, action: 'broadcast', dev: this.#directed(dst) ?? this.#ns.deviceByIndex(oif || 2) ?? null }
    }
    if (isMulticast(dst)) return { ...OK, action: 'multicast', dev: this.#ns.deviceByIndex(oif || 2) ?? null }
    return (
      this.#longest(dst, oif)?.decision ?? { ...OK, action: 'error', errno: 'ENETUNREACH', icmpType: 3, icmpCode: 0 }
    )
  }

  lookupInput(dst: Addr, src: Addr, _mark: number, dev: Device): RouteDecision {
    if (this.isLocal(src)) return { ...OK, action: 'drop', reason: 'martian_source', errno: 'EINVAL' }
    if (this.isLocal(dst)) return { ...OK, action: 'local', dev }
    if (dst === 0xffff_ffff || this.#directed(dst) !== undefined) return { ...OK, action: 'broadcast', dev }
    if (isMulticast(dst)) return { ...OK, action: 'multicast', dev }
    const forwarding = isV6(dst) ? dev.conf.forwarding6 : dev.conf.forwarding
    if (!forwarding) return { ...OK, action: 'drop', reason: 'forwarding_disabled', errno: 'EHOSTUNREACH' }
    return this.lookupOutput(dst, src, 0, 0)
  }

  selectSource({ route, dev, gateway }: RouteDecision, dst: Addr): Addr {
    if (route !== null && route.src !== null) return route.src
    if (this.isLocal(dst)) return dst
    return this.selectAddress(dev ?? this.#ns.loopback, gateway ?? dst)
  }

  selectAddress(dev: Device, nextHop: Addr): Addr {
    const mine = dev.addresses.filter(({ addr }) => isV6(addr) === isV6(nextHop))
    const near = mine.find(({ addr, length }) => maskAddr(addr, length) === maskAddr(nextHop, length))
    return (near ?? mine[0])?.addr ?? (isV6(nextHop) ? V6_ANY : V4_ANY)
  }

  redirectDue(decision: RouteDecision, src: Addr, dev: Device): boolean {
    const back = this.#longest(src, 0)?.decision
    return dev.conf.sendRedirects && decision.dev === dev && back?.dev === dev && back.gateway === null
  }

  isLocal(addr: Addr): boolean {
    if (isUnspecified(addr)) return false
    return this.#ns.devices.some(dev => dev.addresses.some(address => address.addr === addr))
  }

  addressType(addr: Addr): RouteKind {
    if (this.isLocal(addr)) return 'local'
    if (isMulticast(addr)) return 'multicast'
    return addr === 0xffff_ffff || this.#directed(addr) !== undefined ? 'broadcast' : 'unicast'
  }

  mtuTo({ route, dev }: RouteDecision, dst: Addr, forwarding = false): number {
    const learnt = forwarding ? undefined : this.learntMtu.get(dst)
    return learnt ?? (route !== null && route.mtu > 0 ? route.mtu : (dev?.mtu ?? 65_535))
  }

  learnPathMtu(dst: Addr, mtu: number): void {
    this.learntMtu.set(dst, mtu)
  }

  learnRedirect(): void {}
  deleteRoute(): boolean {
    return false
  }
  addRule(): void {}
  deleteRule(): boolean {
    return false
  }
  tables(): readonly number[] {
    return [254]
  }
  table(): readonly Route[] {
    return this.#lines.map(line => line.route)
  }
  addressAdded(): void {}
  addressRemoved(): void {}
  deviceChanged(): void {}

  #longest(dst: Addr, oif: number): Line | undefined {
    return this.#lines.find(({ route }) => route.dst.contains(dst) && (oif === 0 || route.dev?.index === oif))
  }

  #directed(dst: Addr): Device | undefined {
    return this.#ns.devices.find(dev => dev.addresses.some(address => address.broadcast === dst))
  }
}

const OK: RouteDecision = {
  action: 'forward',
  route: null,
  dev: null,
  gateway: null,
  errno: null,
  icmpType: -1,
  icmpCode: 0,
  reason: null,
}

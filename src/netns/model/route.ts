import type { Addr } from '../../wire/addr.ts'
import type { Prefix } from '../../wire/prefix.ts'
import type { Device, Scope } from './device.ts'
import type { Errno } from './errno.ts'

/** RTN_* as words. */
export type RouteKind =
  | 'unicast'
  | 'local'
  | 'broadcast'
  | 'multicast'
  | 'blackhole'
  | 'unreachable'
  | 'prohibit'
  | 'throw'

/** One line of `ip route`. */
export interface Route {
  readonly kind: RouteKind
  readonly dst: Prefix
  readonly dev: Device | null
  /** Next hop; null for on-link destinations. */
  readonly gateway: Addr | null
  readonly onlink: boolean
  /** Preferred source, null when not given. */
  readonly src: Addr | null
  readonly metric: number
  readonly scope: Scope
  /** 255 local, 254 main, 253 default, or any other table. */
  readonly table: number
  /** `kernel`, `boot`, `static`, … as `ip route` prints it. */
  readonly protocol: string
  /** MTU metric, 0 when not set. */
  readonly mtu: number
}

/**
 * What a lookup decided (struct rtable). Decisions are shared and immutable: one per route, plus the constant ones for
 * martians and failures, so that a lookup allocates nothing.
 */
export interface RouteDecision {
  /** What to do with the packet. `error` answers with an ICMP error or errno; `drop` is silent. */
  readonly action: 'forward' | 'local' | 'broadcast' | 'multicast' | 'error' | 'drop'
  readonly route: Route | null
  /** Device to send by (`lo` for local destinations on output; the address's device on input). */
  readonly dev: Device | null
  /** Next hop, null when the destination itself is on-link. */
  readonly gateway: Addr | null
  /** Why nothing can be sent: errno of a local sender. */
  readonly errno: Errno | null
  /** `action: 'error'` on input: ICMP type and code to answer (IPv4 numbering; −1 none). */
  readonly icmpType: number
  readonly icmpCode: number
  /** `action: 'drop'`: which check failed. */
  readonly reason: 'martian_source' | 'martian_destination' | 'rp_filter' | 'forwarding_disabled' | 'blackhole' | null
}

/** `ip rule`. */
export interface PolicyRule {
  readonly priority: number
  readonly from: Prefix | null
  readonly to: Prefix | null
  readonly iif: string | null
  readonly oif: string | null
  readonly fwmark: number
  readonly fwmask: number
  readonly invert: boolean
  readonly action:
    | { readonly kind: 'lookup'; readonly table: number }
    | { readonly kind: 'blackhole' | 'unreachable' | 'prohibit' }
}

/** The forwarding information base of one namespace: tables, rules, and the exceptions learnt from ICMP. */
export interface Fib {
  /** Routing of a locally generated packet. `oif` 0 and `src` unspecified when not bound. */
  lookupOutput(dst: Addr, src: Addr, mark: number, oif: number): RouteDecision
  /** Routing of a received packet (ip_route_input): local, martian, rp_filter, forward. */
  lookupInput(dst: Addr, src: Addr, mark: number, dev: Device): RouteDecision
  /** Source address for a packet with this decision and destination (inet_select_addr, RFC 6724 for IPv6). */
  selectSource(decision: RouteDecision, dst: Addr): Addr
  /** Whether the address is one of the namespace's own, on any device (RTN_LOCAL). */
  isLocal(addr: Addr): boolean
  /** RTN_* of an address as `-m addrtype` sees it. */
  addressType(addr: Addr, dev: Device | null): RouteKind
  /** MTU towards a destination: route metric, learnt path MTU, device, whichever is least. */
  mtuTo(decision: RouteDecision, dst: Addr): number
  /** Learns a path MTU (ICMP 3/4 or ICMPv6 2): kept 600 s, at least 552 (IPv6 1280). */
  learnPathMtu(dst: Addr, mtu: number): void
  /** Learns an ICMP redirect, kept 300 s. */
  learnRedirect(dst: Addr, gateway: Addr, dev: Device): void

  addRoute(route: Route): void
  deleteRoute(route: Pick<Route, 'dst' | 'table'> & Partial<Route>): boolean
  addRule(rule: PolicyRule): void
  readonly rules: readonly PolicyRule[]
  /** Routes of one table in the order `ip route show table N` prints them. */
  table(id: number, family: 4 | 6): readonly Route[]
  /** An address appeared or went: local, broadcast and connected routes follow. */
  addressAdded(dev: Device, addr: Addr, length: number, scope: Scope, secondary: boolean): void
  addressRemoved(dev: Device, addr: Addr, length: number): void
  /** A device went down (all its routes go) or up (connected routes return). */
  deviceChanged(dev: Device): void
}

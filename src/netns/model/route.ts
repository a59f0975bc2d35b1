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
  | 'anycast'
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
  /** 4 or 6; when absent, that of `from` or `to`, else 4 (as `ip rule` without `-6`). */
  readonly family?: 4 | 6
  /** `suppress_prefixlength`: a route this short or shorter does not count, and the next rule is tried. */
  readonly suppressPrefixLength?: number
  readonly action:
    | { readonly kind: 'lookup'; readonly table: number }
    | { readonly kind: 'blackhole' | 'unreachable' | 'prohibit' }
}

/** The forwarding information base of one namespace: tables, rules, and the exceptions learnt from ICMP. */
export interface Fib {
  /**
   * Routing of a locally generated packet. `oif` 0 and `src` unspecified when not bound. An IPv4 `src` that is none of the
   * namespace's own gives ENETUNREACH, unless `anySource` is set (FLOWI_FLAG_ANYSRC: re-routing at OUTPUT, RST of REJECT).
   */
  lookupOutput(dst: Addr, src: Addr, mark: number, oif: number, anySource?: boolean): RouteDecision
  /** Routing of a received packet (ip_route_input): local, martian, rp_filter, forward. */
  lookupInput(dst: Addr, src: Addr, mark: number, dev: Device): RouteDecision
  /** Source address for a packet with this decision and destination (inet_select_addr, RFC 6724 for IPv6). */
  selectSource(decision: RouteDecision, dst: Addr): Addr
  /**
   * The address of `dev` to talk to `nextHop` with, whatever the route prefers (inet_select_addr at universe scope,
   * ipv6_dev_get_saddr): what MASQUERADE takes. `nextHop` is the gateway, or the destination when on-link (IPv6: always the
   * destination). Unspecified when there is none.
   */
  selectAddress(dev: Device, nextHop: Addr): Addr
  /**
   * Whether a packet that came in by `dev` and is forwarded as decided leaves by the same device while its source is on that
   * link, so that a redirect is due (RTCF_DOREDIRECT); `send_redirects` is looked at.
   */
  redirectDue(decision: RouteDecision, src: Addr, dev: Device): boolean
  /** Whether the address is one of the namespace's own, on any device (RTN_LOCAL). */
  isLocal(addr: Addr): boolean
  /** RTN_* of an address as `-m addrtype` sees it. */
  addressType(addr: Addr, dev: Device | null): RouteKind
  /**
   * MTU towards a destination: learnt path MTU, else the route's, else the device's. For a packet that is being forwarded
   * (`forwarding`) learnt values do not count (ip_dst_mtu_maybe_forward).
   */
  mtuTo(decision: RouteDecision, dst: Addr, forwarding?: boolean): number
  /** Learns a path MTU (ICMP 3/4 or ICMPv6 2): kept 600 s, at least 552 (IPv6 1280). */
  learnPathMtu(dst: Addr, mtu: number): void
  /**
   * Learns an ICMP redirect, kept 300 s. `from` is its sender, which must be the gateway in use; without it that is taken
   * for granted. Ignored where `accept_redirects` is off.
   */
  learnRedirect(dst: Addr, gateway: Addr, dev: Device, from?: Addr): void

  addRoute(route: Route): void
  deleteRoute(route: Pick<Route, 'dst' | 'table'> & Partial<Route>): boolean
  addRule(rule: PolicyRule): void
  /** Removes the first rule that agrees in every field given; false when there is none. */
  deleteRule(rule: Partial<PolicyRule>): boolean
  /** IPv4 rules, then IPv6 rules, each by priority. */
  readonly rules: readonly PolicyRule[]
  /** Routes of one table in the order `ip route show table N` prints them. */
  table(id: number, family: 4 | 6): readonly Route[]
  /** Numbers of the tables that hold a route, in the order `ip route show table all` goes through them. */
  tables(family: 4 | 6): readonly number[]
  /** An address appeared or went: local, broadcast and connected routes follow. */
  addressAdded(dev: Device, addr: Addr, length: number, scope: Scope, secondary: boolean): void
  addressRemoved(dev: Device, addr: Addr, length: number): void
  /** A device went down (all its routes go) or up (connected routes return). */
  deviceChanged(dev: Device): void
}

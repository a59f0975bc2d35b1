import { isLoopback, isV6, V4_ANY, V6_ANY } from '../../wire/addr.ts'
import type { Namespace } from '../model/namespace.ts'
import {
  HOOK_OUTPUT,
  HOOK_POSTROUTING,
  type Hook,
  NF_ACCEPT,
  NF_DROP,
  NF_STOLEN,
  type Verdict,
} from '../model/netfilter.ts'
import type { RouteDecision } from '../model/route.ts'
import type { Skb } from '../model/skb.ts'
import { viewOf } from '../skb-bytes.ts'
import type { IpvsConnection } from './connection.ts'
import { recordDrop, recordNat } from './events.ts'

const ICMP_DEST_UNREACH = 3
const ICMP_HOST_UNREACH = 1
const ICMP_FRAG_NEEDED = 4
const ICMP_TIME_EXCEEDED = 11

/**
 * Gives a packet the address and a route of its real server (ip_vs_nat_xmit): TTL one less unless the server is this host,
 * destination rewritten, and the conntrack entry told who will answer. Returns the decision, or null when the packet ended.
 */
export function natTransmit(
  ns: Namespace,
  skb: Skb,
  c: IpvsConnection,
  hook: Hook,
  conntrack: boolean,
): RouteDecision | null {
  const v6 = isV6(skb.dst)
  const { addr, port } = c.dest
  const decision = ns.fib.lookupOutput(addr, v6 ? V6_ANY : V4_ANY, 0, 0)
  if (decision.errno !== null || decision.dev === null) {
    recordDrop(ns, skb, 'no_route', `no route to the real server: ${decision.errno ?? 'ENETUNREACH'}`)
    ns.ip.sendError(skb, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH)
    return null
  }
  if (decision.action !== 'local') {
    // A packet of the loopback net must not leave the host (crosses_local_route_boundary).
    if (isLoopback(skb.src)) {
      recordDrop(ns, skb, 'martian_source', 'IPVS sends nothing from the loopback net to another host')
      return null
    }
    if (skb.ttl <= 1) {
      recordDrop(ns, skb, 'ttl_expired', v6 ? 'hop limit' : 'TTL')
      ns.ip.sendError(skb, ICMP_TIME_EXCEEDED, 0)
      return null
    }
    skb.ttl--
    if (ns.sim.recorder !== null) {
      const { name, sim } = ns
      sim.recorder?.record({
        kind: 'ttl',
        time: sim.now,
        ns: name,
        packet: viewOf(skb),
        old: skb.ttl + 1,
        new: skb.ttl,
      })
    }
    const mtu = ns.fib.mtuTo(decision, addr)
    if (skb.length > mtu && (v6 || skb.df) && skb.fragMaxSize === 0) {
      recordDrop(ns, skb, 'mtu_exceeded', `${skb.length} bytes, MTU ${mtu}`)
      ns.ip.sendError(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, mtu)
      return null
    }
  }
  recordNat(ns, skb, hook, 'dst', addr, port)
  skb.dst = addr
  skb.dport = port
  if (conntrack) ns.conntrack.answeredBy(skb, addr, port)
  skb.ipvs = true
  skb.route = decision
  return decision
}

/** From INPUT a packet for another host goes through OUTPUT and POSTROUTING, like one of our own (ip_vs_nat_send_or_cont). */
export function sendOn(ns: Namespace, skb: Skb, decision: RouteDecision): Verdict {
  if (decision.action === 'local') return NF_ACCEPT
  if (ns.netfilter.run(HOOK_OUTPUT, skb, null, decision.dev) !== NF_ACCEPT) return NF_STOLEN
  const final = skb.route ?? decision
  if (ns.netfilter.run(HOOK_POSTROUTING, skb, skb.dev, final.dev) !== NF_ACCEPT) return NF_STOLEN
  ns.ip.finishOutput(skb, final)
  return NF_STOLEN
}

/** No server takes the connection (ip_vs_leave): port unreachable, for TCP too. */
export function refuse(ns: Namespace, skb: Skb): Verdict {
  recordDrop(ns, skb, 'ipvs_no_server', 'the virtual service has no real server that takes connections')
  ns.ip.sendError(skb, ICMP_DEST_UNREACH, 3)
  return NF_DROP
}

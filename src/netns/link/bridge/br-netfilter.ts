import { MAC_ZERO } from '../../../wire/mac.ts'
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from '../../../wire/protocol.ts'
import { HOOK_FORWARD, HOOK_POSTROUTING, HOOK_PREROUTING, NF_ACCEPT } from '../../model/netfilter.ts'
import type { RouteDecision } from '../../model/route.ts'
import { PACKET_HOST, PACKET_OTHERHOST, type Skb } from '../../model/skb.ts'
import { recordDrop } from '../events.ts'
import type { Bridge } from './bridge.ts'
import type { Port } from './port.ts'
import { PortExit } from './port-exit.ts'
import { push } from './push.ts'

/*
 * The hooks of the ip families inside the bridge (net/bridge/br_netfilter_hooks.c, br_netfilter_ipv6.c):
 *
 *   port ─► PREROUTING ─► FDB ─► FORWARD ─► POSTROUTING ─► port
 *           IN=bridge            IN=bridge  OUT=bridge
 *                                OUT=bridge
 *                          └──► up: INPUT, or routed: FORWARD, POSTROUTING of the IP stack; PREROUTING is not repeated
 *
 * What DNAT does in PREROUTING decides where the frame goes: a host behind the same bridge gets it at once with its Ethernet
 * address as destination and an unchanged TTL; anything else goes up to the bridge's own address.
 */

/** Whether the bridge shows this frame to the rules of iptables or ip6tables (`net.bridge.bridge-nf-call-*`). */
function calls(skb: Skb, bridge: Bridge): boolean {
  if (skb.vlan >= 0) return false // bridge-nf-filter-vlan-tagged is 0
  const { sysctl } = bridge.ns
  if (skb.etherType === ETHERTYPE_IPV4) return sysctl.bridgeNfCallIptables
  return skb.etherType === ETHERTYPE_IPV6 && sysctl.bridgeNfCallIp6tables
}

/**
 * br_nf_pre_routing and its finish. Returns whether the bridge goes on with the frame; otherwise it was dropped, stolen, or
 * waits for a neighbour.
 */
export function nfPreRouting(skb: Skb, port: Port): boolean {
  const { bridge } = port
  if (!calls(skb, bridge)) return true
  const { pktType, dst } = skb
  if (pktType === PACKET_OTHERHOST) skb.pktType = PACKET_HOST
  skb.physIn = port.device
  skb.physOut = null
  skb.dev = bridge
  const verdict = bridge.ns.netfilter.run(HOOK_PREROUTING, skb, bridge, null)
  if (verdict !== NF_ACCEPT) return false
  skb.preroutingDone = true
  skb.pktType = pktType
  return skb.dst === dst || redirect(skb, port)
}

/** The destination was changed: looks up where it is now. */
function redirect(skb: Skb, port: Port): boolean {
  const { bridge } = port
  const { fib } = bridge.ns
  const decision = fib.lookupInput(skb.dst, skb.src, skb.mark, bridge)
  if (endsHere(decision, skb)) {
    recordDrop(skb, bridge, decision.reason ?? 'no_route', 'no way to the new destination')
    return false
  }
  skb.route = decision
  if (decision.action === 'forward' && decision.dev === bridge) return readdress(skb, port, decision)
  skb.ethDst = bridge.mac
  skb.pktType = PACKET_HOST
  return true
}

/**
 * Failures that end the packet in the bridge: IPv4 martians and rp_filter; for IPv6 every route error, without an answer. The
 * other ones go up, where the IP stack finds them again and answers.
 */
function endsHere(decision: RouteDecision, skb: Skb): boolean {
  if (skb.etherType === ETHERTYPE_IPV6) return decision.action === 'error' || decision.action === 'drop'
  const { reason } = decision
  return reason === 'martian_source' || reason === 'martian_destination' || reason === 'rp_filter'
}

/** br_nf_pre_routing_finish_bridge: the new destination is behind this bridge, so the frame is addressed to it and stays bridged. */
function readdress(skb: Skb, port: Port, decision: RouteDecision): boolean {
  const { bridge } = port
  const { neighbours } = bridge.ns
  const nextHop = decision.gateway ?? skb.dst
  const mac = neighbours.lookup(bridge, nextHop)
  if (mac !== MAC_ZERO) {
    skb.ethDst = mac
    return true
  }
  skb.bridgedDnat = skb.ethSrc
  neighbours.output(skb, bridge, nextHop)
  return false
}

/**
 * FORWARD and POSTROUTING of a frame that came in by a port (br_nf_forward, br_nf_post_routing), then out by `to`. Takes
 * ownership.
 */
export function nfForward(skb: Skb, to: Port): void {
  const { bridge } = to
  const { netfilter } = bridge.ns
  skb.pktType = PACKET_HOST
  skb.physOut = to.device
  if (netfilter.run(HOOK_FORWARD, skb, bridge, bridge) !== NF_ACCEPT) return
  if (netfilter.run(HOOK_POSTROUTING, skb, null, bridge) !== NF_ACCEPT) return
  const { mtu } = to.device
  const { fragMaxSize } = skb
  if (skb.length <= (fragMaxSize > 0 && fragMaxSize < mtu ? fragMaxSize : mtu)) push(skb, to)
  else cut(skb, to)
}

/**
 * br_nf_dev_queue_xmit: a packet that was put together from fragments for the hooks, or that is longer than the port's MTU,
 * leaves in pieces. An IPv4 packet with DF, or whose fragments were longer than the MTU of the bridge, ends here without an
 * answer.
 */
function cut(skb: Skb, to: Port): void {
  const { bridge } = to
  const whole = skb.fragMaxSize === 0
  if (skb.etherType === ETHERTYPE_IPV4 && (whole ? skb.df : skb.fragMaxSize > bridge.mtu)) {
    const what = whole ? `${skb.length} bytes with DF` : `fragments of ${skb.fragMaxSize} bytes`
    recordDrop(
      skb,
      bridge,
      'mtu_exceeded',
      `${what}, MTU ${to.device.mtu} of ${to.device.name}, ${bridge.mtu} of ${bridge.name}`,
    )
    return
  }
  new PortExit(to).sendFragmented(skb)
}

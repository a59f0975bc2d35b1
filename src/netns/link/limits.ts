import { ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from '../../wire/protocol.ts'
import type { Skb } from '../model/skb.ts'

/** Bytes that a frame may be longer than the MTU on a link without being dropped: room for an 802.1Q tag (is_skb_forwardable). */
const VLAN_ROOM = 4

/** Links that a frame may cross: four times the 64 hops of a default TTL. More means that it circles at layer 2. */
export const MAX_CROSSINGS = 256

/** Tunnels in tunnels (XMIT_RECURSION_LIMIT of the kernel). */
export const MAX_NESTING = 8
/** How often a device wraps what it wrapped itself: measured on 6.18 (dev_recursion_level in iptunnel_xmit). */
export const OWN_NESTING = 3

/** Smallest and largest MTU of Ethernet devices (ETH_MIN_MTU, ETH_MAX_MTU). */
export const MIN_MTU = 68
export const MAX_MTU = 65_535

/** Whether a frame is short enough to be handed on by a link or a bridge port with this MTU (net/core/dev.c is_skb_forwardable). */
export function fitsLink(skb: Skb, mtu: number): boolean {
  return skb.length <= mtu + VLAN_ROOM || (skb.etherType !== ETHERTYPE_IPV4 && skb.etherType !== ETHERTYPE_IPV6)
}

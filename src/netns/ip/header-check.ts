import type { DropReason } from '../../trace/recorder.ts'
import { isLoopback, isMulticast, isV6 } from '../../wire/addr.ts'
import type { Device } from '../model/device.ts'
import { PACKET_OTHERHOST, type Skb } from '../model/skb.ts'

/** Why a packet is not looked at any further. */
export interface HeaderFault {
  readonly reason: DropReason
  readonly detail: string
}

const OTHER_HOST: HeaderFault = { reason: 'other_host', detail: 'the frame is addressed to another MAC' }
const TOO_SHORT: HeaderFault = { reason: 'malformed', detail: 'shorter than its header' }
const V6_OFF: HeaderFault = { reason: 'malformed', detail: 'IPv6 is disabled on the device' }
const V6_LOOPBACK: HeaderFault = { reason: 'martian_source', detail: '::1 from outside' }
const V6_MULTICAST: HeaderFault = { reason: 'martian_source', detail: 'a multicast address as source' }

/**
 * What ip_rcv and ipv6_rcv check before PREROUTING: frames for other hosts and headers that cannot be. IPv4 addresses are
 * judged later, by the route lookup. Returns null for a packet that may go on.
 */
export function headerFault(skb: Skb, dev: Device): HeaderFault | null {
  if (skb.pktType === PACKET_OTHERHOST) return OTHER_HOST
  const { src, dst } = skb
  if (!isV6(dst)) return skb.length < 20 ? TOO_SHORT : null
  if (skb.length < 40) return TOO_SHORT
  if (dev.conf.disableIpv6) return V6_OFF
  if (isMulticast(src)) return V6_MULTICAST
  return dev.kind !== 'loopback' && !skb.looped && (isLoopback(src) || isLoopback(dst)) ? V6_LOOPBACK : null
}

import { ETHERTYPE_ARP, ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from '../../wire/protocol.ts'
import type { Device } from '../model/device.ts'
import { PACKET_OTHERHOST, type Skb } from '../model/skb.ts'
import { recordDrop } from './events.ts'

/**
 * Hands a frame to the protocol that its EtherType names (the end of __netif_receive_skb_core). Frames for other hosts end
 * here, as ip_rcv and arp_rcv drop them before any hook; so do frames of a VLAN that the namespace has no device for.
 */
export function deliverUp(skb: Skb, dev: Device): void {
  if (skb.vlan > 0 && (skb.vlan & 0xfff) !== 0) {
    recordDrop(skb, dev, 'other_host', `no device for VLAN ${skb.vlan & 0xfff} on ${dev.name}`)
    return
  }
  if (skb.pktType === PACKET_OTHERHOST) {
    recordDrop(skb, dev, 'other_host', `the frame is not for the address of ${dev.name}`)
    return
  }
  const { etherType } = skb
  if (etherType === ETHERTYPE_IPV4 || etherType === ETHERTYPE_IPV6) {
    dev.ns.ip.receive(skb, dev)
  } else if (etherType === ETHERTYPE_ARP) {
    if (!dev.noarp) dev.ns.neighbours.receiveArp(skb, dev)
  } else {
    recordDrop(skb, dev, 'no_handler', `EtherType 0x${etherType.toString(16).padStart(4, '0')}`)
  }
}

import { isGroupMac, MAC_BROADCAST } from '../../wire/mac.ts'
import type { Device } from '../model/device.ts'
import { PACKET_BROADCAST, PACKET_HOST, PACKET_MULTICAST, PACKET_OTHERHOST, type Skb } from '../model/skb.ts'
import { handleFrame } from './bridge/handle-frame.ts'
import { Port } from './bridge/port.ts'
import { deliverUp } from './deliver-up.ts'
import { recordDrop, tapRx } from './events.ts'

/**
 * A frame arrives on a device (netif_receive_skb): whom it is for, tap, bridge if the device is a port, otherwise the
 * protocols. Takes ownership of the packet.
 */
export function receiveFrame(skb: Skb, dev: Device): void {
  if (!dev.up) {
    recordDrop(skb, dev, 'link_down', `${dev.name} is down`)
    return
  }
  const { ethDst } = skb
  if (ethDst === dev.mac) skb.pktType = PACKET_HOST
  else if (ethDst === MAC_BROADCAST) skb.pktType = PACKET_BROADCAST
  else skb.pktType = isGroupMac(ethDst) ? PACKET_MULTICAST : PACKET_OTHERHOST
  skb.dev = dev
  dev.rxPackets++
  tapRx(skb, dev)
  const { port } = dev
  if (port !== null && port instanceof Port) handleFrame(skb, port)
  else deliverUp(skb, dev)
}

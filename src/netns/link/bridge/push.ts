import type { Skb } from '../../model/skb.ts'
import { recordDrop } from '../events.ts'
import { fitsLink } from '../limits.ts'
import type { Port } from './port.ts'

/** Transmits a frame by a port when it fits (br_dev_queue_push_xmit). */
export function push(skb: Skb, to: Port): void {
  const { device } = to
  if (!fitsLink(skb, device.mtu)) {
    device.txDropped++
    recordDrop(skb, to.bridge, 'link_mtu', `${skb.length} bytes are more than the MTU ${device.mtu} of ${device.name}`)
    return
  }
  device.transmit(skb)
}

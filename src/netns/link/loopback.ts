import { MAC_ZERO } from '../../wire/mac.ts'
import { Device, type LinkKind } from '../model/device.ts'
import type { Namespace } from '../model/namespace.ts'
import type { Skb } from '../model/skb.ts'
import { recordDrop } from './events.ts'

const LOOPBACK_MTU = 65_536

/** `lo`. What it sends comes back with its mark, route and conntrack entry (drivers/net/loopback.c keeps all three). */
export class Loopback extends Device {
  override readonly kind: LinkKind = 'loopback'

  override transmit(skb: Skb): void {
    if (!this.up) {
      this.txDropped++
      recordDrop(skb, this, 'link_down', `${this.name} is down`)
      return
    }
    this.txPackets++
    skb.ethSrc = MAC_ZERO
    skb.ethDst = MAC_ZERO
    skb.looped = true
    this.ns.sim.enqueueFrame(skb, this)
  }
}

/** Makes `lo` of a namespace. It has no addresses until it is given them. */
export function createLoopback(ns: Namespace): Loopback {
  const dev = new Loopback(ns, 'lo', ns.allocateIndex(), MAC_ZERO, LOOPBACK_MTU, { ...ns.sysctl.default }, true)
  ns.addDevice(dev)
  return dev
}

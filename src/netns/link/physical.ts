import type { Mac } from '../../wire/mac.ts'
import { Device, type DeviceConf, type LinkKind } from '../model/device.ts'
import type { Namespace } from '../model/namespace.ts'
import type { Skb } from '../model/skb.ts'
import { checkMac, checkMtu } from './check-link.ts'
import { recordDrop, tapTx } from './events.ts'
import type { Segment } from './segment.ts'

/** A network card on a segment of the underlay. */
export class Physical extends Device {
  override readonly kind: LinkKind = 'physical'
  readonly segment: Segment

  constructor(ns: Namespace, name: string, mac: Mac, mtu: number, conf: DeviceConf, segment: Segment) {
    super(ns, name, ns.allocateIndex(), mac, mtu, conf)
    this.segment = segment
  }

  override transmit(skb: Skb): void {
    if (!this.up) {
      this.txDropped++
      recordDrop(skb, this, 'link_down', `${this.name} is down`)
      return
    }
    this.txPackets++
    tapTx(skb, this)
    this.segment.carry(skb, this)
  }
}

/** A card that is plugged into a segment, up. Throws KH_LINK. */
export function createPhysical(
  ns: Namespace,
  options: { readonly name: string; readonly mac?: Mac; readonly mtu?: number; readonly segment: Segment },
): Physical {
  const { name, mac, mtu, segment } = options
  const address = checkMac(ns, name, mac)
  const dev = new Physical(ns, name, address, checkMtu(name, mtu, 1500), { ...ns.sysctl.default }, segment)
  ns.addDevice(dev)
  segment.attach(dev)
  return dev
}

import type { Mac } from '../../wire/mac.ts'
import { Device, type LinkKind } from '../model/device.ts'
import type { Namespace } from '../model/namespace.ts'
import type { Skb } from '../model/skb.ts'
import { checkMac, checkMtu } from './check-link.ts'
import { recordDrop, tapTx } from './events.ts'

/** A device that swallows what it is given (drivers/net/dummy.c): kube-ipvs0, nodelocaldns, the pod end of nothing. */
export class Dummy extends Device {
  override readonly kind: LinkKind = 'dummy'

  override transmit(skb: Skb): void {
    this.txPackets++
    tapTx(skb, this)
    recordDrop(skb, this, 'frame_lost', `${this.name} is a dummy: it sends nothing`)
  }
}

/** `ip link add NAME type dummy`. Dummies do no ARP (IFF_NOARP). Throws KH_LINK. */
export function createDummy(
  ns: Namespace,
  options: { readonly name: string; readonly mac?: Mac; readonly mtu?: number },
): Dummy {
  const { name, mac, mtu } = options
  const address = checkMac(ns, name, mac)
  const dev = new Dummy(
    ns,
    name,
    ns.allocateIndex(),
    address,
    checkMtu(name, mtu, 1500),
    { ...ns.sysctl.default },
    true,
  )
  ns.addDevice(dev)
  return dev
}

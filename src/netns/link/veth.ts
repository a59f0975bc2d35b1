import type { Mac } from '../../wire/mac.ts'
import { Device, type LinkKind } from '../model/device.ts'
import type { Namespace } from '../model/namespace.ts'
import type { Skb } from '../model/skb.ts'
import { checkMac, checkMtu } from './check-link.ts'
import { recordDrop, tapTx } from './events.ts'
import { fitsLink, MAX_CROSSINGS } from './limits.ts'
import { scrub } from './scrub.ts'

const DEFAULT_MTU = 1500

/** One end of a virtual cable (drivers/net/veth.c). */
export class Veth extends Device {
  override readonly kind: LinkKind = 'veth'
  /** The other end; null only before the pair is complete and after it was deleted. */
  peer: Veth | null = null

  override get running(): boolean {
    return this.up && this.peer?.up === true
  }

  override get carrierPeer(): Veth | null {
    return this.peer
  }

  override transmit(skb: Skb): void {
    const { peer } = this
    if (peer === null || !this.up || !peer.up) {
      this.txDropped++
      recordDrop(skb, this, 'link_down', `${this.name} or its peer is down`)
      return
    }
    this.txPackets++
    tapTx(skb, this)
    if (!fitsLink(skb, peer.mtu)) {
      this.txDropped++
      recordDrop(
        skb,
        this,
        'link_mtu',
        `${skb.length} bytes are more than the MTU ${peer.mtu} of the peer ${peer.name}`,
      )
      return
    }
    if (++skb.crossings > MAX_CROSSINGS) {
      recordDrop(skb, this, 'nested_too_deep', `the frame crossed ${MAX_CROSSINGS} links`)
      return
    }
    scrub(skb, peer.ns !== this.ns)
    this.ns.sim.enqueueFrame(skb, peer)
  }
}

/** Where one end of a pair is. */
export interface VethEnd {
  readonly ns: Namespace
  readonly name: string
  readonly mac?: Mac
  /** 68 … 65535, default 1500. */
  readonly mtu?: number
}

/** `ip link add A type veth peer name B`, both ends up. Throws KH_LINK. */
export function createVeth(a: VethEnd, b: VethEnd): [Veth, Veth] {
  const one = vethEnd(a)
  const two = vethEnd(b)
  a.ns.addDevice(one)
  try {
    b.ns.addDevice(two)
  } catch (error) {
    a.ns.removeDevice(one)
    throw error
  }
  one.peer = two
  two.peer = one
  return [one, two]
}

function vethEnd({ ns, name, mac, mtu }: VethEnd): Veth {
  const address = checkMac(ns, name, mac)
  return new Veth(ns, name, ns.allocateIndex(), address, checkMtu(name, mtu, DEFAULT_MTU), { ...ns.sysctl.default })
}

import { familyOf } from '../../../wire/addr.ts'
import type { Namespace } from '../../model/namespace.ts'
import type { Skb } from '../../model/skb.ts'
import { viewOf } from '../../skb-bytes.ts'
import type { Vxlan } from './vxlan.ts'

/**
 * The UDP sockets that the vxlan devices of one namespace with the same port share (struct vxlan_sock): VNI → device. There is
 * one for each family, so a VNI may be used twice, as flannel does in a cluster of both.
 */
export class VxlanSocket {
  readonly port: number
  readonly #ns: Namespace
  readonly #devices: Readonly<Record<4 | 6, Map<number, Vxlan>>> = { 4: new Map(), 6: new Map() }

  constructor(ns: Namespace, port: number) {
    this.#ns = ns
    this.port = port
    ns.sockets.bindTunnel(
      port,
      skb => this.#receive(skb),
      skb => this.#open(skb),
    )
  }

  device(vni: number, family: 4 | 6): Vxlan | undefined {
    return this.#devices[family].get(vni)
  }

  add(dev: Vxlan, family: 4 | 6): void {
    this.#devices[family].set(dev.vni, dev)
  }

  remove(dev: Vxlan): void {
    for (const devices of [this.#devices[4], this.#devices[6]]) {
      if (devices.get(dev.vni) === dev) devices.delete(dev.vni)
    }
  }

  /** A device that goes down closes the socket, if it was the last one that used it (vxlan_stop, vxlan_sock_release). */
  #open(outer: Skb): boolean {
    return [...this.#devices[familyOf(outer.src)].values()].some(dev => dev.up)
  }

  #receive(outer: Skb): void {
    const dev = this.#devices[familyOf(outer.src)].get(outer.vni)
    if (dev !== undefined) dev.receiveEncapsulated(outer)
    else
      this.#ns.sim.recorder?.record({
        kind: 'drop',
        time: this.#ns.sim.now,
        ns: this.#ns.name,
        packet: viewOf(outer),
        reason: 'no_vtep',
        detail: `no vxlan device with VNI ${outer.vni} on port ${this.port}`,
        rule: null,
      })
  }
}

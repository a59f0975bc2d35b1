import type { Namespace } from '../../model/namespace.ts'
import type { Skb } from '../../model/skb.ts'
import { viewOf } from '../../skb-bytes.ts'
import type { Vxlan } from './vxlan.ts'

/** The UDP socket that the vxlan devices of one namespace with the same port share (struct vxlan_sock): VNI → device. */
export class VxlanSocket {
  readonly port: number
  readonly #ns: Namespace
  readonly #devices = new Map<number, Vxlan>()

  constructor(ns: Namespace, port: number) {
    this.#ns = ns
    this.port = port
    ns.sockets.bindTunnel(port, skb => this.#receive(skb))
  }

  device(vni: number): Vxlan | undefined {
    return this.#devices.get(vni)
  }

  add(dev: Vxlan): void {
    this.#devices.set(dev.vni, dev)
  }

  remove(dev: Vxlan): void {
    if (this.#devices.get(dev.vni) === dev) this.#devices.delete(dev.vni)
  }

  #receive(outer: Skb): void {
    const dev = this.#devices.get(outer.vni)
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

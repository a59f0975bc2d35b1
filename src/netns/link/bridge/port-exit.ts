import { MAC_ZERO } from '../../../wire/mac.ts'
import { Device, type LinkKind } from '../../model/device.ts'
import type { RouteDecision } from '../../model/route.ts'
import type { Skb } from '../../model/skb.ts'
import type { Port } from './port.ts'
import { push } from './push.ts'

/**
 * What the IP layer sees when it cuts a bridged packet into fragments (the `fake_rtable` of a bridge): a device that hands the
 * pieces to a port, with the MTU of the bridge. The pieces keep their Ethernet header. It is in no namespace's list.
 */
export class PortExit extends Device {
  override readonly kind: LinkKind = 'bridge'
  readonly #port: Port
  readonly #decision: RouteDecision

  constructor(port: Port) {
    const { bridge } = port
    super(bridge.ns, bridge.name, bridge.index, MAC_ZERO, bridge.mtu, bridge.conf, true)
    this.#port = port
    this.#decision = {
      action: 'forward',
      route: null,
      dev: this,
      gateway: null,
      errno: null,
      icmpType: -1,
      icmpCode: -1,
      reason: null,
    }
  }

  /** Sends a packet in as many pieces as the MTU of the bridge asks for. Takes ownership. */
  sendFragmented(skb: Skb): void {
    this.mtu = this.#port.bridge.mtu
    this.ns.ip.finishOutput(skb, this.#decision)
  }

  override transmit(skb: Skb): void {
    push(skb, this.#port)
  }
}

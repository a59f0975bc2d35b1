import { type Addr, isUnspecified } from '../../wire/addr.ts'
import { IPPROTO_IPIP } from '../../wire/protocol.ts'
import type { Namespace } from '../model/namespace.ts'
import type { Skb } from '../model/skb.ts'

const ICMP_UNREACHABLE = 3
const ICMP_PORT_UNREACH = 3

/** A tunnel as its receiver sees it. */
interface Tunnel {
  readonly local: Addr
  readonly remote: Addr
  receiveEncapsulated(outer: Skb, inner: Skb): void
}

/** Takes the packets of IP protocol 4 of one namespace and gives each to the tunnel whose ends it names (tunnel4.c). */
export class IpipReceiver {
  readonly #ns: Namespace
  readonly #tunnels: Tunnel[] = []

  constructor(ns: Namespace) {
    this.#ns = ns
    ns.sockets.bindProtocol(IPPROTO_IPIP, skb => this.#receive(skb))
  }

  add(tunnel: Tunnel): void {
    this.#tunnels.push(tunnel)
  }

  remove(tunnel: Tunnel): void {
    const at = this.#tunnels.indexOf(tunnel)
    if (at >= 0) this.#tunnels.splice(at, 1)
  }

  /** The most exact tunnel wins: both ends, then the remote, then the local one, then neither (ip_tunnel_lookup). */
  #receive(outer: Skb): void {
    let best: Tunnel | null = null
    let bestScore = -1
    for (const tunnel of this.#tunnels) {
      const remote = isUnspecified(tunnel.remote) ? 0 : tunnel.remote === outer.src ? 2 : -4
      const local = isUnspecified(tunnel.local) ? 0 : tunnel.local === outer.dst ? 1 : -4
      if (remote + local > bestScore) {
        best = tunnel
        bestScore = remote + local
      }
    }
    if (best !== null && outer.inner !== null) best.receiveEncapsulated(outer, outer.inner)
    else this.#ns.ip.sendError(outer, ICMP_UNREACHABLE, ICMP_PORT_UNREACH)
  }
}

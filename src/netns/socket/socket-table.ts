import { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from '../../wire/protocol.ts'
import type { Device } from '../model/device.ts'
import type { Errno } from '../model/errno.ts'
import type { Namespace } from '../model/namespace.ts'
import type { Skb } from '../model/skb.ts'
import { viewOf } from '../skb-bytes.ts'
import type { Client } from './client.ts'
import { Echo } from './echo.ts'
import type { Listener, ListenOptions } from './listener.ts'
import { Listeners } from './listeners.ts'
import { Sctp } from './sctp.ts'
import type { ConnectOptions, PingOptions, Sockets, UdpOptions } from './sockets.ts'
import { Tcp } from './tcp.ts'
import { Udp } from './udp.ts'

/** The sockets of a namespace. Uses its other parts only when packets or programs come. */
export function createSocketTable(ns: Namespace): Sockets {
  return new TransportLayer(ns)
}

/** What is above IP: each protocol gets its packets and the ICMP errors that quote them. */
class TransportLayer implements Sockets {
  readonly #ns: Namespace
  readonly #listeners: Listeners
  readonly #tcp: Tcp
  readonly #udp: Udp
  readonly #sctp: Sctp
  readonly #echo: Echo
  readonly #protocols = new Map<number, (skb: Skb) => void>()

  constructor(ns: Namespace) {
    this.#ns = ns
    this.#listeners = new Listeners(ns)
    this.#tcp = new Tcp(ns, this.#listeners)
    this.#udp = new Udp(ns, this.#listeners)
    this.#sctp = new Sctp(ns, this.#listeners)
    this.#echo = new Echo(ns)
  }

  deliver(skb: Skb, dev: Device): void {
    skb.dev = dev
    switch (skb.proto) {
      case IPPROTO_TCP:
        this.#tcp.receive(skb)
        return
      case IPPROTO_UDP:
        this.#udp.receive(skb)
        return
      case IPPROTO_ICMP:
        this.#icmp(skb, 8, 0)
        return
      case IPPROTO_ICMPV6:
        this.#icmp(skb, 128, 129)
        return
      case IPPROTO_SCTP:
        this.#sctp.receive(skb)
        return
    }
    const receive = this.#protocols.get(skb.proto)
    if (receive !== undefined) {
      receive(skb)
      return
    }
    this.#ns.ip.sendError(skb, 3, 2)
    this.#drop(skb, 'protocol_unreachable', `nobody handles IP protocol ${skb.proto}`)
  }

  error(skb: Skb): void {
    const quoted = skb.inner
    if (quoted === null) return
    switch (quoted.proto) {
      case IPPROTO_TCP:
        this.#tcp.error(skb, quoted)
        return
      case IPPROTO_UDP:
        this.#udp.error(skb, quoted)
        return
      case IPPROTO_SCTP:
        this.#sctp.error(skb, quoted)
        return
      case IPPROTO_ICMP:
      case IPPROTO_ICMPV6:
        this.#echo.error(skb, quoted)
        return
    }
  }

  bindTunnel(port: number, receive: (skb: Skb) => void, open?: (skb: Skb) => boolean): void {
    this.#udp.bindTunnel(port, receive, open)
  }

  bindProtocol(proto: number, receive: (skb: Skb) => void): void {
    this.#protocols.set(proto, receive)
  }

  listen(options: ListenOptions): Listener | Errno {
    return this.#listeners.add(options)
  }

  unlisten(listener: Listener): void {
    this.#listeners.remove(listener)
  }

  get listeners(): readonly Listener[] {
    return this.#listeners.all()
  }

  connectTcp(options: ConnectOptions): Client {
    return this.#tcp.connect(options)
  }

  connectSctp(options: ConnectOptions): Client {
    return this.#sctp.connect(options)
  }

  sendUdp(options: UdpOptions): Client {
    return this.#udp.send(options)
  }

  ping(options: PingOptions): Client {
    return this.#echo.ping(options)
  }

  #icmp(skb: Skb, request: number, reply: number): void {
    if (skb.icmpType === request) this.#echo.answer(skb)
    else if (skb.icmpType === reply) this.#echo.replied(skb)
    else if (skb.inner !== null) this.error(skb)
    else this.#drop(skb, 'no_handler', `nobody handles ICMP type ${skb.icmpType}`)
  }

  #drop(skb: Skb, reason: 'protocol_unreachable' | 'no_handler', detail: string): void {
    const ns = this.#ns
    ns.sim.recorder?.record({
      kind: 'drop',
      time: ns.sim.now,
      ns: ns.name,
      packet: viewOf(skb),
      reason,
      detail,
      rule: null,
    })
  }
}

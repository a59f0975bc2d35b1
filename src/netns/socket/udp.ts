import { type Addr, isMulticast, isUnspecified } from '../../wire/addr.ts'
import { IPPROTO_UDP } from '../../wire/protocol.ts'
import type { Errno } from '../model/errno.ts'
import type { Namespace } from '../model/namespace.ts'
import type { Skb } from '../model/skb.ts'
import { viewOf } from '../skb-bytes.ts'
import { Client, type Outcome } from './client.ts'
import { conclude, formatEndpoint, noteError } from './conclude.ts'
import { newPacket, recordDeliver, transmit } from './emit.ts'
import { icmpErrno, isPacketTooBig } from './icmp-errno.ts'
import { learnRoute } from './learn-route.ts'
import type { Listener } from './listener.ts'
import type { Listeners } from './listeners.ts'
import { allocatePort } from './ports.ts'
import type { UdpOptions } from './sockets.ts'
import { answerOif, boundTo, connectSourceOf, peerOf, sourceOf } from './source.ts'

const DEFAULT_TIMEOUT = 5_000_000

/** A client's socket while it waits. */
interface UdpSocket {
  readonly client: Client
  /** Only this peer's packets are taken when connected. */
  readonly connected: boolean
  readonly options: UdpOptions
  timer: number
}

/** UDP of one namespace (net/ipv4/udp.c). */
export class Udp {
  readonly #ns: Namespace
  readonly #listeners: Listeners
  readonly #tunnels = new Map<number, { receive: (skb: Skb) => void; open: (skb: Skb) => boolean }>()
  readonly #clients = new Map<number, UdpSocket[]>()

  constructor(ns: Namespace, listeners: Listeners) {
    this.#ns = ns
    this.#listeners = listeners
  }

  bindTunnel(port: number, receive: (skb: Skb) => void, open: (skb: Skb) => boolean = () => true): void {
    this.#tunnels.set(port, { receive, open })
  }

  receive(skb: Skb): void {
    const ns = this.#ns
    const socket = this.#findClient(skb.dst, skb.dport, skb.src, skb.sport, skb.payload)
    if (socket !== null) {
      this.#answerArrived(socket, skb)
      return
    }
    const tunnel = this.#tunnels.get(skb.dport)
    if (tunnel?.open(skb) === true) {
      tunnel.receive(skb)
      return
    }
    const listener = this.#listeners.find('udp', skb.dport, skb.dst)
    if (listener !== null) {
      this.#serve(listener, skb)
      return
    }
    ns.sim.recorder?.record({
      kind: 'drop',
      time: ns.sim.now,
      ns: ns.name,
      packet: viewOf(skb),
      reason: 'port_closed',
      detail: `no UDP socket on ${formatEndpoint(skb.dst, skb.dport)}`,
      rule: null,
    })
    // The packet has left its flow by now (nf_reset_ct in __udp4_lib_rcv): the error finds the flow by what it quotes.
    skb.ct = null
    ns.ip.sendError(skb, 3, 3)
  }

  /** An ICMP error about a packet that a socket of ours sent (__udp4_lib_err). */
  error(skb: Skb, quoted: Skb): void {
    const socket = this.#findClient(quoted.src, quoted.sport, quoted.dst, quoted.dport, null)
    if (socket === null) return
    noteError(this.#ns, socket.client, skb, 0)
    learnRoute(this.#ns, skb, quoted)
    const meaning = icmpErrno(skb)
    if (meaning === null || !socket.connected) return
    const reported = isPacketTooBig(skb) ? socket.options.df !== false : meaning.fatal
    if (reported) this.#finish(socket, meaning.errno, skb)
  }

  send(options: UdpOptions): Client {
    const ns = this.#ns
    const client = new Client('udp', peerOf(options.dst), options.dport, ns.sim.now)
    const source = options.connected === false ? sourceOf(ns, options) : connectSourceOf(ns, options)
    if (typeof source === 'string') {
      conclude(ns, client, source, this.#request(client, options))
      return client
    }
    client.local = source
    client.localPort =
      options.sport ?? allocatePort(ns, port => this.#clients.has(port) || this.#listeners.at('udp', port).length > 0)
    const taken =
      client.localPort === 0 ||
      this.#listeners.find('udp', client.localPort, source) !== null ||
      (this.#clients.get(client.localPort) ?? []).some(
        other =>
          other.client.local === source && (options.accepts === undefined || other.options.accepts === undefined),
      )
    if (taken) {
      conclude(ns, client, 'EADDRINUSE', this.#request(client, options))
      return client
    }
    const socket: UdpSocket = { client, connected: options.connected ?? true, options, timer: 0 }
    const others = this.#clients.get(client.localPort)
    if (others === undefined) this.#clients.set(client.localPort, [socket])
    else others.push(socket)
    socket.timer = ns.sim.schedule(options.timeout ?? DEFAULT_TIMEOUT, () => {
      this.#finish(socket, 'timeout', this.#request(client, options))
    })
    const request = this.#request(client, options)
    client.packet = request.id
    const errno = this.#transmit(request, options.df, options.oif ?? 0, socket.connected ? source : boundTo(options))
    if (errno !== null) this.#finish(socket, errno, request)
    return client
  }

  #request(client: Client, options: UdpOptions): Skb {
    const skb = newPacket(this.#ns, IPPROTO_UDP, client.local, client.remote, 0)
    skb.sport = client.localPort
    skb.dport = client.remotePort
    skb.payload = options.payload ?? null
    skb.payloadLength = options.payload?.length ?? options.payloadLength ?? 4
    skb.mark = options.mark ?? 0
    skb.tos = options.tos ?? 0
    if (options.ttl !== undefined) skb.ttl = options.ttl
    return skb
  }

  /** `df` as in ProbeOptions; the output path takes DF off again where the datagram is too long (IP_PMTUDISC_WANT). */
  #transmit(skb: Skb, df: boolean | undefined, oif: number, from = skb.src): Errno | null {
    skb.df = df ?? this.#ns.sysctl.noPmtuDisc === 0
    skb.pmtudiscDo = df === true
    return transmit(this.#ns, skb, oif, from)
  }

  #serve(listener: Listener, skb: Skb): void {
    const ns = this.#ns
    listener.see({
      peer: skb.src,
      peerPort: skb.sport,
      local: skb.dst,
      localPort: skb.dport,
      ttl: skb.ttl,
      length: skb.payloadLength,
      time: ns.sim.now,
    })
    if (ns.sim.recorder !== null) recordDeliver(ns, skb, describeListener(listener), listener.assumed)
    if (listener.replyLength === 0) return
    const routed = listener.replyFrom === 'routed' && (listener.address === null || isUnspecified(listener.address))
    const source =
      routed || isMulticast(skb.dst)
        ? sourceOf(ns, { dst: skb.src, oif: answerOif(skb) })
        : (listener.address ?? skb.dst)
    if (typeof source === 'string') return
    if (listener.respond !== null) {
      this.#respond(listener, skb, isUnspecified(source) ? skb.dst : source)
      return
    }
    const reply = newPacket(ns, IPPROTO_UDP, isUnspecified(source) ? skb.dst : source, skb.src, skb.id)
    reply.sport = skb.dport
    reply.dport = skb.sport
    reply.payloadLength = listener.replyLength ?? skb.payloadLength
    reply.payload = listener.replyLength === undefined ? skb.payload : null
    this.#transmit(reply, undefined, answerOif(skb), routed ? boundTo({ dst: reply.dst }) : reply.src)
  }

  /** The program answers when it wants to: what it needs of the request is kept, not the packet. */
  #respond(listener: Listener, skb: Skb, source: Addr): void {
    const ns = this.#ns
    const { id, src, sport, dst, dport } = skb
    const oif = answerOif(skb)
    listener.respond?.(
      skb.payload ?? new Uint8Array(skb.payloadLength),
      { peer: src, peerPort: sport, local: dst, ...(ns.sim.recorder === null ? {} : { packet: viewOf(skb) }) },
      payload => {
        const reply = newPacket(ns, IPPROTO_UDP, source, src, id)
        reply.sport = dport
        reply.dport = sport
        reply.payload = payload
        reply.payloadLength = payload.length
        this.#transmit(reply, undefined, oif)
      },
    )
  }

  #answerArrived(socket: UdpSocket, skb: Skb): void {
    const { client } = socket
    if (this.#ns.sim.recorder !== null) {
      recordDeliver(this.#ns, skb, `udp ${formatEndpoint(client.local, client.localPort)}`, false)
    }
    client.from = skb.src
    client.fromPort = skb.sport
    client.ttl = skb.ttl
    client.bytes += skb.payloadLength
    client.payload = skb.payload
    this.#finish(socket, 'ok', skb)
  }

  #finish(socket: UdpSocket, result: Outcome, skb: Skb): void {
    this.#ns.sim.cancel(socket.timer)
    const port = socket.client.localPort
    const rest = (this.#clients.get(port) ?? []).filter(other => other !== socket)
    if (rest.length === 0) this.#clients.delete(port)
    else this.#clients.set(port, rest)
    conclude(this.#ns, socket.client, result, skb)
  }

  #findClient(
    local: Addr,
    localPort: number,
    remote: Addr,
    remotePort: number,
    payload: Uint8Array | null,
  ): UdpSocket | null {
    const sockets = this.#clients.get(localPort)
    if (sockets === undefined) return null
    for (const socket of sockets) {
      const { client } = socket
      if (client.local !== local) continue
      if (payload !== null && socket.options.accepts?.(payload) === false) continue
      if (!socket.connected || (client.remote === remote && client.remotePort === remotePort)) return socket
    }
    return null
  }
}

function describeListener(listener: Listener): string {
  const where = listener.address === null ? `*:${listener.port}` : formatEndpoint(listener.address, listener.port)
  return listener.program === '' ? `udp ${where}` : `udp ${where} (${listener.program})`
}

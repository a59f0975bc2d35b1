import { type Addr, isMulticast, isV6 } from '../../wire/addr.ts'
import { IPPROTO_ICMP, IPPROTO_ICMPV6 } from '../../wire/protocol.ts'
import type { Namespace } from '../model/namespace.ts'
import { PACKET_HOST, type Skb } from '../model/skb.ts'
import { Client, type Outcome } from './client.ts'
import { conclude, noteError } from './conclude.ts'
import { newPacket, recordDeliver, transmit } from './emit.ts'
import { icmpErrno } from './icmp-errno.ts'
import { learnRoute } from './learn-route.ts'
import type { PingOptions } from './sockets.ts'
import { answerOif, boundTo, peerOf, sourceOf } from './source.ts'

const SECOND = 1_000_000
/** `ping` waits that long for the last answer. */
const LINGER = 10 * SECOND

interface PingSocket {
  readonly client: Client
  readonly options: PingOptions
  readonly id: number
  readonly count: number
  /** When each request left, by sequence number. */
  readonly sent: number[]
  /** Requests that were answered or reported lost. */
  settled: number
  firstError: Outcome | null
  timer: number
}

/** Echo request and reply of both families: the kernel's responder, and `ping`. */
export class Echo {
  readonly #ns: Namespace
  readonly #pings = new Map<number, PingSocket>()

  constructor(ns: Namespace) {
    this.#ns = ns
  }

  /** Answers an echo request (icmp_echo, icmpv6_echo_reply). */
  answer(skb: Skb): void {
    const ns = this.#ns
    const six = isV6(skb.dst)
    if (ns.sysctl.icmpEchoIgnoreAll && !six) return
    // net.ipv4.icmp_echo_ignore_broadcasts is 1 by default; ICMPv6 answers multicast (RFC 4443 §4.2).
    const group = isMulticast(skb.dst) || skb.pktType !== PACKET_HOST
    if (group && !six) return
    if (ns.sim.recorder !== null) recordDeliver(ns, skb, 'icmp echo', false)
    const source = group ? sourceOf(ns, { dst: skb.src, oif: answerOif(skb) }) : skb.dst
    if (typeof source === 'string') return
    const reply = newPacket(ns, skb.proto, source, skb.src, skb.id)
    reply.tos = skb.tos
    reply.icmpType = six ? 129 : 0
    reply.sport = reply.dport = skb.sport
    reply.icmpSeq = skb.icmpSeq
    reply.payloadLength = skb.payloadLength
    reply.payload = skb.payload
    transmit(ns, reply, answerOif(skb))
  }

  ping(options: PingOptions): Client {
    const ns = this.#ns
    const client = new Client('icmp', peerOf(options.dst), 0, ns.sim.now)
    let id = options.id ?? ns.sim.chance.arbitrary(65536)
    while (options.id === undefined && this.#pings.has(id)) id = (id + 1) & 0xffff
    const socket: PingSocket = {
      client,
      options,
      id,
      count: Math.max(1, options.count ?? 1),
      sent: [],
      settled: 0,
      firstError: null,
      timer: 0,
    }
    const source = sourceOf(ns, options)
    if (typeof source !== 'string') client.local = source
    client.localPort = id
    if (typeof source === 'string') conclude(ns, client, source, this.#request(socket, 1))
    else if (this.#pings.has(id)) conclude(ns, client, 'EADDRINUSE', this.#request(socket, 1))
    else {
      this.#pings.set(id, socket)
      this.#sendNext(socket)
    }
    return client
  }

  /** An echo reply for this host. */
  replied(skb: Skb): void {
    const socket = this.#pings.get(skb.sport)
    if (socket === undefined || socket.client.local !== skb.dst) return
    const { client } = socket
    const ns = this.#ns
    if (ns.sim.recorder !== null) recordDeliver(ns, skb, 'icmp echo reply', false)
    if (client.from === null) {
      client.from = skb.src
      client.ttl = skb.ttl
    }
    client.bytes += skb.payloadLength
    const time = ns.sim.now - (socket.sent[skb.icmpSeq - 1] ?? ns.sim.now)
    client.replies.push({ seq: skb.icmpSeq, from: skb.src, ttl: skb.ttl, bytes: 8 + skb.payloadLength, time })
    this.#settle(socket, skb)
  }

  /** An ICMP error that quotes an echo request of ours. */
  error(skb: Skb, quoted: Skb): void {
    learnRoute(this.#ns, skb, quoted)
    const socket = this.#pings.get(quoted.sport)
    if (socket === undefined || socket.client.local !== quoted.src || socket.client.remote !== quoted.dst) return
    noteError(this.#ns, socket.client, skb, quoted.icmpSeq)
    const meaning = icmpErrno(skb)
    if (meaning === null) return
    socket.firstError ??= meaning.errno
    this.#settle(socket, skb)
  }

  #sendNext(socket: PingSocket): void {
    const ns = this.#ns
    const { options } = socket
    const seq = socket.sent.push(ns.sim.now)
    const skb = this.#request(socket, seq)
    skb.df = options.df ?? true
    skb.pmtudiscDo = options.df === true
    const errno = transmit(ns, skb, options.oif ?? 0, boundTo(options))
    if (errno !== null) {
      socket.firstError ??= errno
      this.#settle(socket, skb)
      if (socket.client.result !== 'pending') return
    }
    const more = seq < socket.count
    const delay = more ? (options.interval ?? SECOND) : (options.timeout ?? LINGER)
    socket.timer = ns.sim.schedule(delay, () => {
      if (more) this.#sendNext(socket)
      else this.#finish(socket, this.#request(socket, seq))
    })
  }

  #settle(socket: PingSocket, skb: Skb): void {
    socket.settled++
    if (socket.settled >= socket.count) this.#finish(socket, skb)
  }

  #finish(socket: PingSocket, skb: Skb): void {
    const { client } = socket
    this.#ns.sim.cancel(socket.timer)
    this.#pings.delete(socket.id)
    conclude(this.#ns, client, client.replies.length > 0 ? 'ok' : (socket.firstError ?? 'timeout'), skb)
  }

  #request({ client, options, id }: PingSocket, seq: number): Skb {
    const six = isV6(client.remote)
    const source: Addr = client.local
    const skb = newPacket(this.#ns, six ? IPPROTO_ICMPV6 : IPPROTO_ICMP, source, client.remote, 0)
    skb.icmpType = six ? 128 : 8
    skb.sport = skb.dport = id
    skb.icmpSeq = seq
    skb.payloadLength = options.size ?? 56
    skb.mark = options.mark ?? 0
    skb.tos = options.tos ?? 0
    if (options.ttl !== undefined) skb.ttl = options.ttl
    return skb
  }
}

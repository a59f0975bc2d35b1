import { isMulticast } from '../../wire/addr.ts'
import { IPPROTO_TCP, TCP_ACK, TCP_RST, TCP_SYN } from '../../wire/protocol.ts'
import type { Namespace } from '../model/namespace.ts'
import { PACKET_HOST, type Skb } from '../model/skb.ts'
import { viewOf } from '../skb-bytes.ts'
import { Client } from './client.ts'
import { conclude, formatEndpoint, noteError } from './conclude.ts'
import { newPacket, recordDeliver } from './emit.ts'
import { icmpErrno, isPacketTooBig } from './icmp-errno.ts'
import { learnRoute } from './learn-route.ts'
import type { Listener } from './listener.ts'
import type { Listeners } from './listeners.ts'
import { allocatePort } from './ports.ts'
import type { ConnectOptions } from './sockets.ts'
import { answerOif, connectSourceOf, peerOf } from './source.ts'
import { seqDiff, seqPlus, TcpConnection } from './tcp-connection.ts'
import { TcpMachine } from './tcp-machine.ts'
import { resend, sendReset, sendSyn } from './tcp-output.ts'
import { TcpTable } from './tcp-table.ts'
import { armTimer } from './tcp-timer.ts'

/** Connections of one namespace, both ends and half-open ones; a SYN beyond that is dropped, connect() gets EADDRNOTAVAIL. */
const MAX_CONNECTIONS = 262_144

/** TCP of one namespace (net/ipv4/tcp_input.c): connections, listeners, and what closed ports answer. */
export class Tcp {
  readonly #ns: Namespace
  readonly #listeners: Listeners
  readonly #table = new TcpTable()
  readonly #machine: TcpMachine

  constructor(ns: Namespace, listeners: Listeners) {
    this.#ns = ns
    this.#listeners = listeners
    this.#machine = new TcpMachine(ns, this.#table)
  }

  /** Local source ports may be reused while an earlier connection is in TIME_WAIT, as a client with SO_LINGER 0 can. */
  connect(options: ConnectOptions): Client {
    const ns = this.#ns
    const { dport } = options
    const dst = peerOf(options.dst)
    const client = new Client('tcp', dst, dport, ns.sim.now)
    const source = isMulticast(dst) ? 'ENETUNREACH' : connectSourceOf(ns, options, 'ENETUNREACH')
    if (typeof source === 'string') {
      conclude(ns, client, source, newPacket(ns, IPPROTO_TCP, options.src ?? dst, dst, 0))
      return client
    }
    client.local = source
    const port = options.sport ?? allocatePort(ns, candidate => this.#isTaken(candidate))
    client.localPort = port
    const old = this.#table.find(source, port, dst, dport, ns.sim.now)
    if (old?.state === 'TIME_WAIT') this.#table.remove(old)
    else if (old !== null || port === 0 || this.#table.size >= MAX_CONNECTIONS) {
      conclude(ns, client, 'EADDRNOTAVAIL', newPacket(ns, IPPROTO_TCP, source, dst, 0))
      return client
    }
    const c = new TcpConnection(source, port, dst, dport, 'SYN_SENT', client, null)
    c.ttl = options.ttl ?? ns.sysctl.ipDefaultTtl
    c.tos = options.tos ?? 0
    c.mark = options.mark ?? 0
    c.oif = options.oif ?? 0
    c.df = options.df ?? ns.sysctl.noPmtuDisc === 0
    const length = options.payload?.length ?? options.payloadLength ?? 0
    c.written = options.payload ?? null
    c.isComplete = options.isComplete ?? null
    c.expectData = options.expectData ?? length > 0
    c.keepOpen = options.keepOpen ?? false
    this.#machine.open(c)
    c.sndEnd = seqPlus(c.sndNxt, length)
    sendSyn(ns, c)
    armTimer(ns, c, this.#machine.giveUp)
    if (options.timeout !== undefined) {
      c.patience = ns.sim.schedule(options.timeout, () => this.#machine.end(c, 'timeout', null))
    }
    return client
  }

  receive(skb: Skb): void {
    const ns = this.#ns
    let c = this.#table.find(skb.dst, skb.dport, skb.src, skb.sport, ns.sim.now)
    const opening = (skb.tcpFlags & (TCP_SYN | TCP_ACK | TCP_RST)) === TCP_SYN
    if (c !== null && c.state === 'TIME_WAIT' && opening) {
      this.#table.remove(c)
      c = null
    }
    if (c !== null) {
      if (ns.sim.recorder !== null) {
        recordDeliver(ns, skb, `tcp ${formatEndpoint(skb.dst, skb.dport)}`, c.listener?.assumed ?? false)
      }
      c.causeId = skb.id
      this.#machine.segment(c, skb)
      return
    }
    const listener = this.#listeners.find('tcp', skb.dport, skb.dst)
    if (listener !== null && opening && !isMulticast(skb.dst) && skb.pktType === PACKET_HOST) {
      this.#accept(listener, skb)
      return
    }
    if (listener !== null && (skb.tcpFlags & TCP_RST) !== 0) return
    const detail =
      listener === null
        ? `no TCP socket on ${formatEndpoint(skb.dst, skb.dport)}`
        : `no connection with ${formatEndpoint(skb.src, skb.sport)}`
    ns.sim.recorder?.record({
      kind: 'drop',
      time: ns.sim.now,
      ns: ns.name,
      packet: viewOf(skb),
      reason: listener === null ? 'port_closed' : 'no_socket',
      detail,
      rule: null,
    })
    if (!isMulticast(skb.dst) && skb.pktType === PACKET_HOST) sendReset(ns, skb)
  }

  /** An ICMP error about a segment of ours (tcp_v4_err). */
  error(skb: Skb, quoted: Skb): void {
    const ns = this.#ns
    const c = this.#table.find(quoted.src, quoted.sport, quoted.dst, quoted.dport, ns.sim.now)
    if (c === null || c.state === 'TIME_WAIT') return
    if (c.client !== null) noteError(ns, c.client, skb, 0)
    if (seqDiff(quoted.tcpSeq, c.sndUna) < 0 || seqDiff(quoted.tcpSeq, c.sndNxt) > 0) return
    learnRoute(ns, skb, quoted)
    if (isPacketTooBig(skb)) {
      const mss = this.#machine.mssTowards(c)
      if (mss >= c.mss || c.state === 'SYN_SENT') return
      c.mss = mss
      c.causeId = skb.id
      resend(ns, c)
      return
    }
    const meaning = icmpErrno(skb)
    // Once connected, ICMP errors are only kept for later (sk_err_soft): the connection goes on trying.
    if (meaning !== null && (c.state === 'SYN_SENT' || c.state === 'SYN_RECV')) this.#machine.end(c, meaning.errno, skb)
  }

  #isTaken(port: number): boolean {
    return this.#table.usesPort(port) || this.#listeners.at('tcp', port).length > 0
  }

  #accept(listener: Listener, skb: Skb): void {
    const ns = this.#ns
    if (ns.sim.recorder !== null) recordDeliver(ns, skb, describe(listener), listener.assumed)
    if (this.#table.size >= MAX_CONNECTIONS) return
    const c = new TcpConnection(skb.dst, skb.dport, skb.src, skb.sport, 'SYN_RECV', null, listener)
    c.ttl = ns.sysctl.ipDefaultTtl
    c.df = ns.sysctl.noPmtuDisc === 0
    c.oif = answerOif(skb)
    c.causeId = skb.id
    c.rcvNxt = seqPlus(skb.tcpSeq, 1)
    if (listener.onAccept !== null && ns.sim.recorder !== null) c.opening = viewOf(skb)
    this.#machine.open(c)
    this.#machine.learnMss(c, skb)
    listener.see({
      peer: skb.src,
      peerPort: skb.sport,
      local: skb.dst,
      localPort: skb.dport,
      ttl: skb.ttl,
      length: 0,
      time: ns.sim.now,
    })
    sendSyn(ns, c)
    armTimer(ns, c, this.#machine.giveUp)
  }
}

function describe(listener: Listener): string {
  const where = listener.address === null ? `${listener.port}` : formatEndpoint(listener.address, listener.port)
  return listener.program === '' ? `tcp listen ${where}` : `tcp listen ${where} (${listener.program})`
}

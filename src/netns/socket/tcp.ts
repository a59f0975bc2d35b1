import { isMulticast, isV6 } from '../../wire/addr.ts'
import { IPPROTO_TCP, TCP_ACK, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN } from '../../wire/protocol.ts'
import type { Namespace } from '../model/namespace.ts'
import { PACKET_HOST, type Skb } from '../model/skb.ts'
import { viewOf } from '../skb-bytes.ts'
import { Client, type Outcome } from './client.ts'
import { conclude, formatEndpoint, noteError } from './conclude.ts'
import { newPacket, recordDeliver } from './emit.ts'
import { icmpErrno, isPacketTooBig } from './icmp-errno.ts'
import { learnRoute } from './learn-route.ts'
import type { Listener } from './listener.ts'
import type { Listeners } from './listeners.ts'
import { allocatePort } from './ports.ts'
import type { ConnectOptions } from './sockets.ts'
import { answerOif, mtuTowards, peerOf, sourceOf } from './source.ts'
import { seqDiff, seqPlus, TcpConnection } from './tcp-connection.ts'
import { push, resend, segmentLength, sendAbort, sendAck, sendReset, sendSyn } from './tcp-output.ts'
import { TcpTable } from './tcp-table.ts'
import { armTimer, stopTimer } from './tcp-timer.ts'

/** TIME_WAIT lasts that long (TCP_TIMEWAIT_LEN). */
const TIME_WAIT = 60_000_000
/** Connections of one namespace, both ends and half-open ones; a SYN beyond that is dropped, connect() gets EADDRNOTAVAIL. */
const MAX_CONNECTIONS = 262_144

/** TCP of one namespace (net/ipv4/tcp_input.c): connections, listeners, and what closed ports answer. */
export class Tcp {
  readonly #ns: Namespace
  readonly #listeners: Listeners
  readonly #table = new TcpTable()
  readonly #giveUp = (c: TcpConnection): void => this.#end(c, 'ETIMEDOUT', null)

  constructor(ns: Namespace, listeners: Listeners) {
    this.#ns = ns
    this.#listeners = listeners
  }

  /** Local source ports may be reused while an earlier connection is in TIME_WAIT, as a client with SO_LINGER 0 can. */
  connect(options: ConnectOptions): Client {
    const ns = this.#ns
    const { dport } = options
    const dst = peerOf(options.dst)
    const client = new Client('tcp', dst, dport, ns.sim.now)
    const source = isMulticast(dst) ? 'ENETUNREACH' : sourceOf(ns, options, 'ENETUNREACH')
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
    c.expectData = options.expectData ?? (options.payloadLength ?? 0) > 0
    c.keepOpen = options.keepOpen ?? false
    this.#open(c)
    c.sndEnd = seqPlus(c.sndNxt, options.payloadLength ?? 0)
    sendSyn(ns, c)
    armTimer(ns, c, this.#giveUp)
    if (options.timeout !== undefined) {
      c.patience = ns.sim.schedule(options.timeout, () => this.#end(c, 'timeout', null))
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
      this.#segment(c, skb)
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
      const mss = this.#mssTowards(c)
      if (mss >= c.mss || c.state === 'SYN_SENT') return
      c.mss = mss
      c.causeId = skb.id
      resend(ns, c)
      return
    }
    const meaning = icmpErrno(skb)
    // Once connected, ICMP errors are only kept for later (sk_err_soft): the connection goes on trying.
    if (meaning !== null && (c.state === 'SYN_SENT' || c.state === 'SYN_RECV')) this.#end(c, meaning.errno, skb)
  }

  #isTaken(port: number): boolean {
    return this.#table.usesPort(port) || this.#listeners.at('tcp', port).length > 0
  }

  #open(c: TcpConnection): void {
    c.iss = c.sndUna = this.#ns.sim.chance.arbitrary(0x1_0000_0000)
    c.sndNxt = c.sndEnd = seqPlus(c.iss, 1)
    this.#table.add(c)
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
    this.#open(c)
    this.#learnMss(c, skb)
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
    armTimer(ns, c, this.#giveUp)
  }

  #segment(c: TcpConnection, skb: Skb): void {
    const ns = this.#ns
    const flags = skb.tcpFlags
    if (c.state === 'SYN_SENT') {
      this.#synSent(c, skb)
      return
    }
    if ((flags & TCP_RST) !== 0) {
      if (skb.tcpSeq === c.rcvNxt) this.#end(c, 'ECONNRESET', skb)
      return
    }
    if ((flags & TCP_SYN) !== 0) {
      // A repeated SYN gets the SYN,ACK again; any other a challenge ACK (RFC 5961 §4.2).
      if (c.state === 'SYN_RECV') sendSyn(ns, c)
      else sendAck(ns, c)
      return
    }
    if ((flags & TCP_ACK) === 0 || !this.#acknowledged(c, skb)) return
    this.#data(c, skb)
  }

  #synSent(c: TcpConnection, skb: Skb): void {
    const ns = this.#ns
    const flags = skb.tcpFlags
    const ack = (flags & TCP_ACK) !== 0
    if (ack && skb.tcpAck !== c.sndNxt) {
      sendReset(ns, skb)
      return
    }
    if ((flags & TCP_RST) !== 0) {
      if (ack) this.#end(c, 'ECONNREFUSED', skb)
      return
    }
    if ((flags & TCP_SYN) === 0) return
    c.rcvNxt = seqPlus(skb.tcpSeq, 1)
    this.#learnMss(c, skb)
    if (!ack) {
      // Both ends opened at once (RFC 9293 §3.5).
      c.state = 'SYN_RECV'
      sendSyn(ns, c)
      return
    }
    c.sndUna = skb.tcpAck
    this.#established(c, skb)
  }

  #established(c: TcpConnection, skb: Skb): void {
    const ns = this.#ns
    c.state = 'ESTABLISHED'
    stopTimer(ns, c)
    const { client, listener } = c
    if (listener !== null) {
      this.#write(c, listener.greetingLength)
      return
    }
    if (client === null) return
    client.from = skb.src
    client.fromPort = skb.sport
    client.ttl = skb.ttl
    sendAck(ns, c)
    if (c.expectData) this.#write(c, 0)
    else this.#concludeClient(c, skb)
  }

  /** Takes the acknowledgement. False when the segment is to be ignored. */
  #acknowledged(c: TcpConnection, skb: Skb): boolean {
    const ns = this.#ns
    if (seqDiff(skb.tcpAck, c.sndNxt) > 0) {
      if (c.state === 'SYN_RECV') sendReset(ns, skb)
      else sendAck(ns, c)
      return false
    }
    if (c.state === 'SYN_RECV') {
      if (seqDiff(skb.tcpAck, c.sndUna) <= 0) return false
      c.sndUna = skb.tcpAck
      this.#established(c, skb)
      return true
    }
    if (seqDiff(skb.tcpAck, c.sndUna) <= 0) return true
    c.sndUna = skb.tcpAck
    stopTimer(ns, c)
    const finAcked = c.finSent && c.sndUna === c.sndNxt
    if (!finAcked) {
      this.#write(c, 0)
      return true
    }
    switch (c.state) {
      case 'FIN_WAIT1':
        c.state = 'FIN_WAIT2'
        return true
      case 'CLOSING':
        this.#timeWait(c)
        return true
      case 'LAST_ACK':
        this.#forget(c)
        return false
      default:
        return true
    }
  }

  #data(c: TcpConnection, skb: Skb): void {
    const ns = this.#ns
    if (segmentLength(skb) === 0) return
    const offset = seqDiff(c.rcvNxt, skb.tcpSeq)
    if (offset !== 0) {
      // Repeated, or after a gap: the acknowledgement says where we are.
      sendAck(ns, c)
      return
    }
    c.rcvNxt = seqPlus(c.rcvNxt, segmentLength(skb))
    c.received += skb.payloadLength
    const fin = (skb.tcpFlags & TCP_FIN) !== 0
    if (c.client !== null) this.#clientData(c, skb, fin)
    else this.#serverData(c, skb, fin)
  }

  #clientData(c: TcpConnection, skb: Skb, fin: boolean): void {
    if (c.client !== null) c.client.bytes += skb.payloadLength
    const complete = c.expectData && c.received > 0 && ((skb.tcpFlags & TCP_PSH) !== 0 || fin)
    sendAck(this.#ns, c)
    if (fin) this.#peerClosed(c)
    if (complete) this.#concludeClient(c, skb)
    else if (fin) this.#close(c)
  }

  /** Answers a request that is complete (PSH), and closes when the client does: both in one segment where that is possible. */
  #serverData(c: TcpConnection, skb: Skb, fin: boolean): void {
    const request = (skb.tcpFlags & TCP_PSH) !== 0 && c.received > 0
    const length = request ? (c.listener?.replyLength ?? c.received) : 0
    if (request) c.received = 0
    if (fin) this.#peerClosed(c)
    else if (length === 0) sendAck(this.#ns, c)
    if (fin) this.#close(c, length)
    else this.#write(c, length)
  }

  #peerClosed(c: TcpConnection): void {
    if (c.state === 'ESTABLISHED') c.state = 'CLOSE_WAIT'
    else if (c.state === 'FIN_WAIT1') c.state = 'CLOSING'
    else if (c.state === 'FIN_WAIT2') this.#timeWait(c)
  }

  /** The program writes `length` more bytes; sends what may be sent now. */
  #write(c: TcpConnection, length: number): void {
    c.sndEnd = seqPlus(c.sndEnd, length)
    push(this.#ns, c)
    if (c.sndNxt !== c.sndUna && c.timer === 0) armTimer(this.#ns, c, this.#giveUp)
  }

  #close(c: TcpConnection, length = 0): void {
    if (c.closing) return
    c.closing = true
    if (c.state === 'ESTABLISHED') c.state = 'FIN_WAIT1'
    else if (c.state === 'CLOSE_WAIT') c.state = 'LAST_ACK'
    this.#write(c, length)
  }

  #concludeClient(c: TcpConnection, skb: Skb): void {
    if (c.client === null) return
    this.#ns.sim.cancel(c.patience)
    conclude(this.#ns, c.client, 'ok', skb)
    if (!c.keepOpen) this.#close(c)
  }

  #timeWait(c: TcpConnection): void {
    stopTimer(this.#ns, c)
    c.state = 'TIME_WAIT'
    c.expires = this.#ns.sim.now + TIME_WAIT
  }

  /** The connection ends with an error; `skb` is what brought it. A program that lost patience closes its socket. */
  #end(c: TcpConnection, result: Outcome, skb: Skb | null): void {
    const ns = this.#ns
    if (result === 'timeout' && c.state !== 'SYN_SENT') sendAbort(ns, c)
    this.#forget(c)
    if (c.client !== null) {
      conclude(ns, c.client, result, skb ?? newPacket(ns, IPPROTO_TCP, c.local, c.remote, 0))
    }
  }

  #forget(c: TcpConnection): void {
    stopTimer(this.#ns, c)
    this.#ns.sim.cancel(c.patience)
    c.state = 'CLOSED'
    this.#table.remove(c)
  }

  #learnMss(c: TcpConnection, syn: Skb): void {
    const offered = syn.tcpMss === 0 ? 536 : syn.tcpMss
    c.mss = Math.max(48, Math.min(offered - 12, this.#mssTowards(c)))
  }

  /** What the path carries now, less headers and the timestamps option. */
  #mssTowards(c: TcpConnection): number {
    return mtuTowards(this.#ns, c.remote, c.local, c.mark, c.oif) - (isV6(c.remote) ? 72 : 52)
  }
}

function describe(listener: Listener): string {
  const where = listener.address === null ? `${listener.port}` : formatEndpoint(listener.address, listener.port)
  return listener.program === '' ? `tcp listen ${where}` : `tcp listen ${where} (${listener.program})`
}

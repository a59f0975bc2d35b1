import { isV6 } from '../../wire/addr.ts'
import { IPPROTO_TCP, TCP_ACK, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN } from '../../wire/protocol.ts'
import type { Namespace } from '../model/namespace.ts'
import type { Skb } from '../model/skb.ts'
import type { Outcome } from './client.ts'
import { conclude } from './conclude.ts'
import { newPacket } from './emit.ts'
import type { Respond } from './listener.ts'
import { mtuTowards } from './source.ts'
import { seqDiff, seqPlus, type TcpConnection } from './tcp-connection.ts'
import { push, segmentLength, sendAbort, sendAck, sendReset, sendSyn } from './tcp-output.ts'
import { TcpStream } from './tcp-stream.ts'
import type { TcpTable } from './tcp-table.ts'
import { armTimer, stopTimer } from './tcp-timer.ts'

/** TIME_WAIT lasts that long (TCP_TIMEWAIT_LEN). */
const TIME_WAIT = 60_000_000

/** What a segment does to its connection (RFC 9293 §3.10.7), and what the programs at its ends do then. */
export class TcpMachine {
  readonly #ns: Namespace
  readonly #table: TcpTable
  /** All attempts to get a segment acknowledged were in vain. */
  readonly giveUp = (c: TcpConnection): void => this.end(c, 'ETIMEDOUT', null)

  constructor(ns: Namespace, table: TcpTable) {
    this.#ns = ns
    this.#table = table
  }

  /** Gives a new connection its initial sequence number and its place in the table. */
  open(c: TcpConnection): void {
    c.iss = c.sndUna = this.#ns.sim.chance.arbitrary(0x1_0000_0000)
    c.sndNxt = c.sndEnd = seqPlus(c.iss, 1)
    this.#table.add(c)
  }

  /** A segment for this connection arrived. */
  segment(c: TcpConnection, skb: Skb): void {
    const ns = this.#ns
    const flags = skb.tcpFlags
    if (c.state === 'SYN_SENT') {
      this.#synSent(c, skb)
      return
    }
    if ((flags & TCP_RST) !== 0) {
      if (skb.tcpSeq === c.rcvNxt) this.end(c, 'ECONNRESET', skb)
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
      if (ack) this.end(c, 'ECONNREFUSED', skb)
      return
    }
    if ((flags & TCP_SYN) === 0) return
    c.rcvNxt = seqPlus(skb.tcpSeq, 1)
    this.learnMss(c, skb)
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
      const { onAccept } = listener
      if (onAccept !== null) {
        const stream = this.#open(c)
        this.#later(c, () => onAccept(stream))
      }
      this.#write(c, listener.greetingLength)
      return
    }
    if (client === null) return
    client.from = skb.src
    client.fromPort = skb.sport
    client.ttl = skb.ttl
    if (c.keepOpen) client.stream = this.#open(c)
    sendAck(ns, c)
    if (c.expectData) this.#later(c, () => this.#write(c, 0))
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
    if (skb.payload !== null && skb.payloadLength > 0) c.read = concat(c.read, skb.payload)
    const fin = (skb.tcpFlags & TCP_FIN) !== 0
    if (c.stream !== null && (c.client === null || c.stream.isRead)) this.#streamData(c, c.stream, skb, fin)
    else if (c.client !== null) this.#clientData(c, skb, fin)
    else this.#serverData(c, skb, fin)
  }

  /** Gives the connection to a program. */
  #open(c: TcpConnection): TcpStream {
    const ends = { peer: c.remote, peerPort: c.remotePort, local: c.local, localPort: c.localPort }
    c.stream = new TcpStream(ends, c.opening, {
      write: payload => this.#send(c, payload),
      close: () => {
        if (c.state !== 'CLOSED') this.#close(c)
      },
      reset: () => {
        if (c.state === 'CLOSED') return
        sendAbort(this.#ns, c)
        this.#forget(c)
      },
    })
    return c.stream
  }

  #streamData(c: TcpConnection, stream: TcpStream, skb: Skb, fin: boolean): void {
    sendAck(this.#ns, c)
    if ((skb.tcpFlags & TCP_PSH) !== 0 && c.received > 0) {
      const payload = c.read ?? new Uint8Array(c.received)
      c.read = null
      c.received = 0
      this.#later(c, () => stream.deliver(payload))
    }
    if (!fin) return
    this.#peerClosed(c)
    this.#later(c, () => stream.end('ok'))
  }

  #clientData(c: TcpConnection, skb: Skb, fin: boolean): void {
    if (c.client !== null) c.client.bytes += skb.payloadLength
    if (c.client !== null) c.client.payload = c.read
    const whole = c.isComplete === null || (c.read !== null && c.isComplete(c.read))
    const complete = c.expectData && c.received > 0 && (((skb.tcpFlags & TCP_PSH) !== 0 && whole) || fin)
    sendAck(this.#ns, c)
    if (fin) this.#peerClosed(c)
    if (complete) this.#concludeClient(c, skb)
    else if (fin) this.#later(c, () => this.#close(c))
  }

  /**
   * Answers a request that is complete (PSH), and closes when the client does: both in one segment where that is possible. A
   * fresh connection acknowledges data at once, before the program has answered (tcp_event_data_recv: quick ACKs).
   */
  #serverData(c: TcpConnection, skb: Skb, fin: boolean): void {
    const request = (skb.tcpFlags & TCP_PSH) !== 0 && c.received > 0
    const respond = request ? (c.listener?.respond ?? null) : null
    const length = request && respond === null ? (c.listener?.replyLength ?? c.received) : 0
    if (request) c.received = 0
    if (fin) this.#peerClosed(c)
    else sendAck(this.#ns, c)
    if (respond !== null) this.#later(c, () => this.#respond(c, respond))
    if (fin) this.#later(c, () => this.#close(c, length))
    else if (length > 0) this.#later(c, () => this.#write(c, length))
  }

  /** The program answers when it wants to, as long as the connection can still send. */
  #respond(c: TcpConnection, respond: Respond): void {
    const request = c.read ?? new Uint8Array()
    c.read = null
    respond(request, { peer: c.remote, peerPort: c.remotePort, local: c.local }, payload => this.#send(c, payload))
  }

  /** The program writes bytes, while the connection can still send. */
  #send(c: TcpConnection, payload: Uint8Array): void {
    if (c.state !== 'ESTABLISHED' && c.state !== 'CLOSE_WAIT') return
    c.written = concat(c.written, payload)
    this.#write(c, payload.length)
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
    if (c.sndNxt !== c.sndUna && c.timer === 0) armTimer(this.#ns, c, this.giveUp)
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
    if (!c.keepOpen) this.#later(c, () => this.#close(c))
  }

  /** A program acts when it is scheduled: after everything that its packet set in motion. */
  #later(c: TcpConnection, action: () => void): void {
    this.#ns.sim.schedule(0, () => {
      if (c.state !== 'CLOSED') action()
    })
  }

  #timeWait(c: TcpConnection): void {
    stopTimer(this.#ns, c)
    c.state = 'TIME_WAIT'
    c.expires = this.#ns.sim.now + TIME_WAIT
  }

  /** The connection ends with an error; `skb` is what brought it. A program that lost patience closes its socket. */
  end(c: TcpConnection, result: Outcome, skb: Skb | null): void {
    const ns = this.#ns
    if (result === 'timeout' && c.state !== 'SYN_SENT') sendAbort(ns, c)
    this.#forget(c)
    c.stream?.end(result)
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

  /** Takes the MSS that a SYN offers. */
  learnMss(c: TcpConnection, syn: Skb): void {
    const offered = syn.tcpMss === 0 ? 536 : syn.tcpMss
    c.mss = Math.max(48, Math.min(offered - 12, this.mssTowards(c)))
  }

  /** What the path carries now, less headers and the timestamps option. */
  mssTowards(c: TcpConnection): number {
    return mtuTowards(this.#ns, c.remote, c.local, c.mark, c.oif) - (isV6(c.remote) ? 72 : 52)
  }
}

function concat(a: Uint8Array | null, b: Uint8Array): Uint8Array {
  if (a === null) return b.slice()
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}

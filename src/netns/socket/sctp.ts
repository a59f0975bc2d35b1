import { isMulticast } from '../../wire/addr.ts'
import { IPPROTO_SCTP } from '../../wire/protocol.ts'
import type { Namespace } from '../model/namespace.ts'
import { PACKET_HOST, type Skb } from '../model/skb.ts'
import { viewOf } from '../skb-bytes.ts'
import { Client, type Outcome } from './client.ts'
import { conclude, formatEndpoint, noteError } from './conclude.ts'
import { newPacket, recordDeliver, transmit } from './emit.ts'
import { icmpErrno } from './icmp-errno.ts'
import { learnRoute } from './learn-route.ts'
import type { Listeners } from './listeners.ts'
import { allocatePort } from './ports.ts'
import type { ConnectOptions } from './sockets.ts'
import { answerOif, peerOf, sourceOf } from './source.ts'

/** Chunk types (RFC 9260 §3.2). */
const INIT = 1
const INIT_ACK = 2
const ABORT = 6
const SHUTDOWN = 7
const SHUTDOWN_ACK = 8
const COOKIE_ECHO = 10
const COOKIE_ACK = 11
const SHUTDOWN_COMPLETE = 14

/** Length of the state cookie in our INIT ACK. */
const COOKIE_LENGTH = 128
/** RTO.Initial 3 s, Max.Init.Retransmits 8 (RFC 9260 §16); doubled up to RTO.Max 60 s. */
const RTO_INITIAL = 3_000_000
const RTO_MAX = 60_000_000
const MAX_INIT_RETRANSMITS = 8

interface Association {
  readonly client: Client
  readonly options: ConnectOptions
  /** Our own and the peer's verification tag. */
  readonly tag: number
  peerTag: number
  state: 'COOKIE_WAIT' | 'COOKIE_ECHOED' | 'ESTABLISHED' | 'SHUTDOWN_SENT'
  rto: number
  retransmits: number
  timer: number
  patience: number
}

/**
 * SCTP as far as reachability goes: the four-way handshake, its refusal, and the orderly end. A listener keeps no state:
 * everything it needs is in the cookie (RFC 9260 §5.1.3).
 */
export class Sctp {
  readonly #ns: Namespace
  readonly #listeners: Listeners
  readonly #associations = new Map<number, Association>()

  constructor(ns: Namespace, listeners: Listeners) {
    this.#ns = ns
    this.#listeners = listeners
  }

  connect(options: ConnectOptions): Client {
    const ns = this.#ns
    const client = new Client('sctp', peerOf(options.dst), options.dport, ns.sim.now)
    const source = sourceOf(ns, options)
    const port = options.sport ?? allocatePort(ns, candidate => this.#associations.has(candidate))
    const refused =
      typeof source === 'string' ? source : port === 0 || this.#associations.has(port) ? 'EADDRINUSE' : null
    if (typeof source === 'string' || refused !== null) {
      conclude(ns, client, refused ?? 'EINVAL', newPacket(ns, IPPROTO_SCTP, options.src ?? options.dst, options.dst, 0))
      return client
    }
    client.local = source
    client.localPort = port
    const tag = 1 + ns.sim.chance.arbitrary(0xffff_ffff)
    const association: Association = {
      client,
      options,
      tag,
      peerTag: 0,
      state: 'COOKIE_WAIT',
      rto: RTO_INITIAL,
      retransmits: 0,
      timer: 0,
      patience: 0,
    }
    this.#associations.set(port, association)
    if (options.timeout !== undefined) {
      association.patience = ns.sim.schedule(options.timeout, () => this.#finish(association, 'timeout', null))
    }
    this.#sendOpening(association, 0)
    return client
  }

  receive(skb: Skb): void {
    const ns = this.#ns
    const association = this.#find(skb.dport, skb)
    if (association !== null) {
      if (ns.sim.recorder !== null) recordDeliver(ns, skb, `sctp ${formatEndpoint(skb.dst, skb.dport)}`, false)
      this.#clientChunk(association, skb)
      return
    }
    const listener = this.#listeners.find('sctp', skb.dport, skb.dst)
    if (listener !== null) {
      if (ns.sim.recorder !== null) recordDeliver(ns, skb, `sctp listen ${listener.port}`, listener.assumed)
      if (skb.sctpChunk === COOKIE_ECHO) {
        listener.see({
          peer: skb.src,
          peerPort: skb.sport,
          local: skb.dst,
          localPort: skb.dport,
          ttl: skb.ttl,
          length: 0,
          time: ns.sim.now,
        })
      }
      this.#serverChunk(skb)
      return
    }
    ns.sim.recorder?.record({
      kind: 'drop',
      time: ns.sim.now,
      ns: ns.name,
      packet: viewOf(skb),
      reason: 'port_closed',
      detail: `no SCTP socket on ${formatEndpoint(skb.dst, skb.dport)}`,
      rule: null,
    })
    // RFC 9260 §8.4: an ABORT is never answered, nor what was not for this host alone.
    if (skb.sctpChunk !== ABORT && !isMulticast(skb.dst) && skb.pktType === PACKET_HOST) this.#answer(skb, ABORT, 0)
  }

  error(skb: Skb, quoted: Skb): void {
    const association = this.#associations.get(quoted.sport)
    if (association?.client.local !== quoted.src || association.client.remote !== quoted.dst) return
    noteError(this.#ns, association.client, skb, 0)
    learnRoute(this.#ns, skb, quoted)
    const meaning = icmpErrno(skb)
    // Only protocol unreachable ends an association (sctp_v4_err); the rest is left to the timers.
    if (meaning?.errno === 'ENOPROTOOPT') this.#finish(association, meaning.errno, skb)
  }

  #find(port: number, skb: Skb): Association | null {
    const association = this.#associations.get(port)
    if (association === undefined) return null
    const { client } = association
    return client.local === skb.dst && client.remote === skb.src && client.remotePort === skb.sport ? association : null
  }

  #clientChunk(association: Association, skb: Skb): void {
    const { client } = association
    switch (skb.sctpChunk) {
      case INIT_ACK:
        if (association.state !== 'COOKIE_WAIT') return
        association.state = 'COOKIE_ECHOED'
        association.peerTag = skb.sctpInitTag
        association.retransmits = 0
        association.rto = RTO_INITIAL
        this.#sendOpening(association, skb.id)
        return
      case COOKIE_ACK:
        if (association.state !== 'COOKIE_ECHOED') return
        association.state = 'ESTABLISHED'
        this.#ns.sim.cancel(association.timer)
        client.from = skb.src
        client.fromPort = skb.sport
        client.ttl = skb.ttl
        if (association.options.keepOpen !== true) {
          association.state = 'SHUTDOWN_SENT'
          this.#send(association, SHUTDOWN, skb.id)
        }
        conclude(this.#ns, client, 'ok', skb)
        return
      case SHUTDOWN_ACK:
        this.#send(association, SHUTDOWN_COMPLETE, skb.id)
        this.#finish(association, 'ok', skb)
        return
      case ABORT:
        this.#finish(association, association.state === 'COOKIE_WAIT' ? 'ECONNREFUSED' : 'ECONNRESET', skb)
        return
    }
  }

  #serverChunk(skb: Skb): void {
    switch (skb.sctpChunk) {
      case INIT:
        this.#answer(skb, INIT_ACK, COOKIE_LENGTH)
        return
      case COOKIE_ECHO:
        this.#answer(skb, COOKIE_ACK, 0)
        return
      case SHUTDOWN:
        this.#answer(skb, SHUTDOWN_ACK, 0)
        return
    }
  }

  /** INIT or COOKIE ECHO, again and again until answered. */
  #sendOpening(association: Association, causeId: number): void {
    const { sim } = this.#ns
    this.#send(association, association.state === 'COOKIE_WAIT' ? INIT : COOKIE_ECHO, causeId)
    sim.cancel(association.timer)
    association.timer = sim.schedule(association.rto, () => {
      if (association.retransmits >= MAX_INIT_RETRANSMITS) {
        this.#finish(association, 'ETIMEDOUT', null)
        return
      }
      association.retransmits++
      association.rto = Math.min(2 * association.rto, RTO_MAX)
      this.#sendOpening(association, 0)
    })
  }

  #send({ client, options, peerTag, tag }: Association, chunk: number, causeId: number): void {
    const skb = newPacket(this.#ns, IPPROTO_SCTP, client.local, client.remote, causeId)
    skb.sport = client.localPort
    skb.dport = client.remotePort
    skb.sctpChunk = chunk
    skb.sctpTag = chunk === INIT ? 0 : peerTag
    skb.sctpInitTag = chunk === INIT ? tag : 0
    skb.payloadLength = chunk === COOKIE_ECHO ? COOKIE_LENGTH : 0
    skb.mark = options.mark ?? 0
    skb.tos = options.tos ?? 0
    skb.df = options.df ?? true
    if (options.ttl !== undefined) skb.ttl = options.ttl
    transmit(this.#ns, skb, options.oif ?? 0)
  }

  #answer(cause: Skb, chunk: number, payloadLength: number): void {
    const skb = newPacket(this.#ns, IPPROTO_SCTP, cause.dst, cause.src, cause.id)
    skb.sport = cause.dport
    skb.dport = cause.sport
    skb.sctpChunk = chunk
    skb.df = true
    // The peer's tag: in its INIT as initiate tag, later ones are known by our cookie; an ABORT reflects what it got.
    skb.sctpTag = cause.sctpChunk === INIT ? cause.sctpInitTag : cause.sctpTag
    if (chunk === INIT_ACK) skb.sctpInitTag = cause.sctpInitTag
    skb.payloadLength = payloadLength
    transmit(this.#ns, skb, answerOif(cause))
  }

  #finish(association: Association, result: Outcome, skb: Skb | null): void {
    const { sim } = this.#ns
    sim.cancel(association.timer)
    sim.cancel(association.patience)
    const { client } = association
    this.#associations.delete(client.localPort)
    const packet = skb ?? newPacket(this.#ns, IPPROTO_SCTP, client.local, client.remote, 0)
    conclude(this.#ns, client, result, packet)
  }
}

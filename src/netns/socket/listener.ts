import type { PacketView } from '../../trace/index.ts'
import type { Addr } from '../../wire/addr.ts'
import type { TcpStream } from './tcp-stream.ts'

/** How a listening program behaves. */
export interface ListenOptions {
  readonly protocol: 'tcp' | 'udp' | 'sctp'
  /** 1 … 65535. */
  readonly port: number
  /** Null or left out: every address of both families (a dual-stack wildcard socket); `::` is IPv6 only (IPV6_V6ONLY). */
  readonly address?: Addr | null
  /** Who listens, for the trace. */
  readonly program?: string
  /** Nothing says that it really listens. */
  readonly assumed?: boolean
  /** UDP: answer from the address that was hit (default), or from the one that routing chooses. */
  readonly replyFrom?: 'hit' | 'routed'
  /** Bytes of an answer; the length of the request when left out. 0: never answers. */
  readonly replyLength?: number
  /**
   * A program that looks at what it is asked (UDP datagram, TCP request that ends with PSH) and answers with bytes, at once or later;
   * more than once on TCP. Goes before `replyLength`.
   */
  readonly respond?: Respond
  /** TCP: bytes sent as soon as a connection is accepted. */
  readonly greetingLength?: number
  /** TCP: a program that takes each connection, to read and write as it likes. Goes before everything else. */
  readonly onAccept?: (stream: TcpStream) => void
}

/** A program's answer to a request: `reply` may be called later, while the simulation runs. */
export type Respond = (request: Uint8Array, peer: RespondPeer, reply: (payload: Uint8Array) => void) => void

/** Between whom a request travels. */
export interface RespondPeer {
  readonly peer: Addr
  readonly peerPort: number
  readonly local: Addr
  /** The datagram as it arrived, while somebody watches. */
  readonly packet?: PacketView
}

/** What a server saw of a client. */
export interface Sighting {
  readonly peer: Addr
  readonly peerPort: number
  readonly local: Addr
  readonly localPort: number
  /** TTL on arrival. */
  readonly ttl: number
  /** Payload bytes of the packet. */
  readonly length: number
  /** Simulated microseconds. */
  readonly time: number
}

/** Sightings that a listener keeps at least; earlier ones are forgotten in batches. */
const MIN_SEEN = 1024

/** A bound, listening socket. */
export class Listener {
  readonly protocol: 'tcp' | 'udp' | 'sctp'
  readonly port: number
  readonly address: Addr | null
  readonly program: string
  readonly assumed: boolean
  readonly replyFrom: 'hit' | 'routed'
  readonly replyLength: number | undefined
  readonly greetingLength: number
  readonly respond: Respond | null
  readonly onAccept: ((stream: TcpStream) => void) | null
  /** First packets of UDP exchanges and accepted connections, oldest first. */
  readonly seen: Sighting[] = []

  constructor(options: ListenOptions) {
    this.protocol = options.protocol
    this.port = options.port
    this.address = options.address ?? null
    this.program = options.program ?? ''
    this.assumed = options.assumed ?? false
    this.replyFrom = options.replyFrom ?? 'hit'
    this.replyLength = options.replyLength
    this.greetingLength = options.greetingLength ?? 0
    this.respond = options.respond ?? null
    this.onAccept = options.onAccept ?? null
  }

  see(sighting: Sighting): void {
    if (this.seen.length >= 2 * MIN_SEEN) this.seen.splice(0, MIN_SEEN)
    this.seen.push(sighting)
  }
}

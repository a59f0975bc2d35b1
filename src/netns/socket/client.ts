import type { Addr } from '../../wire/addr.ts'
import { V4_ANY } from '../../wire/addr.ts'
import type { Errno } from '../model/errno.ts'
import type { TcpStream } from './tcp-stream.ts'

/**
 * What the program at the client end learnt: `ok`, the errno of its call, `timeout` when its own patience ended, `pending`
 * while the simulation has not run long enough.
 */
export type Outcome = 'pending' | 'ok' | 'timeout' | Errno

/** An ICMP error that reached a client's socket, whether the program was told or not (IP_RECVERR). */
export interface SeenError {
  readonly type: number
  readonly code: number
  /** Who sent it. */
  readonly from: Addr
  /** MTU of a packet-too-big; gateway of a redirect is in `gateway`. */
  readonly info: number
  readonly gateway: Addr
  readonly seq: number
  /** Simulated microseconds. */
  readonly time: number
}

/** One echo reply, as `ping` prints it. */
export interface PingReply {
  readonly seq: number
  readonly from: Addr
  readonly ttl: number
  /** ICMP bytes: header of 8 and data. */
  readonly bytes: number
  /** Round trip in simulated microseconds. */
  readonly time: number
}

/** The client end of one question: filled in while the simulation runs. */
export class Client {
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'sctp'
  readonly remote: Addr
  readonly remotePort: number
  /** The client's own end; the address is unspecified when no source could be chosen. */
  local: Addr = V4_ANY
  localPort = 0
  /** Id of the first packet that it sent; 0 while there is none. */
  packet = 0
  /** TCP, with `keepOpen`: its end of the connection once that is established. */
  stream: TcpStream | null = null
  result: Outcome = 'pending'
  /** Who answered first, as the client saw it; null when nobody did. */
  from: Addr | null = null
  fromPort = 0
  /** TTL of the first answer on arrival. */
  ttl = 0
  /** Transport payload received. */
  bytes = 0
  /** The bytes of the answer, where the server sent any that matter: a datagram, or what a TCP server wrote so far. */
  payload: Uint8Array | null = null
  /** Called once, when the result is known. */
  onResult: ((client: Client) => void) | null = null
  /** Simulated microseconds. */
  readonly started: number
  finished = 0
  readonly errors: SeenError[] = []
  readonly replies: PingReply[] = []

  constructor(protocol: 'tcp' | 'udp' | 'icmp' | 'sctp', remote: Addr, remotePort: number, started: number) {
    this.protocol = protocol
    this.remote = remote
    this.remotePort = remotePort
    this.started = started
  }

  /** Simulated microseconds from the call to its result; 0 while pending. */
  get elapsed(): number {
    return this.result === 'pending' ? 0 : this.finished - this.started
  }
}

import type { PacketView } from '../../trace/index.ts'
import type { Addr } from '../../wire/addr.ts'
import type { Client } from './client.ts'
import type { Listener } from './listener.ts'
import type { TcpStream } from './tcp-stream.ts'

/** TCP states (RFC 9293 §3.3.2); a listener is no connection. */
export type TcpState =
  | 'SYN_SENT'
  | 'SYN_RECV'
  | 'ESTABLISHED'
  | 'FIN_WAIT1'
  | 'FIN_WAIT2'
  | 'CLOSING'
  | 'TIME_WAIT'
  | 'CLOSE_WAIT'
  | 'LAST_ACK'
  | 'CLOSED'

/** One end of a TCP connection: the transmission control block. Sequence numbers are unsigned 32-bit. */
export class TcpConnection {
  readonly local: Addr
  readonly localPort: number
  readonly remote: Addr
  readonly remotePort: number
  /** The program at the active end, or null. */
  readonly client: Client | null
  /** The listener that accepted it, or null. */
  readonly listener: Listener | null
  /** Next connection with the same pair of ports. */
  next: TcpConnection | null = null

  state: TcpState
  /** Initial, oldest unacknowledged and next send sequence number. */
  iss = 0
  sndUna = 0
  sndNxt = 0
  rcvNxt = 0
  /** Sequence number after the last byte that the program wrote. */
  sndEnd = 0
  /** Largest segment payload. */
  mss = 536
  /** The program has closed: FIN follows the last byte. */
  closing = false
  finSent = false
  /** Bytes of the present request received so far (server), or in all (client). */
  received = 0

  /** The bytes that the program at this end writes, from sequence number `iss` + 1 on; null where only their number matters. */
  written: Uint8Array | null = null
  /** The bytes of the present request (server) or of the answer so far (client), where the peer sends any that matter. */
  read: Uint8Array | null = null
  /** In the hands of a program that reads and writes by itself. */
  stream: TcpStream | null = null
  /** The SYN that opened it, where somebody watches. */
  opening: PacketView | null = null
  isComplete: ((received: Uint8Array) => boolean) | null = null

  ttl = 64
  tos = 0
  mark = 0
  oif = 0
  df = true
  expectData = false
  keepOpen = false

  /** Retransmission: handle of the timer, the present timeout in microseconds, and how often it fired. */
  timer = 0
  rto = 1_000_000
  retransmits = 0
  /** Handle of the program's own timeout. */
  patience = 0
  /** When TIME_WAIT ends. */
  expires = 0
  /** Id of the packet that this end answers next. */
  causeId = 0

  constructor(
    local: Addr,
    localPort: number,
    remote: Addr,
    remotePort: number,
    state: TcpState,
    client: Client | null,
    listener: Listener | null,
  ) {
    this.local = local
    this.localPort = localPort
    this.remote = remote
    this.remotePort = remotePort
    this.state = state
    this.client = client
    this.listener = listener
  }
}

/** a − b of sequence numbers, as a signed distance (RFC 1982). */
export function seqDiff(a: number, b: number): number {
  return (a - b) | 0
}

/** a + n modulo 2³². */
export function seqPlus(a: number, n: number): number {
  return (a + n) >>> 0
}

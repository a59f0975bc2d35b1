import type { Addr } from '../../wire/addr.ts'
import type { Errno } from '../model/errno.ts'
import type { SocketTable } from '../model/namespace.ts'
import type { Client } from './client.ts'
import type { Listener, ListenOptions } from './listener.ts'

/** What every question can set. */
export interface ProbeOptions {
  readonly dst: Addr
  /** Source address; must be local. Left out: chosen by the route. */
  readonly src?: Addr
  /** TTL or hop limit, 1 … 255. Default `net.ipv4.ip_default_ttl`. */
  readonly ttl?: number
  /**
   * IP_MTU_DISCOVER: left out as Linux does by default (DF while the packet fits, else fragments), true insists (EMSGSIZE
   * when too big), false never sets DF.
   */
  readonly df?: boolean
  /** SO_MARK. */
  readonly mark?: number
  readonly tos?: number
  /** SO_BINDTODEVICE: ifindex. */
  readonly oif?: number
  /** Simulated microseconds that the program waits. TCP: as long as the kernel tries, when left out. */
  readonly timeout?: number
}

export interface ConnectOptions extends ProbeOptions {
  readonly dport: number
  /** Local port; left out: from `ip_local_port_range`. */
  readonly sport?: number
  /** Bytes to send once connected; the answer is then waited for. Default 0. */
  readonly payloadLength?: number
  /** The bytes themselves; goes before `payloadLength`. */
  readonly payload?: Uint8Array
  /** Whether what the server has written so far is a whole answer. Default: a segment with PSH ends it. */
  readonly isComplete?: (received: Uint8Array) => boolean
  /** Wait for data from the server even without having sent any (the server greets). */
  readonly expectData?: boolean
  /** Keep the connection open after the result is known: `client.stream` goes on. Default false: closed, FIN first. */
  readonly keepOpen?: boolean
}

export interface UdpOptions extends ProbeOptions {
  readonly dport: number
  readonly sport?: number
  /** Default 4. */
  readonly payloadLength?: number
  readonly payload?: Uint8Array
  /**
   * Whether a datagram of the peer is an answer to this one. Given: several exchanges may share a local port, as the queries of a stub
   * resolver do.
   */
  readonly accepts?: (payload: Uint8Array) => boolean
  /** Whether the socket is connected: only then ICMP errors become errno and strangers are refused. Default true. */
  readonly connected?: boolean
}

export interface PingOptions extends ProbeOptions {
  /** Data bytes after the ICMP header. Default 56. */
  readonly size?: number
  /** Echo requests, one second apart unless `interval` (microseconds) says otherwise. Default 1. */
  readonly count?: number
  readonly interval?: number
  /** Identifier, 0 … 65535; left out: arbitrary. */
  readonly id?: number
}

/** The sockets of a namespace with what programs do with them. Results arrive while the simulation runs. */
export interface Sockets extends SocketTable {
  /** `EADDRINUSE` when another listener has the port on the same address, `EADDRNOTAVAIL` when the address is not local. */
  listen(options: ListenOptions): Listener | Errno
  /** Nobody listens there any more; connections stay. */
  unlisten(listener: Listener): void
  readonly listeners: readonly Listener[]
  connectTcp(options: ConnectOptions): Client
  connectSctp(options: ConnectOptions): Client
  sendUdp(options: UdpOptions): Client
  ping(options: PingOptions): Client
}

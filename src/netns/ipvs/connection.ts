import type { Addr } from '../../wire/addr.ts'
import { IPPROTO_TCP, IPPROTO_UDP } from '../../wire/protocol.ts'
import type { IpvsConnectionView } from '../model/ipvs.ts'
import type { PersistenceTemplate } from './persistence.ts'
import type { RealServer } from './real-server.ts'
import { isActiveState, nextTcpState, TCP_STATES, TCP_TIMEOUTS } from './tcp-states.ts'

/** Seconds of idleness after which an entry of UDP or SCTP goes (ip_vs_proto_udp.c, ip_vs_proto_sctp.c). */
const UDP_TIMEOUT = 300
const SCTP_TIMEOUT = 900

/** A client's connection to one real server (struct ip_vs_conn). */
export class IpvsConnection implements IpvsConnectionView {
  readonly proto: number
  readonly client: Addr
  readonly clientPort: number
  readonly virtual: Addr
  readonly virtualPort: number
  readonly dest: RealServer
  /** The persistence entry that it belongs to. */
  readonly template: PersistenceTemplate | null
  expires = 0
  /** Next with the same ports, in the direction of the client and of the server. */
  nextIn: IpvsConnection | null = null
  nextOut: IpvsConnection | null = null
  #state = 0
  #active = true

  constructor(
    proto: number,
    client: Addr,
    clientPort: number,
    virtual: Addr,
    virtualPort: number,
    dest: RealServer,
    template: PersistenceTemplate | null,
  ) {
    this.proto = proto
    this.client = client
    this.clientPort = clientPort
    this.virtual = virtual
    this.virtualPort = virtualPort
    this.dest = dest
    this.template = template
    dest.active++
    if (template !== null) template.connections++
  }

  get server(): Addr {
    return this.dest.addr
  }

  get serverPort(): number {
    return this.dest.port
  }

  get tcpState(): number {
    return this.#state
  }

  get state(): string {
    if (this.proto === IPPROTO_TCP) return TCP_STATES[this.#state] ?? 'NONE'
    return this.proto === IPPROTO_UDP ? 'UDP' : 'ESTABLISHED'
  }

  /** A packet of the connection went by: its state follows, and its time begins anew. */
  see(flags: number, fromServer: boolean, now: number): void {
    if (this.proto !== IPPROTO_TCP) {
      this.expires = now + (this.proto === IPPROTO_UDP ? UDP_TIMEOUT : SCTP_TIMEOUT) * 1e6
      return
    }
    this.#state = nextTcpState(this.#state, flags, fromServer)
    const active = isActiveState(this.#state)
    if (active !== this.#active) {
      this.#active = active
      this.dest.active += active ? 1 : -1
      this.dest.inactive += active ? -1 : 1
    }
    this.expires = now + (TCP_TIMEOUTS[this.#state] ?? 2) * 1e6
  }

  /** It ends: its server and its persistence entry have one less. */
  release(): void {
    if (this.#active) this.dest.active--
    else this.dest.inactive--
    if (this.template !== null) this.template.connections--
  }
}

import type { Addr } from '../../wire/addr.ts'

/** A server behind a virtual service (struct ip_vs_dest). */
export class RealServer {
  readonly addr: Addr
  readonly port: number
  /** 0: takes no new connections. */
  weight: number
  /** TCP that is established or on the way there, and all of UDP. */
  active = 0
  /** TCP that is being closed, until its entry expires. */
  inactive = 0
  /** Clients that persistence ties to it. */
  persistent = 0
  /** False once it was taken out of the service. */
  available = true
  /** Goes when its last connection does (kube-proxy's graceful termination). */
  draining = false

  constructor(addr: Addr, port: number, weight: number) {
    this.addr = addr
    this.port = port
    this.weight = weight
  }
}

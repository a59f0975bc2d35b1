import { type Addr, formatAddr } from '../../wire/addr.ts'
import type { Namespace } from '../model/namespace.ts'
import type { Client, Listener, Respond, Sockets } from '../socket/index.ts'

/** How long each attempt to reach an endpoint may take, in microseconds (EndpointDialTimeouts). */
const DIAL_TIMEOUTS = [250_000, 500_000, 1_000_000, 2_000_000] as const
/** A UDP client keeps its endpoint that long (`--udp-timeout`). */
const UDP_IDLE = 250_000
/** Clients remembered for affinity. */
const MAX_CLIENTS = 65_536

/** What a proxy does. */
export interface ProxyOptions {
  readonly protocol: 'tcp' | 'udp'
  /** Local port that it listens on. */
  readonly port: number
  /** For whom, in the trace: `default/web:http`. */
  readonly service: string
  /** Seconds that a client stays with its endpoint; 0: round robin only. */
  readonly affinitySeconds: number
  readonly endpoints: readonly { readonly addr: Addr; readonly port: number }[]
}

type Endpoint = ProxyOptions['endpoints'][number]

/**
 * A program that copies what it is asked to an endpoint, over a connection of its own, and the answer back: kube-proxy in
 * userspace mode (pkg/proxy/userspace). Endpoints take turns; one that does not answer is passed over.
 *
 * Limits: the connection to the endpoint is opened when the request is there, not when the client connects, and a client whom
 * no endpoint answers is left waiting, where kube-proxy would close its connection.
 */
export class UserSpaceProxy {
  readonly #ns: Namespace & { readonly sockets: Sockets }
  #options: ProxyOptions
  #next = 0
  readonly #clients = new Map<string, { endpoint: Endpoint; used: number }>()
  readonly #listener: Listener | null

  constructor(ns: Namespace & { readonly sockets: Sockets }, options: ProxyOptions) {
    this.#ns = ns
    this.#options = options
    const listener = ns.sockets.listen({
      protocol: options.protocol,
      port: options.port,
      program: `kube-proxy for ${options.service}`,
      respond: this.#respond,
    })
    this.#listener = typeof listener === 'string' ? null : listener
  }

  /** Whether it has its port: another program may have been first. */
  get listening(): boolean {
    return this.#listener !== null
  }

  /** Takes new endpoints; the turn begins again, and clients keep theirs if it is still there. */
  update(options: ProxyOptions): void {
    this.#options = options
    this.#next = 0
    for (const [client, { endpoint }] of this.#clients) {
      const kept = options.endpoints.find(({ addr, port }) => addr === endpoint.addr && port === endpoint.port)
      if (kept === undefined) this.#clients.delete(client)
    }
  }

  close(): void {
    if (this.#listener !== null) this.#ns.sockets.unlisten(this.#listener)
  }

  readonly #respond: Respond = (request, { peer, peerPort }, reply) => {
    const client = this.#options.protocol === 'udp' ? `${formatAddr(peer)} ${peerPort}` : ''
    this.#try(request, formatAddr(peer), client, 0, reply)
  }

  #try(request: Uint8Array, peer: string, flow: string, attempt: number, reply: (payload: Uint8Array) => void): void {
    const timeout = DIAL_TIMEOUTS[attempt]
    const endpoint = timeout === undefined ? null : this.#endpointFor(peer, flow, attempt > 0)
    if (timeout === undefined || endpoint === null) return
    const { sockets } = this.#ns
    const options = {
      dst: endpoint.addr,
      dport: endpoint.port,
      // What a request says may not matter: then only that there is one.
      ...(request.length > 0 ? { payload: request } : {}),
      payloadLength: Math.max(1, request.length),
      timeout,
    }
    const client = this.#options.protocol === 'tcp' ? sockets.connectTcp(options) : sockets.sendUdp(options)
    const finish = (done: Client): void => {
      if (done.result === 'ok') reply(done.payload ?? new Uint8Array(Math.max(1, done.bytes)))
      else this.#try(request, peer, flow, attempt + 1, reply)
    }
    if (client.result === 'pending') client.onResult = finish
    else finish(client)
  }

  /** NextEndpoint of the round-robin balancer. `reset`: the client's endpoint did not answer. */
  #endpointFor(peer: string, flow: string, reset: boolean): Endpoint | null {
    const { endpoints, affinitySeconds } = this.#options
    if (endpoints.length === 0) return null
    const { now } = this.#ns.sim
    const key = affinitySeconds > 0 ? peer : flow
    const known = key === '' || reset ? undefined : this.#clients.get(key)
    const patience = affinitySeconds > 0 ? affinitySeconds * 1e6 : UDP_IDLE
    if (known !== undefined && now - known.used < patience) {
      known.used = now
      return known.endpoint
    }
    const endpoint = endpoints[this.#next % endpoints.length] ?? null
    this.#next = (this.#next + 1) % endpoints.length
    if (endpoint !== null && key !== '') {
      if (this.#clients.size >= MAX_CLIENTS) this.#clients.clear()
      this.#clients.set(key, { endpoint, used: now })
    }
    return endpoint
  }
}

import type { PacketView } from '../../trace/index.ts'
import { type Addr, formatAddr, isV6 } from '../../wire/addr.ts'
import type { Namespace } from '../model/namespace.ts'
import type { Listener, Respond, Sockets, TcpStream } from '../socket/index.ts'

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
 * userspace mode (pkg/proxy/userspace). Endpoints take turns; one that cannot be reached is passed over. A TCP client that no
 * endpoint can be found for has its connection reset.
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
      program: this.#name,
      ...(options.protocol === 'tcp'
        ? { onAccept: (inbound: TcpStream) => this.#dial(inbound, 0) }
        : { respond: this.#respond }),
    })
    this.#listener = typeof listener === 'string' ? null : listener
  }

  /** Whether it has its port: another program may have been first. */
  get listening(): boolean {
    return this.#listener !== null
  }

  /** Takes new endpoints; the turn begins again, and clients keep theirs if it is still there. Open connections stay. */
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

  get #name(): string {
    return `kube-proxy for ${this.#options.service}`
  }

  /** TryConnectEndpoints and ProxyTCP: an endpoint is looked for as soon as a client is there, before it has asked anything. */
  #dial(inbound: TcpStream, attempt: number): void {
    const timeout = DIAL_TIMEOUTS[attempt]
    const endpoint = timeout === undefined ? null : this.#endpointFor(formatAddr(inbound.ends.peer), '', attempt > 0)
    if (timeout === undefined || endpoint === null) {
      this.#record(inbound.opening, null, attempt, 0)
      inbound.reset()
      return
    }
    const dialled = this.#ns.sockets.connectTcp({ dst: endpoint.addr, dport: endpoint.port, timeout, keepOpen: true })
    this.#record(inbound.opening, endpoint, attempt, dialled.packet)
    const finish = (): void => {
      if (dialled.result === 'ok' && dialled.stream !== null) join(inbound, dialled.stream)
      else this.#dial(inbound, attempt + 1)
    }
    if (dialled.result === 'pending') dialled.onResult = finish
    else finish()
  }

  readonly #respond: Respond = (request, { peer, peerPort, packet = null }, reply) => {
    const from = formatAddr(peer)
    const endpoint = this.#endpointFor(from, `${from} ${peerPort}`, false)
    if (endpoint === null) {
      this.#record(packet, null, 0, 0)
      return
    }
    const sent = this.#ns.sockets.sendUdp({
      dst: endpoint.addr,
      dport: endpoint.port,
      // What a request says may not matter: then only that there is one.
      ...(request.length > 0 ? { payload: request } : {}),
      payloadLength: Math.max(1, request.length),
      timeout: UDP_IDLE,
    })
    this.#record(packet, endpoint, 0, sent.packet)
    sent.onResult = done => {
      if (done.result === 'ok') reply(done.payload ?? new Uint8Array(Math.max(1, done.bytes)))
    }
  }

  /** `next`: the packet by which it goes on. */
  #record(packet: PacketView | null, endpoint: Endpoint | null, attempt: number, next: number): void {
    const { sim, name } = this.#ns
    if (sim.recorder === null || packet === null) return
    sim.recorder.record({
      kind: 'proxy',
      time: sim.now,
      ns: name,
      packet,
      program: this.#name,
      endpoint: endpoint === null ? '' : endpointText(endpoint),
      attempt: attempt + 1,
      next,
    })
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

/** Copies both ways; when one side is done, both are closed. */
function join(one: TcpStream, other: TcpStream): void {
  const close = (): void => {
    one.close()
    other.close()
  }
  one.read(payload => other.write(payload), close)
  other.read(payload => one.write(payload), close)
}

function endpointText({ addr, port }: Endpoint): string {
  return isV6(addr) ? `[${formatAddr(addr)}]:${port}` : `${formatAddr(addr)}:${port}`
}

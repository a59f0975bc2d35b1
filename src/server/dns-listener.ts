import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { createServer, type Server, type Socket as TcpSocket } from 'node:net'
import {
  type Answered,
  type Client,
  type CoreDns,
  replyTo,
  type UpstreamAnswer,
  type UpstreamRequest,
} from '../dns/index.ts'
import { KubehopError } from '../errors.ts'

export interface DnsListenerOptions {
  /** An address of this machine; loopback unless `allowRemote`. */
  readonly host: string
  /** 0: one that is free. */
  readonly port: number
  /** The port of the Corefile whose server blocks answer. */
  readonly servedPort: number
  readonly allowRemote?: boolean
  /** Who answers what the Corefile forwards. Left out: an answer with no records (NXDOMAIN); nobody outside is asked. */
  readonly upstream?: (request: UpstreamRequest) => Promise<UpstreamAnswer>
}

/** TCP connections at once, and how long an idle one stays open (milliseconds), as CoreDNS. */
const MAX_CONNECTIONS = 128
const IDLE = 10_000
/** Bytes of requests that one connection may have waiting. */
const MAX_PENDING = 65_537
/** Queries that wait for somebody else at once. */
const MAX_WAITING = 1000

/** A DNS server on real sockets, UDP and TCP on the same port. */
export class DnsListener {
  readonly #dns: CoreDns
  readonly #options: DnsListenerOptions
  readonly #udp: UdpSocket
  readonly #tcp: Server
  readonly #connections = new Set<TcpSocket>()
  #waiting = 0

  private constructor(dns: CoreDns, options: DnsListenerOptions) {
    this.#dns = dns
    this.#options = options
    this.#udp = createSocket(options.host.includes(':') ? 'udp6' : 'udp4')
    this.#tcp = createServer()
    this.#udp.on('message', (bytes, peer) => {
      void this.#answer(bytes, {
        address: peer.address,
        port: peer.port,
        protocol: 'udp',
        localPort: options.servedPort,
      }).then(answer => {
        for (const reply of answer.bytes) this.#udp.send(reply, peer.port, peer.address)
      })
    })
    this.#tcp.maxConnections = MAX_CONNECTIONS
    this.#tcp.on('connection', socket => this.#accept(socket))
  }

  /** Opens the sockets. Throws KH_USAGE for an address that is not loopback, KH_IO when the port cannot be had. */
  static async open(dns: CoreDns, options: DnsListenerOptions): Promise<DnsListener> {
    if (options.allowRemote !== true && !/^(?:127\.|::1$)/.test(options.host))
      throw new KubehopError(
        'KH_USAGE',
        `${options.host} is not loopback: others could ask this server; say --allow-remote if that is meant`,
      )
    const listener = new DnsListener(dns, options)
    try {
      await new Promise<void>((resolve, reject) => {
        listener.#udp.once('error', reject)
        listener.#udp.bind(options.port, options.host, resolve)
      })
      const { port } = listener.#udp.address()
      await new Promise<void>((resolve, reject) => {
        listener.#tcp.once('error', reject)
        listener.#tcp.listen(port, options.host, resolve)
      })
    } catch (error) {
      await listener.close()
      throw new KubehopError(
        'KH_IO',
        `cannot listen on ${options.host}:${options.port}: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
    return listener
  }

  get port(): number {
    return this.#udp.address().port
  }

  async close(): Promise<void> {
    for (const socket of this.#connections) socket.destroy()
    await Promise.all([
      new Promise<void>(resolve => {
        try {
          this.#udp.close(() => resolve())
        } catch {
          // Never bound.
          resolve()
        }
      }),
      new Promise<void>(resolve => this.#tcp.close(() => resolve())),
    ])
  }

  #accept(socket: TcpSocket): void {
    this.#connections.add(socket)
    socket.setTimeout(IDLE, () => socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#connections.delete(socket))
    let pending = Buffer.alloc(0)
    let busy = Promise.resolve()
    const client: Client = {
      address: socket.remoteAddress ?? '0.0.0.0',
      port: socket.remotePort ?? 0,
      protocol: 'tcp',
      localPort: this.#options.servedPort,
    }
    socket.on('data', chunk => {
      pending = Buffer.concat([pending, chunk])
      if (pending.length > MAX_PENDING) {
        socket.destroy()
        return
      }
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const length = pending.readUInt16BE(0)
        const message = pending.subarray(2, 2 + length)
        pending = pending.subarray(2 + length)
        busy = busy.then(async () => {
          const { bytes } = await this.#answer(message, client)
          for (const reply of bytes) {
            if (socket.destroyed) return
            const head = Buffer.alloc(2)
            head.writeUInt16BE(reply.length)
            socket.write(Buffer.concat([head, reply]))
          }
        })
      }
    })
  }

  async #answer(bytes: Uint8Array, client: Client): Promise<Answered> {
    const handling = this.#dns.handle(bytes, client)
    let step = handling.next()
    while (step.done !== true) step = handling.next(await this.#ask(step.value))
    return step.value
  }

  async #ask(request: UpstreamRequest): Promise<UpstreamAnswer> {
    const { upstream } = this.#options
    if (upstream === undefined) return { kind: 'answer', message: replyTo(request.message, { rcode: 3, ra: true }) }
    if (this.#waiting >= MAX_WAITING) return { kind: 'error', text: 'too many queries wait for the upstream' }
    this.#waiting++
    try {
      return await upstream(request)
    } finally {
      this.#waiting--
    }
  }
}

import type { ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { Session, SessionEvent } from '../../api/index.ts'
import { KubehopError } from '../../errors.ts'
import { STREAM } from './load.ts'

/** Clients at once. */
const MAX_STREAMS = 64
/** A client that has so many bytes waiting is too slow: it is sent away and may come back. */
const MAX_WAITING = 1 << 20
/** Events that a client which comes back can still be told. */
const REMEMBERED = 256
/** Milliseconds between signs of life, so that nobody in between hangs up. */
const HEARTBEAT = 15_000

/** The events of a session as server-sent events (WHATWG HTML §9.2), for any number of clients. */
export class EventStream {
  readonly #clients = new Set<ServerResponse>()
  readonly #past: { readonly id: number; readonly text: string }[] = []
  readonly #stop: () => void
  readonly #heartbeat: NodeJS.Timeout
  #last = 0

  constructor(session: Session) {
    this.#stop = session.subscribe(event => this.#tell(event))
    this.#heartbeat = setInterval(() => this.#send(': \n\n'), HEARTBEAT)
    this.#heartbeat.unref()
  }

  get size(): number {
    return this.#clients.size
  }

  /** Adds the way in: `GET /api/events`. */
  addRoute(app: FastifyInstance): void {
    app.get(STREAM, { schema: { hide: true } }, (request, reply) => {
      if (this.#clients.size >= MAX_STREAMS)
        throw new KubehopError('KH_BUSY', `${MAX_STREAMS} clients listen already; try again`)
      const headers = reply.getHeaders()
      reply.hijack()
      const { raw } = reply
      for (const [name, value] of Object.entries(headers)) if (value !== undefined) raw.setHeader(name, value)
      raw.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' })
      raw.write(`retry: 2000\n\n${this.#missed(request.headers['last-event-id'])}`)
      this.#clients.add(raw)
      raw.on('close', () => this.#clients.delete(raw))
    })
  }

  /** Ends every stream. */
  close(): void {
    this.#stop()
    clearInterval(this.#heartbeat)
    for (const client of this.#clients) client.end()
    this.#clients.clear()
  }

  #tell(event: SessionEvent): void {
    const id = ++this.#last
    const text = `id: ${id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
    this.#past.push({ id, text })
    if (this.#past.length > REMEMBERED) this.#past.shift()
    this.#send(text)
  }

  #send(text: string): void {
    for (const client of this.#clients) {
      client.write(text)
      if (client.writableLength > MAX_WAITING) client.destroy()
    }
  }

  /** What happened since a client was there last. */
  #missed(lastId: string | string[] | undefined): string {
    if (typeof lastId !== 'string' || !/^[0-9]{1,15}$/.test(lastId)) return ''
    return this.#past
      .filter(({ id }) => id > Number(lastId))
      .map(({ text }) => text)
      .join('')
  }
}

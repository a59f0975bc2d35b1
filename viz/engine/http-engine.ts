import type { SessionEvent } from '../../src/api/session/index.ts'
import { type Engine, EngineError, type OperationInput, type OperationName, type OperationOutput } from './engine.ts'
import { Listeners } from './listeners.ts'
import { OPERATION_ROUTES, type OperationRoute } from './operation-routes.ts'

const EVENT_TYPES = ['revision', 'problem', 'trace'] as const

/** The engine of the server that the page came from. */
export class HttpEngine implements Engine {
  readonly kind = 'server'
  readonly #base: URL
  readonly #listeners = new Listeners()
  #events: EventSource | null = null

  /** `base`: the page's folder; the API is in `api/` beside it. */
  constructor(base: URL) {
    this.#base = base
  }

  async call<Name extends OperationName>(name: Name, input: OperationInput<Name>): Promise<OperationOutput<Name>> {
    const { path, init } = requestOf(OPERATION_ROUTES[name], { ...input })
    let response: Response
    try {
      response = await fetch(new URL(path, this.#base), init)
    } catch {
      throw new EngineError('KH_IO', `The server at ${this.#base.host} does not answer. Is kubehop up still running?`)
    }
    const body: unknown = await response.json().catch(() => null)
    if (!response.ok) throw refusal(body, response)
    // The server validates what it sends against the schema of that operation.
    return body as OperationOutput<Name>
  }

  onChange(callback: (event: SessionEvent) => void): () => void {
    this.#events ??= this.#listen()
    return this.#listeners.add(callback)
  }

  #listen(): EventSource {
    const events = new EventSource(new URL('api/events', this.#base))
    for (const type of EVENT_TYPES) {
      events.addEventListener(type, message => this.#listeners.tell(JSON.parse(String(message.data))))
    }
    return events
  }
}

/** Where each part of the input goes: into the path, the query of a GET, or the body of a POST. */
export function requestOf(
  { method, path }: OperationRoute,
  input: Readonly<Record<string, unknown>>,
): { readonly path: string; readonly init: RequestInit } {
  const left = new Map(Object.entries(input).filter(([, value]) => value !== undefined))
  const filled = path.slice(1).replace(/:([A-Za-z]+)/g, (_: string, name: string) => {
    const value = left.get(name)
    left.delete(name)
    return encodeURIComponent(String(value))
  })
  if (method === 'POST') {
    const body = JSON.stringify(Object.fromEntries(left))
    return { path: filled, init: { method, body, headers: { 'content-type': 'application/json' } } }
  }
  const search = new URLSearchParams([...left].map(([name, value]) => [name, String(value)])).toString()
  return { path: search === '' ? filled : `${filled}?${search}`, init: { method } }
}

function refusal(body: unknown, response: Response): EngineError {
  if (typeof body === 'object' && body !== null && 'code' in body && 'message' in body) {
    return new EngineError(String(body.code), String(body.message))
  }
  return new EngineError('KH_INTERNAL', `The server answered ${response.status} ${response.statusText}`)
}

import { type Engine, EngineError, type OperationInput, type OperationName, type OperationOutput } from './engine.ts'
import { Listeners } from './listeners.ts'
import type { FromWorker, ToWorker } from './messages.ts'

interface Waiting {
  readonly resolve: (output: unknown) => void
  readonly reject: (error: Error) => void
}

/** The engine in a worker of the page's own: no server, no network. */
export class WorkerEngine implements Engine {
  readonly kind = 'worker'
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  readonly #listeners = new Listeners()
  #last = 0

  /** `source`: the engine's code (`engine/worker.ts`, bundled); `cluster`: a SessionInput as JSON. */
  constructor(source: string, cluster: unknown) {
    const address = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }))
    this.#worker = new Worker(address)
    this.#worker.onmessage = (message: MessageEvent<FromWorker>) => this.#receive(message.data)
    this.#worker.onerror = event => this.#fail(event.message)
    this.#send({ type: 'load', cluster })
  }

  call<Name extends OperationName>(name: Name, input: OperationInput<Name>): Promise<OperationOutput<Name>> {
    const id = ++this.#last
    const answer = new Promise<unknown>((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
    this.#send({ type: 'call', id, name, input })
    // The worker answers with what the operation of that name returned.
    return answer as Promise<OperationOutput<Name>>
  }

  onChange(callback: Parameters<Listeners['add']>[0]): () => void {
    return this.#listeners.add(callback)
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message)
  }

  #receive(message: FromWorker): void {
    if (message.type === 'event') {
      this.#listeners.tell(message.event)
      return
    }
    const waiting = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if (message.type === 'answer') waiting?.resolve(message.output)
    else waiting?.reject(new EngineError(message.code, message.message))
  }

  #fail(message: string): void {
    for (const { reject } of this.#waiting.values()) reject(new EngineError('KH_PAGE', message))
    this.#waiting.clear()
  }
}

import { callByName } from '../../src/api/operations/index.ts'
import { Session, type SessionInput } from '../../src/api/session/index.ts'
import { KubehopError } from '../../src/errors.ts'
import type { FromWorker, ToWorker } from './messages.ts'

/** The worker's end: the same operations as behind the server, on a session of its own. */
let session: Session | null = null
let refusal: unknown = null

self.addEventListener('message', (message: MessageEvent<ToWorker>) => {
  if (message.data.type === 'load') load(message.data.cluster)
  else answer(message.data.id, message.data.name, message.data.input)
})

function load(cluster: unknown): void {
  try {
    // Written by `kubehop export` from a session's input.
    session = Session.load(cluster as SessionInput)
    session.subscribe(event => send({ type: 'event', event }))
  } catch (error) {
    refusal = error
  }
}

function answer(id: number, name: string, input: unknown): void {
  try {
    if (session === null) throw refusal
    send({ type: 'answer', id, output: callByName(session, name, input) })
  } catch (error) {
    const code = error instanceof KubehopError ? error.code : 'KH_INTERNAL'
    send({ type: 'refusal', id, code, message: error instanceof Error ? error.message : String(error) })
  }
}

function send(message: FromWorker): void {
  postMessage(message)
}

import type { OperationInput, OperationName, OperationOutput } from '../../src/api/operations/index.ts'
import type { SessionEvent } from '../../src/api/session/index.ts'

export type { OperationInput, OperationName, OperationOutput, SessionEvent }

/** Who answers the page's questions: a server, or a worker within the page. */
export interface Engine {
  /** `server` or `worker`. */
  readonly kind: 'server' | 'worker'
  /** Asks one question, or makes one change. Rejects with an EngineError. */
  call<Name extends OperationName>(name: Name, input: OperationInput<Name>): Promise<OperationOutput<Name>>
  /** Calls back with every event of the session, until the returned function is called. */
  onChange(callback: (event: SessionEvent) => void): () => void
}

/** What the engine refused, with its code (docs/errors.md). */
export class EngineError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.name = 'EngineError'
    this.code = code
  }
}

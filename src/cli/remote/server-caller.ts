import {
  OPERATIONS,
  type OperationInput,
  type OperationName,
  type OperationOutput,
  operationRequest,
} from '../../api/index.ts'
import { ERRORS, type ErrorCode, KubehopError, type Place } from '../../errors.ts'

/** Asks a running `kubehop up`. */
export class ServerCaller {
  readonly #base: URL
  readonly #token: string | undefined

  /** `url`: of the page, as `kubehop up` prints it. `token`: where the address has none. Throws KH_USAGE. */
  constructor(url: string, token?: string) {
    const base = URL.canParse(url) ? new URL(url) : undefined
    if (base === undefined || !/^https?:$/.test(base.protocol)) {
      throw new KubehopError(
        'KH_USAGE',
        `--server: ${JSON.stringify(url)} is not an address such as http://127.0.0.1:8088`,
      )
    }
    this.#token = base.searchParams.get('token') ?? token
    base.search = ''
    this.#base = base
  }

  /** Throws what the operation throws there, and KH_IO when no kubehop answers. */
  async call<Name extends OperationName>(name: Name, input: OperationInput<Name>): Promise<OperationOutput<Name>> {
    const { method, path, body } = operationRequest(OPERATIONS[name], { ...input })
    const response = await this.#fetch(path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
      },
      ...(body === undefined ? {} : { body }),
    })
    const answer: unknown = await response.json().catch(() => undefined)
    if (!response.ok || answer === undefined) throw this.#refusal(response.status, answer)
    // It has the same table of operations.
    return answer as OperationOutput<Name>
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(new URL(path, this.#base), init)
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
      throw new KubehopError('KH_IO', `nobody answers at ${this.#base.origin}: ${cause}`)
    }
  }

  #refusal(status: number, answer: unknown): KubehopError {
    const { code, message, place } = (answer ?? {}) as { code?: unknown; message?: unknown; place?: Place }
    if (typeof code === 'string' && Object.hasOwn(ERRORS, code)) {
      return new KubehopError(code as ErrorCode, String(message), place)
    }
    return new KubehopError('KH_IO', `${this.#base.origin} answers ${status} and is no kubehop of this version`)
  }
}

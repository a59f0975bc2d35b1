import { request } from 'node:http'
import { connect } from 'node:net'
import { onTestFinished } from 'vitest'
import { OPERATIONS, type OperationName, operationRequest, type Session } from '../../../src/api/index.ts'
import { type HttpServer, type ServeOptions, serveHttp } from '../../../src/server/index.ts'
import { exampleSession } from '../../api/session-fixture.ts'

export interface Served {
  readonly session: Session
  readonly server: HttpServer
  /** What the server said of its own faults. */
  readonly faults: string[]
}

/** The example cluster behind a server of its own, closed when the test is over. */
export async function serve(options: Partial<ServeOptions> = {}): Promise<Served> {
  const served = await open(options)
  onTestFinished(() => served.server.close())
  return served
}

export async function open(options: Partial<ServeOptions> = {}): Promise<Served> {
  const session = await exampleSession()
  const faults: string[] = []
  const log = (text: string): void => void faults.push(text)
  const server = await serveHttp(session, { host: '127.0.0.1', port: 0, version: '0.0.0', log, ...options })
  return { session, server, faults }
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

/** One request by Node's own client, which sends any path and header as they are. */
export function ask(
  server: Pick<HttpServer, 'port'>,
  path: string,
  init: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string } = {},
): Promise<Answer> {
  const { method = 'GET', headers = {}, body } = init
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: server.port, path, method, headers, agent: false }, response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const { statusCode: status = 0, headers: received } = response
        resolve({ status, headers: received, text: Buffer.concat(chunks).toString() })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

export function post(server: Pick<HttpServer, 'port'>, path: string, body: unknown, headers = {}): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return ask(server, path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: text })
}

/** Calls an operation as a client would. */
export function call(server: Pick<HttpServer, 'port'>, name: OperationName, input: object): Promise<Answer> {
  const { method, path, body } = operationRequest(OPERATIONS[name], { ...input })
  return body === undefined ? ask(server, path, { method }) : post(server, path, body)
}

/** Bytes to the server, and all that comes back until it hangs up. */
export function raw(server: Pick<HttpServer, 'port'>, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.write(text))
    let received = ''
    socket.on('data', chunk => {
      received += chunk.toString()
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(received))
  })
}

export function codeIn({ text }: Answer): string {
  return (JSON.parse(text) as { code: string }).code
}

import { randomBytes } from 'node:crypto'
import type { Session } from '../../api/index.ts'
import { KubehopError } from '../../errors.ts'
import { isLoopbackText, type ListenAddress } from '../listen-address.ts'
import { createHttpServer } from './create-http-server.ts'
import { readPageFiles } from './page-files.ts'

export interface ServeOptions extends ListenAddress {
  /** Without it only loopback addresses are taken. */
  readonly allowRemote?: boolean
  /** Names by which the server may be called. */
  readonly hosts?: readonly string[]
  /** Left out: one is made up where others than this machine may ask. */
  readonly token?: string
  readonly version: string
  readonly log: (text: string) => void
}

/** A server that listens. */
export interface HttpServer {
  readonly host: string
  readonly port: number
  /** Of the page; with the token where one is needed. */
  readonly url: string
  /** Ends all connections and stops listening. */
  close(): Promise<void>
}

/** Opens the server of a session. Throws KH_USAGE for an address that is not loopback, KH_IO when the port cannot be had. */
export async function serveHttp(session: Session, options: ServeOptions): Promise<HttpServer> {
  const { host, port, allowRemote = false, hosts = [], version, log } = options
  const remote = !isLoopbackText(host)
  if (remote && !allowRemote) {
    throw new KubehopError(
      'KH_USAGE',
      `${host} is not loopback: others could ask this server; say --allow-remote if that is meant`,
    )
  }
  const token = options.token ?? (remote ? randomBytes(24).toString('base64url') : undefined)
  const names = hosts.map(name => name.toLowerCase())
  const app = await createHttpServer(session, {
    remote,
    hosts: names,
    token,
    version,
    log,
    page: await readPageFiles(),
  })
  try {
    await app.listen({ host, port })
  } catch (error) {
    await app.close()
    const why = error instanceof Error ? error.message : String(error)
    throw new KubehopError('KH_IO', `cannot listen on ${host}:${port}: ${why}`)
  }
  const address = app.server.address()
  const own = typeof address === 'object' && address !== null ? address.port : port
  const name = host.includes(':') ? `[${host}]` : host
  return {
    host,
    port: own,
    url: `http://${name}:${own}/${token === undefined ? '' : `?token=${token}`}`,
    close: () => app.close(),
  }
}

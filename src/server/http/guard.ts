import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { KubehopError } from '../../errors.ts'
import { tryParseAddr } from '../../wire/addr.ts'
import { isLoopbackText } from '../listen-address.ts'

export interface GuardOptions {
  /** Others than this machine may ask: then numeric hosts are taken too, and a token is needed. */
  readonly remote: boolean
  /** Names by which the server is called, beside `localhost`. */
  readonly hosts: readonly string[]
  /** What a client shows: `Authorization: Bearer TOKEN`, or once in the page's address. Undefined: nothing. */
  readonly token: string | undefined
}

const COOKIE = 'kubehop'
/** Whether the server lives: told to anybody. */
const OPEN = new Set(['/healthz', '/readyz'])

/**
 * Refuses requests by another host name (a foreign name that leads to this machine: DNS rebinding), from another origin (a foreign page),
 * and without the token where there is one.
 */
export function addGuard(app: FastifyInstance, options: GuardOptions): void {
  app.addHook('onRequest', async (request, reply) => {
    checkHost(request, options)
    checkOrigin(request)
    const [path = ''] = request.url.split('?')
    if (options.token !== undefined && !OPEN.has(path)) return checkToken(request, reply, path, options.token)
  })
}

function checkHost({ headers }: FastifyRequest, { remote, hosts }: GuardOptions): void {
  const name = hostName(headers.host ?? '')
  if (name === 'localhost' || isLoopbackText(name) || hosts.includes(name)) return
  // A number is what it is: only names can be led elsewhere.
  if (remote && tryParseAddr(name) !== undefined) return
  throw new KubehopError(
    'KH_REFUSED',
    `host ${JSON.stringify(headers.host ?? '')} is not this server; --host NAME allows a name`,
  )
}

/** Without port and brackets, lower case. */
function hostName(host: string): string {
  const bracketed = /^\[([0-9a-fA-F:.]+)\](?::\d{1,5})?$/.exec(host)
  return (bracketed?.[1] ?? host.replace(/:\d{1,5}$/, '')).toLowerCase()
}

/** A browser says where a page that asks came from; other programs say nothing. */
function checkOrigin({ headers, method }: FastifyRequest): void {
  const { origin, host = '' } = headers
  const site = headers['sec-fetch-site']
  const foreign = origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`
  const crossSite = method !== 'GET' && method !== 'HEAD' && (site === 'cross-site' || site === 'same-site')
  if (foreign || crossSite) {
    throw new KubehopError('KH_REFUSED', `pages of ${JSON.stringify(origin ?? 'another site')} may not ask this server`)
  }
}

/** The page's first address carries the token; from then on a cookie does, which no other site and no script sees. */
function checkToken(
  request: FastifyRequest,
  reply: FastifyReply,
  path: string,
  token: string,
): FastifyReply | undefined {
  const { authorization = '', cookie = '' } = request.headers
  const bearer = /^Bearer (\S+)$/i.exec(authorization)?.[1]
  const kept = cookie
    .split(';')
    .find(part => part.trim().startsWith(`${COOKIE}=`))
    ?.split('=')[1]
    ?.trim()
  if (same(bearer, token) || same(kept, token)) return undefined
  const { searchParams } = new URL(request.url, 'http://localhost')
  if (request.method === 'GET' && path === '/' && same(searchParams.get('token') ?? undefined, token)) {
    return reply.header('set-cookie', `${COOKIE}=${token}; HttpOnly; SameSite=Strict; Path=/`).redirect('/', 303)
  }
  throw new KubehopError(
    'KH_REFUSED',
    'a token is needed: open the address that `kubehop up` printed, or send Authorization: Bearer TOKEN',
  )
}

/** Takes the same time whatever differs. */
function same(given: string | undefined, token: string): boolean {
  if (given === undefined) return false
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(token))
}

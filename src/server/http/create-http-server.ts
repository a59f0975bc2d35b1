import swagger from '@fastify/swagger'
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Session } from '../../api/index.ts'
import { KubehopError } from '../../errors.ts'
import { errorAnswer, replyError } from './error-reply.ts'
import { EventStream } from './event-stream.ts'
import { addGuard, type GuardOptions } from './guard.ts'
import { addJsonParser } from './json-parser.ts'
import { addLoadLimit, MAX_CONNECTIONS, MAX_REQUESTS_PER_SOCKET } from './load.ts'
import { Metrics } from './metrics.ts'
import { addOperationRoutes } from './operation-routes.ts'
import type { PageFile } from './page-files.ts'
import { addPageRoutes } from './page-routes.ts'
import { addSecurityHeaders, SECURITY_HEADERS } from './security-headers.ts'

export interface HttpServerOptions extends GuardOptions {
  readonly page: ReadonlyMap<string, PageFile>
  /** Of this program, for the description of the API. */
  readonly version: string
  /** Told of errors that are our own fault. */
  readonly log: (text: string) => void
}

/** Bytes of a request's body. */
const BODY_LIMIT = 8 << 20
/** Milliseconds in which a whole request has to be there. */
const REQUEST_TIMEOUT = 30_000
/** Names of objects have up to 253 characters. */
const MAX_PARAM = 3 * 253

/** The server of one session: the operations under `/api`, events, the page, metrics and health. Not listening yet. */
export async function createHttpServer(session: Session, options: HttpServerOptions): Promise<FastifyInstance> {
  const app = Fastify({
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT,
    maxRequestsPerSocket: MAX_REQUESTS_PER_SOCKET,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: MAX_PARAM },
    frameworkErrors: (error, _: FastifyRequest, reply: FastifyReply) => {
      const { status, body } = errorAnswer(error)
      void reply
        .code(status)
        .headers(SECURITY_HEADERS)
        .type('application/json; charset=utf-8')
        .send(JSON.stringify(body))
    },
    clientErrorHandler: (error, socket) => {
      if (socket.destroyed || ('code' in error && error.code === 'ECONNRESET')) return
      const body = JSON.stringify({ code: 'KH_USAGE', message: 'the request is not well-formed HTTP' })
      socket.end(
        `HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
      )
    },
  })
  app.server.maxConnections = MAX_CONNECTIONS
  app.setValidatorCompiler(TypeBoxValidatorCompiler)
  // Answers are sent as operations give them: nothing is dropped, nothing is converted.
  app.setSerializerCompiler(() => data => JSON.stringify(data))
  app.setErrorHandler((error, request, reply) => {
    if (errorAnswer(error).status >= 500 && !(error instanceof KubehopError)) options.log(describe(error))
    return replyError(error, request, reply)
  })
  app.setNotFoundHandler((request, reply) =>
    replyError(
      new KubehopError('KH_NOT_FOUND', `there is no ${request.method} ${request.url.split('?')[0]}`),
      request,
      reply,
    ),
  )
  addSecurityHeaders(app)
  addGuard(app, options)
  addLoadLimit(app)
  addJsonParser(app)
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'kubehop',
        version: options.version,
        description: 'Where every packet of a Kubernetes cluster goes, and why.',
      },
      tags: [
        { name: 'questions', description: 'Nothing is changed.' },
        { name: 'changes', description: 'The session has a new revision afterwards.' },
      ],
    },
  })
  const events = new EventStream(session)
  const metrics = new Metrics(session, () => events.size)
  await app.register(async api => {
    addOperationRoutes(api, session, metrics)
    events.addRoute(api)
    api.get('/api/openapi.json', { schema: { hide: true } }, () => app.swagger())
    api.get('/metrics', { schema: { hide: true } }, async (_, reply) =>
      reply.type(metrics.contentType).send(await metrics.text()),
    )
    for (const path of ['/healthz', '/readyz']) {
      api.get(path, { schema: { hide: true } }, (_, reply) => reply.type('text/plain; charset=utf-8').send('ok\n'))
    }
    addPageRoutes(api, options.page)
  })
  app.addHook('preClose', async () => events.close())
  return app
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

import type { FastifyInstance } from 'fastify'
import { KubehopError } from '../../errors.ts'

/** Connections at once, and requests on one of them. */
export const MAX_CONNECTIONS = 512
export const MAX_REQUESTS_PER_SOCKET = 1000
/** Requests that are being answered at once; streams of events are counted apart. */
export const MAX_REQUESTS = 64

/** It is open for hours, and counts its clients itself. */
export const STREAM = '/api/events'

/** Refuses requests with KH_BUSY while so many others are being answered. */
export function addLoadLimit(app: FastifyInstance, limit = MAX_REQUESTS): void {
  let running = 0
  const counted = new WeakSet<object>()
  app.addHook('onRequest', async request => {
    if (request.routeOptions.url === STREAM) return
    if (running >= limit) throw new KubehopError('KH_BUSY', `${limit} requests are being answered already; try again`)
    running++
    counted.add(request)
  })
  const done = (request: object): void => {
    if (counted.delete(request)) running--
  }
  app.addHook('onResponse', async request => done(request))
  app.addHook('onRequestAbort', async request => done(request))
}

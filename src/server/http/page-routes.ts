import type { FastifyInstance } from 'fastify'
import type { PageFile } from './page-files.ts'

/** Serves the page's files from memory; `/` is `index.html`. */
export function addPageRoutes(app: FastifyInstance, files: ReadonlyMap<string, PageFile>): void {
  for (const [path, { bytes, contentType, etag, immutable }] of files) {
    for (const url of path === '/index.html' ? ['/', path] : [path]) {
      app.get(url, { schema: { hide: true } }, (request, reply) => {
        reply.header('etag', etag)
        reply.header('cache-control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache')
        if (knows(request.headers['if-none-match'], etag)) return reply.code(304).send()
        return reply.type(contentType).send(bytes)
      })
    }
  }
}

/** Whether one of the tags of If-None-Match is this one (RFC 9110 §13.1.2: weak comparison). */
function knows(header: string | undefined, etag: string): boolean {
  return (header ?? '').split(',').some(tag => tag.trim().replace(/^W\//, '') === etag || tag.trim() === '*')
}

import type { FastifyInstance } from 'fastify'
import { type Operation, operationList, type Session } from '../../api/index.ts'
import { errorAnswer } from './error-reply.ts'
import type { Metrics } from './metrics.ts'

/** Adds every operation of the table as it says. What comes in is checked before; what goes out is JSON as it is. */
export function addOperationRoutes(app: FastifyInstance, session: Session, metrics: Metrics): void {
  for (const operation of operationList()) {
    const { name, method, path, summary, params, query, body, response } = operation
    app.route({
      method,
      url: path,
      schema: {
        operationId: name,
        summary,
        tags: [operation.changes ? 'changes' : 'questions'],
        ...(isEmpty(params) ? {} : { params }),
        // Strict even where nothing is taken.
        querystring: query,
        ...(method === 'GET' ? {} : { body }),
        response: { 200: { description: 'The answer.', ...response } },
      },
      handler: async (request, reply) => {
        const input = Object.assign({}, request.params, request.query, request.body)
        reply.header('cache-control', 'no-store').type('application/json; charset=utf-8')
        return metrics.measure(
          name,
          () => operation.handle(session, input),
          error => errorAnswer(error).body.code,
        )
      },
    })
  }
}

function isEmpty({ properties }: Operation['params']): boolean {
  return Object.keys(properties).length === 0
}

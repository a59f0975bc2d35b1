import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { inputProblem, type OperationError } from '../../api/index.ts'
import { KubehopError } from '../../errors.ts'

/** A refusal as JSON: the same shape for every error. */
export type ErrorBody = OperationError

/** What any error is to a client: a status and a body. What is not the client's fault says nothing of its cause. */
export function errorAnswer(
  error: unknown,
  operation = 'request',
): { readonly status: number; readonly body: ErrorBody } {
  if (error instanceof KubehopError) {
    const { code, text: message, place, httpStatus: status } = error
    return { status, body: { code, message, ...(place === undefined ? {} : { place: { ...place } }) } }
  }
  const { validation, statusCode = 500, message = '' } = error as Partial<FastifyError>
  if (validation !== undefined) {
    // The validator of this server is TypeBox's, and these are its errors.
    const errors = validation as unknown as Parameters<typeof inputProblem>[1]
    return { status: 400, body: { code: 'KH_USAGE', message: inputProblem(operation, errors) } }
  }
  if (statusCode === 413)
    return { status: 413, body: { code: 'KH_LIMIT', message: 'the request is larger than this server takes' } }
  if (statusCode >= 400 && statusCode < 500) return { status: statusCode, body: { code: 'KH_USAGE', message } }
  return { status: 500, body: { code: 'KH_INTERNAL', message: 'our own fault; the log of the server says more' } }
}

/** Answers an error. `operation`: its name, for messages about its input. */
export function replyError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, body } = errorAnswer(error, operationOf(request))
  return reply.code(status).header('cache-control', 'no-store').send(body)
}

function operationOf(request: FastifyRequest): string | undefined {
  return request.routeOptions.schema?.operationId
}

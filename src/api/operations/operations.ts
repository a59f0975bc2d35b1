import { Type } from 'typebox'
import { DISPOSITIONS } from '../../trace/index.ts'
import { defineOperation, type Operation } from './operation.ts'
import { PACKET_OPERATIONS } from './packet-operations.ts'
import { POLICY_OPERATIONS } from './policy-operations.ts'
import { NOTHING } from './schemas/common.ts'
import { SESSION_OPERATIONS } from './session-operations.ts'

/** All operations by name: what the page, the server and a browser worker share. */
export const OPERATIONS = {
  health: defineOperation({
    name: 'health',
    method: 'GET',
    path: '/api/health',
    summary: 'Whether operations are answered.',
    changes: false,
    params: NOTHING,
    query: NOTHING,
    body: NOTHING,
    response: Type.Object({ status: Type.Literal('ok'), revision: Type.Integer() }),
    handle: session => ({ status: 'ok' as const, revision: session.current.revision }),
  }),
  getSchema: defineOperation({
    name: 'getSchema',
    method: 'GET',
    path: '/api/schema',
    summary: 'The operations, the schemas of documents, and the dispositions of a trace.',
    changes: false,
    params: NOTHING,
    query: NOTHING,
    body: NOTHING,
    response: Type.Object({
      schemas: Type.Array(Type.String()),
      dispositions: Type.Array(Type.String()),
      operations: Type.Array(
        Type.Object({ name: Type.String(), method: Type.String(), path: Type.String(), summary: Type.String() }),
      ),
    }),
    handle: () => ({
      schemas: ['trace', 'resolve', 'why', 'diff'].map(name => `kubehop.dev/${name}/v1`),
      dispositions: [...DISPOSITIONS],
      operations: operationList().map(({ name, method, path, summary }) => ({ name, method, path, summary })),
    }),
  }),
  ...SESSION_OPERATIONS,
  ...PACKET_OPERATIONS,
  ...POLICY_OPERATIONS,
}

export type OperationName = keyof typeof OPERATIONS

/** The operations in the order of the table. */
export function operationList(): readonly Operation[] {
  // A handler takes the input that its own schemas describe: whoever goes through the list checks the input first.
  return Object.values(OPERATIONS) as unknown as readonly Operation[]
}

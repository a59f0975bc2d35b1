import { fc, test } from '@fast-check/vitest'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { operationList, operationRequest } from '../../../src/api/index.ts'
import { ask, open, post, type Served } from './http-fixture.ts'

let served: Served
beforeAll(async () => {
  served = await open()
})
afterAll(() => served.server.close())

/** Words that lead somewhere, among those that do not. */
const word = fc.oneof(
  fc.constantFrom(
    'pod/client',
    'svc/testweb',
    'default',
    'testweb',
    'worker-1',
    'Pod',
    'Service',
    'iptables',
    '-',
    '80',
    'shop/db',
    '',
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ maxLength: 12 }),
)
const value = fc.oneof(
  word,
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.array(word, { maxLength: 3 }),
  fc.array(fc.record({ text: word, name: word, kind: word }, { requiredKeys: [] }), { maxLength: 2 }),
  fc.jsonValue({ maxDepth: 3 }),
)

function check(status: number): void {
  expect(status).toBeLessThan(500)
  expect(served.faults).toEqual([])
}

describe('no request is our own fault', () => {
  const operations = fc.constantFrom(...operationList())
  const input = operations.chain(operation => {
    const keys = [operation.params, operation.query, operation.body].flatMap(({ properties }) =>
      Object.keys(properties),
    )
    const known = fc.record(Object.fromEntries(keys.map(key => [key, value])), { requiredKeys: [] })
    return fc.tuple(fc.constant(operation), known, fc.dictionary(word, value, { maxKeys: 1 }))
  })

  test.prop([input], { numRuns: 300 })('whatever an operation is given', async ([operation, known, unknown]) => {
    const { method, path, body } = operationRequest(operation, { ...known, ...unknown })
    const { status } = method === 'GET' ? await ask(served.server, path) : await post(served.server, path, body)
    check(status)
  })

  test.prop([
    fc.webPath(),
    fc.webQueryParameters(),
    fc.constantFrom('GET', 'HEAD', 'PUT', 'PATCH', 'OPTIONS', 'DELETE'),
  ])('whatever path is asked for', async (path, query, method) => {
    check((await ask(served.server, `/${path}?${query}`, { method })).status)
    check((await ask(served.server, `/api${path}?${query}`, { method })).status)
  })

  test.prop([
    fc.constantFrom('/api/trace', '/api/reach', '/api/revisions', '/api/what-if'),
    fc.string({ unit: 'binary' }),
  ])('whatever bytes are sent', async (path, body) => check((await post(served.server, path, body)).status))

  test.prop([fc.string({ unit: 'binary', maxLength: 400 })])('whatever text is edited', async text => {
    check((await post(served.server, '/api/what-if', { documents: [{ text }] })).status)
    check((await post(served.server, '/api/what-if', { documents: [{ text: `kind: Pod\n${text}` }] })).status)
  })
})

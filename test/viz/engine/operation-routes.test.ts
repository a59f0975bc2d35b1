import { describe, expect, it } from 'vitest'
import { OPERATIONS } from '../../../src/api/index.ts'
import { requestOf } from '../../../viz/engine/http-engine.ts'
import { OPERATION_ROUTES } from '../../../viz/engine/operation-routes.ts'

describe('the ways of the page to the server', () => {
  it('are those of the operations', () => {
    const told = Object.fromEntries(Object.values(OPERATIONS).map(({ name, method, path }) => [name, { method, path }]))
    expect(OPERATION_ROUTES).toEqual(told)
  })

  it('leave nothing in the query of a POST and nothing in the body of a GET', () => {
    for (const { method, query, body } of Object.values(OPERATIONS)) {
      expect(Object.keys(method === 'GET' ? body.properties : query.properties)).toEqual([])
    }
  })

  it('put each part of the input into path, query or body', () => {
    const object = requestOf(OPERATION_ROUTES.getObject, { kind: 'Pod', namespace: 'a/b', name: 'x', revision: 2 })
    expect(object).toEqual({ path: 'api/objects/Pod/a%2Fb/x?revision=2', init: { method: 'GET' } })
    const trace = requestOf(OPERATION_ROUTES.trace, { from: 'a', to: 'b', port: undefined })
    expect(trace.path).toBe('api/trace')
    expect(trace.init.body).toBe('{"from":"a","to":"b"}')
  })
})

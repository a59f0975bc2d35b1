import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callByName, operationList, type Session } from '../../../src/api/index.ts'
import { CALLS, exampleSession } from '../../api/session-fixture.ts'
import { ask, call, codeIn, open, post, type Served, serve } from './http-fixture.ts'

describe('operations over HTTP', () => {
  let served: Served
  let session: Session
  beforeAll(async () => {
    served = await open()
    session = await exampleSession()
  })
  afterAll(() => served.server.close())

  it.each(CALLS.map(([name, input]) => [name, input] as const))(
    '%s %o answers what the library answers',
    async (name, input) => {
      const answer = await call(served.server, name, input)
      expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json; charset=utf-8'])
      expect(JSON.parse(answer.text)).toEqual(callByName(session, name, input))
      expect(answer.headers['cache-control']).toBe('no-store')
      expect(served.faults).toEqual([])
    },
  )
})

describe('the description of the API', () => {
  it('has every operation of the table, with its name', async () => {
    const { server } = await serve()
    const { text } = await ask(server, '/api/openapi.json')
    const { openapi, paths } = JSON.parse(text) as {
      openapi: string
      paths: Record<string, Record<string, { operationId: string }>>
    }
    expect(openapi).toBe('3.1.0')
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId }]) => `${method.toUpperCase()} ${path} ${operationId}`),
    )
    const table = operationList().map(
      ({ method, path, name }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')} ${name}`,
    )
    expect(described.sort()).toEqual(table.sort())
  })
})

describe('errors', () => {
  it.each([
    ['an unknown path', 'GET', '/api/nothing', '', 404, 'KH_NOT_FOUND'],
    ['an unknown file', 'GET', '/nothing.js', '', 404, 'KH_NOT_FOUND'],
    ['another method', 'DELETE', '/api/revisions', '', 404, 'KH_NOT_FOUND'],
    ['a number that is none', 'GET', '/api/cluster?revision=x', '', 400, 'KH_USAGE'],
    ['an unknown parameter', 'GET', '/api/cluster?x=1', '', 400, 'KH_USAGE'],
    ['a parameter twice', 'GET', '/api/objects?kind=Pod&kind=Node', '', 400, 'KH_USAGE'],
    ['a revision that is not there', 'GET', '/api/cluster?revision=9', '', 404, 'KH_NOT_FOUND'],
    ['no JSON', 'POST', '/api/trace', '{', 400, 'KH_USAGE'],
    ['no body', 'POST', '/api/trace', '', 400, 'KH_USAGE'],
    ['a list', 'POST', '/api/trace', '[]', 400, 'KH_USAGE'],
    ['missing fields', 'POST', '/api/trace', '{}', 400, 'KH_USAGE'],
    ['an unknown field', 'POST', '/api/reach', '{"x":1}', 400, 'KH_USAGE'],
    ['a string for a number', 'POST', '/api/reach', '{"port":"80"}', 400, 'KH_USAGE'],
    ['a way to the prototype', 'POST', '/api/reach', '{"__proto__":{"port":80}}', 400, 'KH_USAGE'],
    ['a pod that is not there', 'POST', '/api/trace', '{"from":"pod/x","to":"svc/testweb"}', 404, 'KH_ENDPOINT'],
    ['YAML that is none', 'POST', '/api/revisions', '{"documents":[{"text":"a: ["}]}', 400, 'KH_YAML'],
    ['an object that Kubernetes refuses', 'POST', '/api/revisions', BAD_OBJECT, 422, 'KH_MANIFEST'],
    ['JSON nested 100,000 deep', 'POST', '/api/reach', '['.repeat(100_000), 413, 'KH_LIMIT'],
    ['a body of 9 MiB', 'POST', '/api/reach', JSON.stringify({ from: 'x'.repeat(9 << 20) }), 413, 'KH_LIMIT'],
    ['a path with a broken escape', 'GET', '/api/objects/%ZZ/-/x', '', 400, 'KH_USAGE'],
    ['a path that climbs', 'GET', '/../package.json', '', 404, 'KH_NOT_FOUND'],
    ['a path that climbs in disguise', 'GET', '/%2e%2e/%2e%2e/etc/passwd', '', 404, 'KH_NOT_FOUND'],
  ])('%s', async (_, method, path, body, status, code) => {
    const { server, session, faults } = await serve()
    const answer = method === 'POST' ? await post(server, path, body) : await ask(server, path, { method })
    expect([answer.status, codeIn(answer)]).toEqual([status, code])
    expect(Object.keys(JSON.parse(answer.text))).toEqual(expect.arrayContaining(['code', 'message']))
    expect(answer.headers['x-content-type-options']).toBe('nosniff')
    expect(session.current.revision).toBe(1)
    expect(faults).toEqual([])
  })

  it('say where in the edited text the problem is', async () => {
    const { server } = await serve()
    const { text } = await post(server, '/api/revisions', BAD_OBJECT)
    expect(JSON.parse(text)).toMatchObject({ place: { file: 'pod.yaml', line: 3, column: 22 } })
  })

  it('refuse what is not JSON', async () => {
    const { server } = await serve()
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    expect((await post(server, '/api/revisions', 'label=x', form)).status).toBe(415)
    expect((await post(server, '/api/revisions', '{}', { 'content-type': 'text/plain' })).status).toBe(415)
  })
})

const BAD_OBJECT = JSON.stringify({
  documents: [
    {
      name: 'pod.yaml',
      text: 'apiVersion: v1\nkind: Pod\nmetadata: { name: a, labels: { app: "no good" } }\nspec: { containers: [{ name: a }] }\n',
    },
  ],
})

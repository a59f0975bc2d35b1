import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { callOperation } from '../../../src/api/index.ts'
import { ask, call, open, raw, serve } from './http-fixture.ts'

/** Reads a stream of events until a text is in it. */
async function readUntil(reader: ReadableStreamDefaultReader<Uint8Array>, wanted: string): Promise<string> {
  let text = ''
  while (!text.includes(wanted)) {
    const { value, done } = await reader.read()
    if (done) throw new Error(`the stream ended after ${JSON.stringify(text)}`)
    text += new TextDecoder().decode(value)
  }
  return text
}

async function listen(url: string, headers: Record<string, string> = {}) {
  const response = await fetch(new URL('api/events', url), { headers })
  const reader = response.body?.getReader()
  if (reader === undefined) throw new Error('an answer with events has a body')
  return { response, reader }
}

describe('events', () => {
  it('tell of revisions, of problems and of traces', async () => {
    const { server, session } = await serve()
    const { response, reader } = await listen(server.url)
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8'])
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    await call(server, 'trace', { from: 'pod/client', to: 'svc/testweb' })
    expect(await readUntil(reader, 'event: trace')).toContain('"disposition":"DELIVERED"')
    await call(server, 'applyEdits', { label: 'one\nevent: fake' })
    expect(await readUntil(reader, '"revision":2')).toContain(
      'data: {"type":"revision","revision":2,"label":"one\\nevent: fake"}\n\n',
    )
    session.tell({ type: 'problem', code: 'KH_YAML', message: 'bad' })
    expect(await readUntil(reader, 'KH_YAML')).toContain('event: problem\n')
    await reader.cancel()
  })

  it('are told again to a client that comes back', async () => {
    const { server } = await serve()
    const first = await listen(server.url)
    await call(server, 'applyEdits', { label: 'a' })
    const seen = await readUntil(first.reader, '"label":"a"')
    const id = /^id: (\d+)$/m.exec(seen)?.[1] ?? ''
    await first.reader.cancel()
    await call(server, 'applyEdits', { label: 'b' })
    await call(server, 'applyEdits', { label: 'c' })
    const { reader } = await listen(server.url, { 'last-event-id': id })
    const missed = await readUntil(reader, '"label":"c"')
    expect([...missed.matchAll(/"label":"(\w)"/g)].map(([, label]) => label)).toEqual(['b', 'c'])
    await reader.cancel()
  })

  it('go to so many clients and no more, and count those that are there', async () => {
    const { server } = await serve()
    const open = await Promise.all(Array.from({ length: 64 }, () => listen(server.url)))
    expect((await ask(server, '/api/events')).status).toBe(503)
    expect((await ask(server, '/metrics')).text).toMatch(/^kubehop_event_streams 64$/m)
    await Promise.all(open.map(({ reader }) => reader.cancel()))
    const left = async () => /^kubehop_event_streams (\d+)$/m.exec((await ask(server, '/metrics')).text)?.[1]
    while ((await left()) !== '0') await wait(10)
  })

  it('end when the server closes', async () => {
    const { server } = await open()
    const { reader } = await listen(server.url)
    await reader.read()
    await server.close()
    expect((await reader.read()).done).toBe(true)
    await expect(ask(server, '/healthz')).rejects.toThrow(/ECONNREFUSED/)
  })
})

describe('metrics', () => {
  it('are in the text format of Prometheus and count operations by how they ended', async () => {
    const { server } = await serve()
    await call(server, 'getCluster', {})
    await call(server, 'getCluster', {})
    await call(server, 'getCluster', { revision: 9 })
    const { text, headers } = await ask(server, '/metrics')
    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/)
    const values = new Map<string, number>()
    const types = new Set<string>()
    for (const line of text.split('\n').filter(one => one !== '')) {
      const comment = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.+)$/.exec(line)
      if (comment?.[1] === 'TYPE') types.add(comment[2] ?? '')
      if (comment !== null) continue
      const sample = /^([a-zA-Z_:][\w:]*)(\{[^}]*\})? (\S+)$/.exec(line)
      expect(sample, line).not.toBeNull()
      const [, name = '', labels = '', value = ''] = sample ?? []
      expect(value).toMatch(/^(?:[Nn]a[Nn]|[+-]Inf|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/)
      expect(types.has(name) || types.has(name.replace(/_(?:bucket|sum|count)$/, ''))).toBe(true)
      values.set(`${name}${labels}`, Number(value))
    }
    expect(values.get('kubehop_operations_total{operation="getCluster",code="ok"}')).toBe(2)
    expect(values.get('kubehop_operations_total{operation="getCluster",code="KH_NOT_FOUND"}')).toBe(1)
    expect(values.get('kubehop_operation_duration_seconds_count{operation="getCluster"}')).toBe(3)
    expect(values.get('kubehop_revision')).toBe(1)
    expect(values.get('process_start_time_seconds')).toBeGreaterThan(0)
  })

  it('of two servers in one process are apart', async () => {
    const [one, two] = [await serve(), await serve()]
    await call(one.server, 'getCluster', {})
    expect((await ask(two.server, '/metrics')).text).not.toContain('operation="getCluster"')
  })
})

describe('health', () => {
  it('is told while the server is there', async () => {
    const { server } = await serve()
    for (const path of ['/healthz', '/readyz'])
      expect(await ask(server, path)).toMatchObject({ status: 200, text: 'ok\n' })
  })
})

describe('what is not HTTP', () => {
  it.each([
    [
      'a Content-Length twice',
      'POST /api/reach HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}',
    ],
    [
      'a length and chunks',
      'POST /api/reach HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a bare line feed', 'GET / HTTP/1.1\nHost: localhost\n\n'],
    ['no host', 'GET /api/health HTTP/1.1\r\n\r\n'],
    ['noise', '\u0001\u0002\u0003\r\n\r\n'],
    ['headers without end', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
  ])('%s is refused', async (_, text) => {
    const { server } = await serve()
    expect(await raw(server, text)).toMatch(/^HTTP\/1\.1 4(?:00|31) /)
    expect((await ask(server, '/healthz')).status).toBe(200)
  })

  it('half a request does not keep others waiting', async () => {
    const { server } = await open()
    const halves = Array.from({ length: 50 }, () => raw(server, 'GET / HTTP/1.1\r\nHost: local'))
    expect((await ask(server, '/healthz')).status).toBe(200)
    await server.close()
    await Promise.all(halves)
  })
})

describe('a session that is asked by others too', () => {
  it('has the same revisions for all', async () => {
    const { server, session } = await serve()
    callOperation(session, 'applyEdits', { label: 'inside' })
    await call(server, 'applyEdits', { label: 'outside' })
    expect(session.revisions.map(one => one.label)).toEqual(['loaded', 'inside', 'outside'])
  })
})

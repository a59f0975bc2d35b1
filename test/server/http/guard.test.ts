import { describe, expect, it } from 'vitest'
import { KubehopError } from '../../../src/errors.ts'
import { ask, codeIn, post, serve } from './http-fixture.ts'

const EDIT = { label: 'from afar' }

describe('which host may be asked', () => {
  it.each(['localhost', 'localhost:80', 'LOCALHOST', '127.0.0.1', '127.9.9.9:1', '[::1]', '[::1]:8080'])(
    '%s',
    async host => {
      const { server } = await serve()
      expect((await ask(server, '/api/health', { headers: { host } })).status).toBe(200)
    },
  )

  it.each([
    'evil.example',
    'evil.example:80',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '127.0.0.1@evil.example',
    '192.168.0.1',
    '[2001:db8::1]',
    '0x7f.1',
    '2130706433',
    'localhost:x',
    ' ',
  ])('not %s', async host => {
    const { server } = await serve()
    for (const path of ['/', '/api/cluster', '/metrics', '/healthz', '/nothing']) {
      const answer = await ask(server, path, { headers: { host } })
      expect([answer.status, codeIn(answer)]).toEqual([403, 'KH_REFUSED'])
    }
  })

  it('a name that was allowed', async () => {
    const { server } = await serve({ hosts: ['Lab.Example'] })
    expect((await ask(server, '/api/health', { headers: { host: 'lab.example:8080' } })).status).toBe(200)
  })
})

describe('which pages may ask', () => {
  const own = (port: number): Record<string, string> => ({
    host: `127.0.0.1:${port}`,
    origin: `http://127.0.0.1:${port}`,
  })

  it('its own', async () => {
    const { server, session } = await serve()
    const answer = await post(server, '/api/revisions', EDIT, { ...own(server.port), 'sec-fetch-site': 'same-origin' })
    expect([answer.status, session.current.revision]).toEqual([200, 2])
  })

  it('programs, which send no origin', async () => {
    const { server } = await serve()
    expect((await post(server, '/api/revisions', EDIT)).status).toBe(200)
  })

  it.each([
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: 'http://127.0.0.1:1' },
    { origin: 'http://localhost' },
    { origin: 'file://' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ])('not %o', async headers => {
    const { server, session } = await serve()
    for (const path of ['/api/revisions', '/api/trace', '/api/what-if']) {
      const answer = await post(server, path, EDIT, { host: `127.0.0.1:${server.port}`, ...headers })
      expect([answer.status, codeIn(answer)]).toEqual([403, 'KH_REFUSED'])
    }
    expect(session.current.revision).toBe(1)
  })

  it('no answer allows another origin to read it', async () => {
    const { server } = await serve()
    for (const path of ['/', '/api/cluster', '/metrics']) {
      const { headers } = await ask(server, path)
      expect(headers['access-control-allow-origin']).toBeUndefined()
      expect(headers['cross-origin-resource-policy']).toBe('same-origin')
    }
    const preflight = {
      method: 'OPTIONS',
      headers: { origin: 'http://evil.example', 'access-control-request-method': 'POST' },
    }
    expect((await ask(server, '/api/revisions', preflight)).status).toBe(403)
  })
})

describe('a token', () => {
  const token = 'correct-horse'
  it('is asked for everywhere but for health', async () => {
    const { server } = await serve({ token })
    for (const path of ['/', '/page.js', '/api/cluster', '/api/events', '/metrics', '/api/openapi.json', '/nothing'])
      expect([path, (await ask(server, path)).status]).toEqual([path, 403])
    for (const path of ['/healthz', '/readyz']) expect((await ask(server, path)).status).toBe(200)
  })

  it('is taken as a bearer, or once from the address and then as a cookie', async () => {
    const { server } = await serve({ token })
    expect(server.url).toBe(`http://127.0.0.1:${server.port}/?token=${token}`)
    const bearer = { authorization: `Bearer ${token}` }
    expect((await ask(server, '/api/health', { headers: bearer })).status).toBe(200)
    const first = await ask(server, `/?token=${token}`)
    expect([first.status, first.headers.location]).toEqual([303, '/'])
    const [cookie = ''] = first.headers['set-cookie'] ?? []
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict; Path=\/$/)
    const kept = { cookie: cookie.split(';')[0] ?? '' }
    expect((await ask(server, '/api/health', { headers: kept })).status).toBe(200)
  })

  it.each([
    { authorization: 'Bearer wrong' },
    { authorization: 'Bearer ' },
    { authorization: `Basic ${token}` },
    { cookie: 'kubehop=' },
    { cookie: `other=${token}` },
  ])('is not %o', async headers => {
    const { server } = await serve({ token })
    expect((await ask(server, '/api/health', { headers })).status).toBe(403)
    expect((await ask(server, '/api/health?token=correct-horse')).status).toBe(403)
  })
})

describe('where a server listens', () => {
  it.each(['0.0.0.0', '::', '192.0.2.1', '2001:db8::1'])('not on %s unless others are let in', async host => {
    await expect(serve({ host })).rejects.toThrow(/not loopback.*--allow-remote/)
  })

  it('on all addresses with a token that it makes up, when others are let in', async () => {
    const { server } = await serve({ host: '0.0.0.0', allowRemote: true })
    const [, token = ''] = /\?token=([\w-]{32})$/.exec(server.url) ?? []
    const headers = { host: '192.0.2.7:80', authorization: `Bearer ${token}` }
    expect((await ask(server, '/api/health', { headers: { host: '192.0.2.7' } })).status).toBe(403)
    expect((await ask(server, '/api/health', { headers })).status).toBe(200)
    expect((await ask(server, '/api/health', { headers: { ...headers, host: 'evil.example' } })).status).toBe(403)
  })

  it('on a free port for 0, each on its own; a port that is taken is an error', async () => {
    const [one, two] = [await serve(), await serve()]
    expect(one.server.port).not.toBe(two.server.port)
    const again = serve({ port: one.server.port })
    await expect(again).rejects.toThrow(KubehopError)
    await expect(again).rejects.toMatchObject({ code: 'KH_IO' })
  })
})

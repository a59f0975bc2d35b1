import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHttpServer, type PageFile, readPageFiles } from '../../../src/server/index.ts'
import { exampleSession } from '../../api/session-fixture.ts'

let folder = ''
let files: ReadonlyMap<string, PageFile>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubehop-page-'))
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'index.html'), '<!doctype html><script type="module" src="./page.js"></script>')
  await writeFile(join(folder, 'page.js'), 'export {}')
  await writeFile(join(folder, 'assets', 'style-BxT4kQ9z.css'), ':root {}')
  await writeFile(join(folder, 'data.bin'), 'x')
  files = await readPageFiles(folder)
})
afterAll(() => rm(folder, { recursive: true }))

async function get(url: string, headers: Record<string, string> = {}) {
  const options = { remote: false, hosts: [], token: undefined, version: '0', log: () => undefined, page: files }
  const app = await createHttpServer(await exampleSession(), options)
  const answer = await app.inject({ url, headers: { host: 'localhost', ...headers } })
  await app.close()
  return answer
}

describe('files of the page', () => {
  it.each([
    ['/', 'text/html; charset=utf-8', 'no-cache'],
    ['/index.html', 'text/html; charset=utf-8', 'no-cache'],
    ['/page.js', 'text/javascript; charset=utf-8', 'no-cache'],
    ['/assets/style-BxT4kQ9z.css', 'text/css; charset=utf-8', 'public, max-age=31536000, immutable'],
    ['/data.bin', 'application/octet-stream', 'no-cache'],
  ])('%s', async (url, type, cache) => {
    const { statusCode, headers } = await get(url)
    expect([statusCode, headers['content-type'], headers['cache-control']]).toEqual([200, type, cache])
    const etag = String(headers.etag)
    for (const tags of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const again = await get(url, { 'if-none-match': tags })
      expect([again.statusCode, again.body, again.headers.etag]).toEqual([304, '', etag])
    }
    expect((await get(url, { 'if-none-match': '"x"' })).statusCode).toBe(200)
  })

  it('are those that were there at the start, by their exact paths', async () => {
    await writeFile(join(folder, 'late.js'), '')
    for (const url of ['/late.js', '/assets', '/assets/', '//page.js', '/assets/../../etc/passwd', '/page.js%00'])
      expect([url, (await get(url)).statusCode]).toEqual([url, 404])
  })

  it('say how to build the page where it is not built', async () => {
    await expect(readPageFiles(join(folder, 'assets'))).resolves.toBeDefined()
    const none = await readPageFiles(undefined)
    expect(none.get('/index.html')?.contentType).toBe('text/html; charset=utf-8')
  })
})

describe('every answer', () => {
  it.each(['/', '/page.js', '/api/health', '/api/nothing', '/metrics', '/healthz'])(
    '%s keeps scripts of others out',
    async url => {
      const { headers } = await get(url)
      const policy = new Map(
        String(headers['content-security-policy'])
          .split('; ')
          .map(rule => [rule.split(' ')[0], rule.split(' ').slice(1).join(' ')]),
      )
      expect(policy.get('default-src')).toBe("'none'")
      expect(policy.get('script-src')).toBe("'self'")
      expect([...policy.values()].join(' ')).not.toMatch(/unsafe|\*|https?:/)
      expect(policy.get('frame-ancestors')).toBe("'none'")
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'x-frame-options': 'DENY',
      })
    },
  )
})

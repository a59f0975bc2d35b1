import Fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import { replyError } from '../../../src/server/http/error-reply.ts'
import { addLoadLimit } from '../../../src/server/http/load.ts'

describe('requests at once', () => {
  it('are so many; the next is told to try again, and is answered when there is room', async () => {
    const app = Fastify()
    app.setErrorHandler(replyError)
    addLoadLimit(app, 2)
    const release: (() => void)[] = []
    app.get('/', () => new Promise(resolve => release.push(() => resolve('done'))))
    const first = [app.inject('/'), app.inject('/')]
    while (release.length < 2) await new Promise(resolve => setImmediate(resolve))
    const refused = await app.inject('/')
    expect([refused.statusCode, refused.json().code]).toEqual([503, 'KH_BUSY'])
    for (const go of release) go()
    expect((await Promise.all(first)).map(answer => answer.body)).toEqual(['done', 'done'])
    const later = app.inject('/')
    while (release.length < 3) await new Promise(resolve => setImmediate(resolve))
    release[2]?.()
    expect((await later).statusCode).toBe(200)
    await app.close()
  })
})

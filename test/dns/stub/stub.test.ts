import { describe, expect, test } from 'vitest'
import {
  addressRr,
  queryMessage,
  RESOLVERS,
  replyTo,
  type StubReply,
  type StubRequest,
  stubSettings,
  typeName,
} from '../../../src/dns/index.ts'

type Answer = 'nx' | 'nodata' | 'servfail' | 'refused' | 'timeout' | 'unreachable' | 'cut' | string

/** Runs a resolver against a function of name and type; lists each step as `name TYPE@server#socket`. */
function run(
  resolver: string,
  name: string,
  options: string,
  answer: (name: string, type: string, query: { protocol: string; server: string }) => Answer,
  servers = ['10.96.0.10'],
) {
  const program = RESOLVERS[resolver]
  if (program === undefined) throw new Error(resolver)
  const request: StubRequest = {
    name,
    types: [1, 28],
    settings: stubSettings({ nameservers: servers, searches: ['a.test', 'b.test'], options: options.split(' ') }),
  }
  const lookup = program(request)
  const steps: string[] = []
  let step = lookup.next()
  while (step.done !== true) {
    steps.push(
      step.value.queries
        .map(
          q =>
            `${q.name} ${typeName(q.type)}${q.protocol === 'tcp' ? '/tcp' : ''}${servers.length > 1 ? `@${q.server}` : ''}#${q.socket}`,
        )
        .join(' '),
    )
    const replies = step.value.queries.map((query): StubReply => {
      const message = queryMessage(1, query.name, query.type)
      const said = answer(query.name, typeName(query.type), query)
      if (said === 'timeout') return { kind: 'timeout' }
      if (said === 'unreachable') return { kind: 'error', errno: 'ECONNREFUSED' }
      const rcodes: Readonly<Record<string, number>> = { nx: 3, servfail: 2, refused: 5 }
      if (said in rcodes) return { kind: 'answer', message: replyTo(message, { rcode: rcodes[said] ?? 0 }) }
      if (said === 'nodata') return { kind: 'answer', message: replyTo(message) }
      if (said === 'cut') return { kind: 'answer', message: replyTo(message, { tc: true }) }
      return { kind: 'answer', message: replyTo(message, { answer: [addressRr(query.name, 30, said)] }) }
    })
    step = lookup.next(replies)
  }
  return { steps, result: step.value.error ?? step.value.found }
}

const both = (name: string, socket: number): string => `${name} A#${socket} ${name} AAAA#${socket}`

describe('what was measured of real resolvers', () => {
  test('glibc: SERVFAIL is tried twice from new ports, then the next domain is asked', () => {
    const { steps, result } = run('glibc', 'web', 'ndots:5', name =>
      name === 'web.a.test.' ? 'servfail' : name === 'web.b.test.' ? '10.0.0.1' : 'nx',
    )
    expect(steps.slice(0, 2).map(step => step.replace(/#\d+/g, ''))).toEqual([
      'web.a.test. A web.a.test. AAAA',
      'web.a.test. A web.a.test. AAAA',
    ])
    expect(new Set(steps.slice(0, 2)).size).toBe(2)
    expect(result).toBe('web.b.test.')
  })
  test('glibc: a timeout is tried twice from the same port, ends the search, and the name itself is still tried', () => {
    const { steps, result } = run('glibc', 'web', 'ndots:5', () => 'timeout')
    expect(steps).toEqual([both('web.a.test.', 0), both('web.a.test.', 0), both('web.', 1), both('web.', 1)])
    expect(result).toBe('EAI_AGAIN')
  })
  test('glibc: NODATA goes on', () => {
    expect(run('glibc', 'web', 'ndots:5', () => 'nodata')).toMatchObject({ steps: { length: 3 }, result: 'EAI_NODATA' })
  })
  test('glibc: a cut answer is asked for again over TCP', () => {
    const { steps } = run('glibc', 'web.', 'ndots:5', (_name, _type, { protocol }) =>
      protocol === 'udp' ? 'cut' : '10.0.0.1',
    )
    expect(steps).toEqual([both('web.', 0), 'web. A/tcp#1 web. AAAA/tcp#1'])
  })
  test('glibc: single-request one after the other, from one port; single-request-reopen from two', () => {
    expect(run('glibc', 'web.', 'single-request', () => 'nx').steps).toEqual(['web. A#0', 'web. AAAA#0'])
    expect(run('glibc', 'web.', 'single-request-reopen', () => 'nx').steps).toEqual(['web. A#0', 'web. AAAA#1'])
  })
  test('glibc: no-aaaa asks for A only; attempts and several servers multiply', () => {
    expect(run('glibc', 'web.', 'no-aaaa', () => 'nx').steps).toEqual(['web. A#0'])
    expect(run('glibc', 'web.', 'attempts:3 no-aaaa', () => 'timeout', ['10.0.0.1', '10.0.0.2']).steps).toHaveLength(6)
  })
  test('musl: NODATA and SERVFAIL end the search; SERVFAIL is asked three times at once, twice', () => {
    expect(run('musl', 'web', 'ndots:5', () => 'nodata')).toEqual({
      steps: [both('web.a.test.', 0)],
      result: 'EAI_NONAME',
    })
    const { steps, result } = run('musl', 'web', 'ndots:5', () => 'servfail')
    expect(steps).toEqual(Array.from({ length: 6 }, () => both('web.a.test.', 0)))
    expect(result).toBe('EAI_AGAIN')
  })
  test('musl asks all servers at once', () => {
    expect(run('musl', 'web.', '', () => '10.0.0.1', ['10.0.0.1', '10.0.0.2']).steps[0]?.split(' A')[1]).toContain(
      '@10.0.0.1',
    )
    expect(run('musl', 'web.', '', () => '10.0.0.1', ['10.0.0.1', '10.0.0.2']).steps).toHaveLength(1)
  })
  test('musl before 1.2.4 does not ask again over TCP, 1.2.4 does', () => {
    expect(run('musl-1.2.3', 'web.', '', () => 'cut').steps).toHaveLength(1)
    expect(
      run('musl', 'web.', '', (_n, _t, { protocol }) => (protocol === 'udp' ? 'cut' : '10.0.0.1')).steps,
    ).toHaveLength(2)
  })
  test('Go asks from different ports and goes on behind a failure', () => {
    const { steps, result } = run('go', 'web', 'ndots:5', name => (name === 'web.b.test.' ? '10.0.0.1' : 'servfail'))
    expect(steps[0]).toBe('web.a.test. A#0 web.a.test. AAAA#1')
    expect(result).toBe('web.b.test.')
  })
})

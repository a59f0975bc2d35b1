import { describe, expect, it } from 'vitest'
import { callOperation } from '../../../src/api/index.ts'
import { drawnQuery } from '../../../viz/views/dns/drawn-query.ts'
import { serviceFlows } from '../../../viz/views/service/service-flows.ts'
import { exampleSession } from '../../api/session-fixture.ts'

describe('the flows of a Service', () => {
  it('come in by Ingress, cluster IP and node port, and go out in exact shares that sum to one', async () => {
    const session = await exampleSession()
    const view = callOperation(session, 'getService', { namespace: 'default', name: 'testweb', observe: 40 })
    const [port] = view.ports
    const traffic = port?.shares[0]?.traffic[0]
    if (port === undefined || traffic === undefined) throw new Error('the example has both')
    const flows = serviceFlows(view, port, traffic)
    expect(flows.nodes.filter(node => node.column === 0).map(node => node.note)).toEqual(
      expect.arrayContaining(['Ingress shop', 'cluster IP', 'node port']),
    )
    expect(flows.endpoints.map(one => one.expected)).toEqual(['1/3', '1/3', '1/3'])
    expect(flows.endpoints.reduce((sum, one) => sum + (one.observed ?? 0), 0)).toBeCloseTo(1)
    const out = flows.links.filter(link => link.from === 'service')
    expect(out.reduce((sum, link) => sum + link.value, 0)).toBeCloseTo(1)
  })

  it('lead to a refusal when nobody is there', async () => {
    const session = await exampleSession()
    const view = callOperation(session, 'getService', { namespace: 'default', name: 'testweb' })
    const [port] = view.ports
    if (port === undefined) throw new Error('the example has one')
    const flows = serviceFlows(
      view,
      { ...port, endpoints: [] },
      { traffic: 'cluster IP', refused: 'REJECT', endpoints: [] },
    )
    expect(flows.refused).toBe('REJECT')
    expect(flows.links.filter(link => link.from === 'service')).toEqual([{ from: 'service', to: 'refused', value: 1 }])
  })
})

describe('a query in the picture', () => {
  const query = {
    seq: 1,
    step: 1,
    name: 'web.',
    type: 'A',
    server: '10.96.0.10',
    protocol: 'udp' as const,
    sourcePort: 1,
    time: 5_000_000,
    elapsed: 5_000_000,
    answers: [],
    truncated: false,
    why: [],
    leakedTo: [],
  }
  const record = (type: string, data: string) => ({ name: 'web.', ttl: 30, type, data })

  it.each([
    [{ ...query, outcome: 'timeout' }, '✘ timeout after 5.0 s', 'no'],
    [{ ...query, outcome: 'NODATA' }, '○ NODATA', 'none'],
    [
      { ...query, outcome: 'NOERROR', answers: [record('CNAME', 'a.'), record('A', '10.0.0.1')] },
      '✔ NOERROR 10.0.0.1',
      'ok',
    ],
    [
      { ...query, outcome: 'NOERROR', answers: ['1', '2', '3', '4', '5'].map(data => record('A', data)) },
      '✔ NOERROR 1 2 3 and 2 more',
      'ok',
    ],
  ])('says what came of it', (from, answer, tone) => {
    expect(drawnQuery(from)).toMatchObject({ answer, tone, time: '5.000 s' })
  })
})

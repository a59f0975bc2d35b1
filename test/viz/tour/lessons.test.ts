import { describe, expect, it } from 'vitest'
import { callOperation, Session } from '../../../src/api/index.ts'
import { readInputs } from '../../../src/cli/read-inputs.ts'
import type { Trace } from '../../../src/trace/index.ts'
import { LESSONS } from '../../../viz/tour/lessons.ts'

const load = async () => Session.load({ inputs: await readInputs(['examples/testweb'], false) })
const session = await load()
const answerOf = (at: number) => {
  const { from, to } = LESSONS[at] ?? expect.fail('no such lesson')
  return callOperation(session, 'trace', { from, to, seed: 1, verbosity: 1 })
}
const traceOf = (at: number): Trace => answerOf(at).trace ?? expect.fail('no trace')
const right = (at: number) => LESSONS[at]?.choices[LESSONS[at]?.right ?? -1]?.answer
const steps = (trace: Trace, type: string) => trace.hops.flatMap(hop => hop.steps.filter(step => step.type === type))
const interfaces = () => {
  const { zones } = callOperation(session, 'getTopology', {})
  return zones.flatMap(zone =>
    zone.nodes.flatMap(node => [...(node.interfaces ?? []), ...node.pods.flatMap(pod => pod.interfaces ?? [])]),
  )
}

describe('the lessons of the tour, asked of the engine', () => {
  it('are eight, with one right answer of three each, and all packets arrive', () => {
    expect(LESSONS).toHaveLength(8)
    for (const [at, { choices, right: index }] of LESSONS.entries()) {
      expect(choices).toHaveLength(3)
      expect(choices.filter(({ says }) => says.startsWith('Right'))).toEqual([choices[index]])
      expect(traceOf(at).disposition).toBe('DELIVERED')
    }
  })

  it('1: a bridge does not count the time to live down', () => {
    const trace = traceOf(0)
    expect(trace.hops.map(hop => hop.kind)).toEqual(['pod', 'node', 'pod'])
    expect(trace.hops[0]?.packetOut.src).toBe('10.244.1.2')
    expect(steps({ ...trace, hops: trace.hops.slice(1, 2) }, 'route')).toEqual([])
    expect(String(trace.hops.at(-1)?.packetIn.ttl)).toBe(right(0))
  })

  it('2: the tunnel adds 50 bytes, and pods have so much less mtu', () => {
    const trace = traceOf(1)
    expect(steps(trace, 'encap').map(step => String(step.detail.overhead))).toEqual([right(1)])
    expect(trace.hops.at(-1)?.namespace).toBe('default/testweb-67b95b44fc-cn89s')
    expect(trace.hops.at(-1)?.packetIn.ttl).toBe(62)
    const pod = interfaces().find(one => one.kind === 'veth')
    const card = interfaces().find(one => one.kind === 'physical')
    expect([pod?.mtu, card?.mtu]).toEqual([1450, 1500])
  })

  it('3: the frame leaves the pod for cni0, which has 10.244.1.1', () => {
    const sent = traceOf(2).hops[0]?.steps.find(step => step.type === 'tx')
    const owner = interfaces().find(one => one.mac === sent?.detail.dstMac)
    expect(owner?.name).toBe('cni0')
    expect(owner?.addresses).toContain('10.244.1.1/24')
    expect(right(2)).toContain('cni0')
  })

  it('4: nothing has the address of the Service, and the node of the sender replaces it', () => {
    const trace = traceOf(3)
    const has = trace.hops.filter(hop => hop.steps.some(step => step.type === 'nat')).map(hop => hop.namespace)
    expect(has).toEqual(['worker-1'])
    expect(steps(trace, 'nat')[0]?.changes).toEqual([{ field: 'dst', old: '10.99.82.146:80', new: '10.244.2.2:80' }])
    expect(
      interfaces()
        .flatMap(one => one.addresses)
        .filter(text => text.startsWith('10.99.82.146')),
    ).toEqual([])
    expect(right(3)).toContain('node of the sender')
  })

  it('5: each of the three servers gets a third', () => {
    const { trace } = callOperation(session, 'trace', { from: 'pod/client', to: 'svc/testweb:80', all: true })
    const shares = trace?.branches?.map(
      ({ probability }) => Number(probability.numerator) / Number(probability.denominator),
    )
    expect(shares).toHaveLength(3)
    for (const share of shares ?? []) expect(share).toBeCloseTo(1 / 3, 8)
    expect(right(4)).toBe('one third')
  })

  it('6: conntrack on worker-1 puts the address of the Service back, without a rule of nat', () => {
    const back = traceOf(5).reply ?? expect.fail('no reply')
    expect(back.hops[0]?.packetOut.src).toBe('10.244.2.2')
    expect(back.hops.at(-1)?.packetIn.src).toBe('10.99.82.146')
    const place = back.hops.find(hop => hop.steps.some(step => step.type === 'nat'))
    expect(place?.namespace).toBe('worker-1')
    const inner = place?.steps.filter(step => step.outer !== true) ?? []
    expect(inner.filter(step => step.type === 'rule' && step.detail.table === 'nat')).toEqual([])
    expect(inner.find(step => step.type === 'nat')?.action).toBe('un-translate')
  })

  it('7: the search list comes first, and its first entry is right', () => {
    const { lookup } = answerOf(6)
    expect(lookup?.queries[0]?.name).toBe(`${right(6)}.`)
    expect(lookup?.found).toBe(`${right(6)}.`)
    expect(lookup?.resolvConf.options).toContain('ndots:5')
    expect(lookup?.resolvConf.searches).toEqual(['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local'])
  })

  it('8: the server on worker-2 sees an address of worker-1; with externalTrafficPolicy: Local the source stays', async () => {
    const trace = traceOf(7)
    const seen = trace.hops.at(-1)
    expect(seen?.node).toBe('worker-2')
    expect(trace.hops[0]?.packetOut.src).toBe('203.0.113.10')
    expect(right(7)).toContain(`${seen?.packetIn.src}, an address of worker-1`)
    const owner = interfaces().find(one => one.addresses.includes(`${seen?.packetIn.src}/32`))
    expect(owner?.name).toBe('flannel.1')
    const local = await load()
    const { yaml } = callOperation(local, 'getObject', { kind: 'Service', namespace: 'default', name: 'testweb' })
    const text = yaml.replace('externalTrafficPolicy: Cluster', 'externalTrafficPolicy: Local')
    expect(text).not.toBe(yaml)
    callOperation(local, 'applyEdits', { documents: [{ text }] })
    const kept = callOperation(local, 'trace', { from: 'external', to: 'node/worker-1:30320', seed: 1 }).trace
    expect(kept?.hops.at(-1)?.packetIn.src).toBe('203.0.113.10')
    expect(kept?.hops.at(-1)?.node).toBe('worker-1')
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Cluster } from '../../src/cluster/index.ts'
import type { KubeObject } from '../../src/controlplane/types/index.ts'
import { fraction, plus, ZERO } from '../../src/netns/index.ts'
import { exploreTrace, trace } from '../../src/probe/index.ts'
import type { Branch, Trace } from '../../src/trace/index.ts'

type Loose = KubeObject & { spec: unknown }

interface Shape {
  readonly backends: number
  readonly affinity: boolean
  readonly policy: 'Cluster' | 'Local'
  readonly protocol: 'TCP' | 'UDP'
}

const pod = (name: string, nodeName: string): Loose => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    namespace: 'default',
    name,
    labels: { app: name.replace(/-.*/, '') },
    annotations: { 'kubehop.dev/listen': 'tcp/80,udp/80' },
  },
  spec: { nodeName, containers: [{ name: 'main', image: 'image' }] },
})

function build({ backends, affinity, policy, protocol }: Shape): Cluster {
  const service: Loose = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'default', name: 'web' },
    spec: {
      type: 'NodePort',
      externalTrafficPolicy: policy,
      selector: { app: 'web' },
      ...(affinity ? { sessionAffinity: 'ClientIP' } : {}),
      ports: [{ port: 80, nodePort: 30080, protocol }],
    },
  }
  const pods = Array.from({ length: backends }, (_, i) => pod(`web-${i}`, `worker-${(i % 3) + 1}`))
  return Cluster.load({ objects: [pod('client', 'worker-1'), ...pods, service] })
}

const arbitraryShape: fc.Arbitrary<Shape> = fc.record({
  backends: fc.integer({ min: 0, max: 6 }),
  affinity: fc.boolean(),
  policy: fc.constantFrom('Cluster', 'Local'),
  protocol: fc.constantFrom('TCP', 'UDP'),
})

function sum(branches: readonly Branch[]): string {
  const total = branches.reduce(
    (all, { probability }) => plus(all, fraction(BigInt(probability.numerator), BigInt(probability.denominator))),
    ZERO,
  )
  return `${total.numerator}/${total.denominator}`
}

const end = ({ hops }: Trace): string => hops.at(-1)?.namespace ?? ''

describe('every branch of a trace', () => {
  it('has an exact probability; together they are exactly 1, and each backend is one branch', () => {
    fc.assert(
      fc.property(arbitraryShape, fc.integer({ min: 1, max: 3 }), (shape, count) => {
        const all = exploreTrace(build(shape), { from: 'pod/client', to: 'svc/web', count: shape.affinity ? count : 1 })
        const branches = all.branches ?? []
        expect(sum(branches)).toBe('1/1')
        expect(branches.length).toBe(Math.max(1, shape.backends))
        if (shape.backends > 0) expect(new Set(branches.map(branch => end(branch.trace))).size).toBe(shape.backends)
        expect(
          branches.every(
            ({ trace: { disposition } }) => disposition === (shape.backends === 0 ? 'NO_ENDPOINTS' : 'DELIVERED'),
          ),
        ).toBe(true)
        for (const branch of branches) expect(branch.trace.probability).toEqual(branch.probability)
      }),
      { numRuns: 25 },
    )
  })

  it('gives each backend its share to within the 31 bits of the statistic match', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), backends => {
        const all = exploreTrace(build({ backends, affinity: false, policy: 'Cluster', protocol: 'TCP' }), {
          from: 'pod/client',
          to: 'svc/web',
        })
        for (const { probability } of all.branches ?? []) {
          expect(Number(probability.numerator) / Number(probability.denominator)).toBeCloseTo(1 / backends, 8)
        }
      }),
      { numRuns: 8 },
    )
  })

  it('contains every walk that a seed can draw, with the same probability', () => {
    const cluster = build({ backends: 3, affinity: true, policy: 'Cluster', protocol: 'TCP' })
    const query = { from: 'external', to: 'node/worker-2:30080' }
    const known = new Map(
      (exploreTrace(cluster, query).branches ?? []).map(branch => [end(branch.trace), branch.probability]),
    )
    for (let seed = 0; seed < 10; seed++) {
      const walk = trace(cluster, query, { seed })
      expect(walk.probability).toEqual(known.get(end(walk)))
    }
  })

  it('stays with the backend once affinity remembers it', () => {
    const cluster = build({ backends: 4, affinity: true, policy: 'Cluster', protocol: 'TCP' })
    for (let seed = 0; seed < 5; seed++) {
      const first = trace(cluster, { from: 'pod/client', to: 'svc/web' }, { seed })
      const fifth = trace(cluster, { from: 'pod/client', to: 'svc/web', count: 5 }, { seed })
      expect(end(fifth)).toBe(end(first))
      // The later exchange draws nothing: it is remembered.
      expect(fifth.probability).toEqual({ numerator: 1, denominator: 1 })
    }
  })

  it('makes no branches of what is sent again', () => {
    const cluster = build({ backends: 2, affinity: false, policy: 'Cluster', protocol: 'TCP' })
    const rules = '*filter\n:FORWARD DROP [0:0]\nCOMMIT\n'
    const saved = cluster.node('worker-1')?.netfilter.save(4, 'nat') ?? ''
    const dropping = Cluster.load({
      objects: [...cluster.snapshot.pods, ...cluster.snapshot.services],
      rules: [{ node: 'worker-1', family: 4, text: `${saved}${rules}`, source: 'test' }],
    })
    const all = exploreTrace(dropping, { from: 'pod/client', to: 'svc/web' })
    expect(all.branches?.map(({ trace: { disposition } }) => disposition)).toEqual(['DROPPED', 'DROPPED'])
    expect(sum(all.branches ?? [])).toBe('1/1')
  })
})

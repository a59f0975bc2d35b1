import { describe, expect, test } from 'vitest'
import { Cluster, DEFAULT_CLUSTER } from '../../src/cluster/index.ts'
import type { KubeObject } from '../../src/controlplane/types/index.ts'
import { exploreTrace, trace } from '../../src/probe/index.ts'
import { PLAIN, renderTrace } from '../../src/report/index.ts'
import type { Hop, Trace } from '../../src/trace/index.ts'

type Loose = KubeObject & { spec: unknown }

const pod = (name: string, nodeName: string, listen = 'tcp/80,udp/80'): Loose => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    namespace: 'default',
    name,
    labels: { app: name.replace(/-.*/, '') },
    annotations: { 'kubehop.dev/listen': listen },
  },
  spec: { nodeName, containers: [{ name: 'main', image: 'image' }] },
})

function cluster(pods: readonly Loose[], protocol: 'TCP' | 'UDP' = 'TCP'): Cluster {
  const service: Loose = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'default', name: 'web' },
    spec: {
      type: 'NodePort',
      clusterIP: '10.96.7.7',
      selector: { app: 'web' },
      ports: [{ port: 80, nodePort: 30080, protocol }],
    },
  }
  return Cluster.load({
    objects: [pod('client', 'worker-1'), ...pods, service],
    config: { ...DEFAULT_CLUSTER, kubeProxy: { ...DEFAULT_CLUSTER.kubeProxy, mode: 'userspace' } },
  })
}

const ask = (of: Cluster, from = 'pod/client', protocol: 'tcp' | 'udp' = 'tcp', to = 'svc/web:80'): Trace =>
  trace(of, { from, to, protocol }, { seed: 1, misses: false })

/** The way in one line: namespaces, and `*` where the packet is another one than before. */
function way(hops: readonly Hop[]): string {
  return hops
    .map((hop, i) => {
      const before = hops[i - 1]
      return `${before !== undefined && before.packetOut.id !== hop.packetIn.id ? '* ' : ''}${hop.namespace}`
    })
    .join(' > ')
}

describe('a trace through kube-proxy in user space', () => {
  test.each(['tcp', 'udp'] as const)(
    '%s: there over two connections, and back over both; the endpoint sees the node',
    protocol => {
      const told = ask(cluster([pod('web-1', 'worker-2')], protocol === 'udp' ? 'UDP' : 'TCP'), 'pod/client', protocol)
      expect(told.disposition).toBe('DELIVERED')
      expect(told.reason.message).toMatch(/^to pod default\/web-1, /)
      expect(way(told.hops)).toBe('default/client > worker-1 > * worker-1 > worker-2 > default/web-1')
      expect(way(told.reply?.hops ?? [])).toBe('default/web-1 > worker-2 > worker-1 > * worker-1 > default/client')
      expect(told.reply?.disposition).toBe('DELIVERED')
      const [, listener, own] = told.hops
      expect(listener?.steps.some(({ type, changes }) => type === 'nat' && changes[0]?.field === 'dst')).toBe(true)
      const [delivered, onward] = listener?.steps.slice(-2) ?? []
      expect(delivered).toMatchObject({ type: 'deliver', detail: { what: expect.stringContaining('kube-proxy for') } })
      expect(onward).toMatchObject({
        type: 'proxy',
        action: 'connect',
        detail: { endpoint: '10.244.2.2:80', attempt: 1, packet: own?.packetIn.id },
      })
      // An address of the node: that of the device by which it goes to the other node's pods.
      expect(own?.packetIn).toMatchObject({ src: '10.244.1.0', dst: '10.244.2.2', dport: 80 })
      expect(told.hops.at(-1)?.packetOut.src).toBe('10.244.1.0')
      expect(told.reply?.hops.at(-1)?.packetOut).toMatchObject({ src: '10.96.7.7', dst: '10.244.1.2' })
    },
  )

  test.each([
    ['node/worker-1', 'svc/web:80', 'worker-1 > * worker-1 > default/web-1'],
    ['external', 'node/worker-2:30080', 'external > router > worker-2 > * worker-2 > worker-1 > default/web-1'],
  ])('from %s to %s', (from, to, expected) => {
    const told = ask(cluster([pod('web-1', 'worker-1')]), from, 'tcp', to)
    expect([told.disposition, way(told.hops)]).toEqual(['DELIVERED', expected])
  })

  test('an endpoint that refuses is passed over: both connections are told', () => {
    const told = ask(cluster([pod('web-1', 'worker-1', 'tcp/81'), pod('web-2', 'worker-1')]))
    expect(told.disposition).toBe('DELIVERED')
    expect(way(told.hops)).toBe('default/client > worker-1 > * worker-1 > default/web-1 > * worker-1 > default/web-2')
    expect(told.hops[1]?.steps.flatMap(({ type, detail }) => (type === 'proxy' ? [detail.attempt] : []))).toEqual([
      1, 2,
    ])
    expect(way(told.reply?.hops ?? [])).toBe('default/web-2 > worker-1 > * worker-1 > default/client')
  })

  test('none can be reached: the client, which is connected, sees a reset', () => {
    const told = ask(cluster([pod('web-1', 'worker-1', 'tcp/81')]))
    expect(told).toMatchObject({ disposition: 'PORT_CLOSED', client: { result: 'ECONNRESET' } })
    expect(told.reason.droppedBy).toContain('pod default/web-1')
  })

  test('no endpoints: kube-proxy listens all the same, and resets the connection', () => {
    const told = ask(cluster([]))
    expect(told).toMatchObject({
      disposition: 'NO_ENDPOINTS',
      client: { result: 'ECONNRESET' },
      reason: { droppedBy: 'kube-proxy for default/web on node worker-1' },
    })
    expect(way(told.hops)).toBe('default/client > worker-1')
    expect(told.hops.at(-1)?.steps.at(-1)).toMatchObject({ type: 'proxy', action: 'no_endpoint' })
    const udp = ask(cluster([], 'UDP'), 'pod/client', 'udp')
    expect(udp).toMatchObject({ disposition: 'NO_ENDPOINTS', client: { result: 'timeout' } })
  })

  test('endpoints take turns: one exchange has one way, the next another', () => {
    const of = cluster([pod('web-1', 'worker-1'), pod('web-2', 'worker-1')])
    const ends = [1, 2, 3].map(count =>
      trace(of, { from: 'pod/client', to: 'svc/web:80', count }, { seed: 1, misses: false }),
    )
    expect(ends.map(({ hops }) => hops.at(-1)?.namespace)).toEqual(['default/web-1', 'default/web-2', 'default/web-1'])
    const tree = exploreTrace(of, { from: 'pod/client', to: 'svc/web:80' }, { seed: 1, misses: false })
    expect(tree.branches?.map(({ trace: { hops } }) => hops.at(-1)?.namespace)).toEqual(['default/web-1'])
  })

  test('as text: the listener, the connection of its own, and the copy on the way back', () => {
    const text = renderTrace(ask(cluster([pod('web-1', 'worker-1')])), { style: PLAIN, verbosity: 0 })
    expect(text).toMatch(
      /user space {2}kube-proxy for default\/web connects to 10\.244\.1\.3:80 itself\n\|- a connection of its own\n/,
    )
    expect(text).toMatch(/- copied to the other connection\n/)
  })
})

import { describe, expect, test } from 'vitest'
import { Cluster, type Lab, readConfig } from '../../src/cluster/index.ts'
import type { KubeObject } from '../../src/controlplane/types/index.ts'
import type { KubeProxyConfig } from '../../src/kubeproxy/index.ts'
import { formatAddr, parseAddr } from '../../src/wire/addr.ts'

const pod = (name: string, node: string, app: string, ready = true): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: { app } },
    spec: {
      nodeName: node,
      containers: [
        {
          name: 'c',
          image: 'nginx',
          ports: [
            { containerPort: 80, name: 'tcp' },
            { containerPort: 53, protocol: 'UDP', name: 'udp' },
          ],
        },
      ],
    },
    ...(ready ? {} : { status: { conditions: [{ type: 'Ready', status: 'False' }] } }),
  }) as KubeObject

const service: KubeObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    clusterIP: '10.96.7.7',
    selector: { app: 'web' },
    ports: [
      { name: 'tcp', port: 80 },
      { name: 'udp', port: 53, protocol: 'UDP' },
    ],
  },
} as KubeObject

type Mode = KubeProxyConfig['mode']

function cluster(mode: Mode = 'iptables', objects: readonly KubeObject[] = []): Cluster {
  const config = readConfig(
    'cluster.yaml',
    `apiVersion: kubehop.dev/v1alpha1\nkind: Cluster\nspec:\n  nodes: 3\n  kubeProxy: { mode: ${mode} }\n`,
  )
  return Cluster.load({
    config,
    objects: [pod('client', 'worker-1', 'client'), pod('web-1', 'worker-1', 'web'), service, ...objects],
  })
}

function client(on: Cluster, lab: Lab) {
  const object = on.snapshot.pods.find(({ metadata }) => metadata.name === 'client')
  const ns = lab.pod('default/client', object?.spec.nodeName ?? '')
  if (ns === undefined) throw new Error('no client')
  return ns.sockets
}

/** One datagram from a fixed port; tells which web pod has seen it. */
function ask(on: Cluster, lab: Lab, protocol: 'udp' | 'tcp', sport: number): string {
  const options = { dst: parseAddr('10.96.7.7'), sport, timeout: 2_000_000 }
  const sockets = client(on, lab)
  const seen = (): Map<string, number> =>
    new Map(
      lab.world.namespaces
        .filter(({ name }) => name.startsWith('default/web'))
        .map(({ name, sockets: all }) => [name, all.listeners.reduce((sum, { seen: each }) => sum + each.length, 0)]),
    )
  const before = seen()
  const asked =
    protocol === 'udp'
      ? sockets.sendUdp({ ...options, dport: 53 })
      : sockets.connectTcp({ ...options, dport: 80, payloadLength: 10 })
  lab.world.run(lab.world.sim.now + 4_000_000)
  const by = [...seen()].filter(([name, count]) => count > (before.get(name) ?? 0)).map(([name]) => name)
  return `${asked.result} ${by.join()}`.trim()
}

describe.each(['iptables', 'ipvs', 'nftables'] as const)('%s mode: the endpoint changes from web-1 to web-2', mode => {
  const change = [pod('web-1', 'worker-1', 'retired'), pod('web-2', 'worker-2', 'web')]

  test('a UDP flow goes to the new endpoint: kube-proxy deletes its conntrack entry', () => {
    const before = cluster(mode)
    const lab = before.lab()
    expect(ask(before, lab, 'udp', 5000)).toBe('ok default/web-1')
    const after = before.fork().apply(change)
    after.follow(lab)
    // IPVS loses the packet that finds its server gone.
    const first = ask(after, lab, 'udp', 5000)
    expect(first === 'ok default/web-2' || (mode === 'ipvs' && first === 'timeout')).toBe(true)
    expect(ask(after, lab, 'udp', 5000)).toBe('ok default/web-2')
  })

  test('an established connection keeps its endpoint; a new one has the new', () => {
    const before = cluster(mode)
    const lab = before.lab()
    const kept = client(before, lab).connectTcp({ dst: parseAddr('10.96.7.7'), dport: 80, sport: 6000, keepOpen: true })
    lab.world.run(lab.world.sim.now + 1_000_000)
    expect(kept.result).toBe('ok')
    const after = before.fork().apply(change)
    after.follow(lab)
    const node = lab.node('worker-1')
    const backends = (): readonly string[] =>
      (node?.conntrack.entries() ?? [])
        .filter(({ original }) => original.dst === parseAddr('10.96.7.7') && original.dport === 80)
        .map(({ original, reply }) => `${original.sport} ${formatAddr(reply.src)}`)
    const first = backends()
    expect(ask(after, lab, 'tcp', 6001)).toBe('ok default/web-2')
    expect(backends().slice(0, 1)).toEqual(first)
    expect(new Set(backends().map(text => text.split(' ')[1])).size).toBe(2)
  })
})

describe('a kube-proxy that has stopped', () => {
  test('goes on sending to an endpoint that is gone, on its node only', () => {
    const before = cluster()
    const lagging = before.fork().stopKubeProxy('worker-1')
    lagging.apply([pod('web-1', 'worker-1', 'retired'), pod('web-2', 'worker-2', 'web')])
    expect(ask(lagging, lagging.lab(), 'tcp', 7000)).toBe('ok default/web-1')
    expect(lagging.node('worker-2')?.netfilter.save(4, 'nat')).not.toContain('web-1')
    lagging.startKubeProxy('worker-1')
    expect(ask(lagging, lagging.lab(), 'tcp', 7000)).toBe('ok default/web-2')
  })
  test('does not know a Service that came later', () => {
    const lagging = cluster().stopKubeProxy('worker-1')
    lagging.apply([
      {
        ...service,
        metadata: { name: 'late', namespace: 'default' },
        spec: { selector: { app: 'web' }, clusterIP: '10.96.7.8', ports: [{ port: 80 }] },
      } as KubeObject,
    ])
    expect(lagging.node('worker-1')?.netfilter.save(4, 'nat')).not.toContain('10.96.7.8')
    expect(lagging.node('worker-2')?.netfilter.save(4, 'nat')).toContain('10.96.7.8')
  })
  test('there must be such a node', () => {
    expect(() => cluster().stopKubeProxy('worker-9')).toThrow('there is no node "worker-9"')
  })
})

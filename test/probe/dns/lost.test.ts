import { describe, expect, test } from 'vitest'
import { Cluster, readConfig } from '../../../src/cluster/index.ts'
import type { KubeObject } from '../../../src/controlplane/index.ts'
import { resolve } from '../../../src/probe/index.ts'

const shape = (spec: string) =>
  readConfig('cluster.yaml', `apiVersion: kubehop.dev/v1alpha1\nkind: Cluster\nspec: ${spec}\n`)
const pod: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'client', labels: { app: 'client' } },
  spec: { nodeName: 'worker-1', containers: [{ name: 'c', image: 'debian:12' }] },
} as KubeObject
const service = (name: string, clusterIP: string): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { clusterIP, selector: { app: 'web' }, ports: [{ port: 80 }] },
  }) as KubeObject
const egress = (ports: object[]): KubeObject =>
  ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'client-egress' },
    spec: { podSelector: { matchLabels: { app: 'client' } }, policyTypes: ['Egress'], egress: [{ ports }] },
  }) as KubeObject

describe('a policy that says nothing of port 53, where the network plugin enforces policies', () => {
  const load = (ports: object[], cni: string) =>
    Cluster.load({
      objects: [pod, service('web', '10.96.7.7'), egress(ports)],
      config: shape(`{ cni: { name: ${cni} } }`),
    })

  test('the packets are lost: two tries of five seconds for the first name, and as many for the name itself', () => {
    const result = resolve(load([{ port: 80 }], 'calico'), { from: 'pod/client', name: 'web' })
    expect(result).toMatchObject({ disposition: 'DNS_TIMEOUT', error: 'EAI_AGAIN', addresses: [] })
    // What getent of Debian 12 sends when nothing comes back.
    const tries = ['web.default.svc.cluster.local.', 'web.default.svc.cluster.local.', 'web.', 'web.']
    expect(result.queries.map(({ name, type }) => `${name} ${type}`)).toEqual(
      tries.flatMap(name => [`${name} A`, `${name} AAAA`]),
    )
    expect(new Set(result.queries.map(({ outcome }) => outcome))).toEqual(new Set(['timeout']))
    expect(result.queries[0]?.why.at(-1)).toContain('client-egress')
    expect(result.queries.some(({ trace }) => trace !== undefined)).toBe(false)
  })

  test('the trace of a query names the policy', () => {
    const { queries } = resolve(load([{ port: 80 }], 'calico'), { from: 'pod/client', name: 'web' }, { traces: true })
    expect(new Set(queries.map(({ trace }) => trace?.disposition))).toEqual(new Set(['DENIED_EGRESS_POLICY']))
  })

  test('port 53 over UDP is enough for small answers', () => {
    const open = [{ port: 80 }, { port: 53, protocol: 'UDP' }]
    expect(resolve(load(open, 'calico'), { from: 'pod/client', name: 'web' }).disposition).toBe('DELIVERED')
  })

  test('flannel enforces nothing', () => {
    expect(resolve(load([{ port: 80 }], 'flannel'), { from: 'pod/client', name: 'web' }).disposition).toBe('DELIVERED')
  })
})

describe('what CoreDNS knows', () => {
  const base = [pod, service('web', '10.96.7.7')]
  const ask = (cluster: Cluster, name = 'web') => resolve(cluster, { from: 'pod/client', name })

  test('before its caches are filled: SERVFAIL for every name of the cluster', () => {
    const cluster = Cluster.load({ objects: base, config: shape('{ dns: { synced: false } }') })
    const result = ask(cluster, 'web.default.svc.cluster.local.')
    expect(result).toMatchObject({ disposition: 'DNS_SERVFAIL', error: 'EAI_AGAIN' })
    expect(new Set(result.queries.map(({ outcome }) => outcome))).toEqual(new Set(['SERVFAIL']))
  })

  test('while its watch is broken: the cluster as it was, until it runs again', () => {
    const cluster = Cluster.load({ objects: base }).stopDnsWatch()
    cluster.apply([service('new', '10.96.8.8')])
    expect(cluster.snapshot.get('Service', 'default', 'new')).toBeDefined()
    expect(ask(cluster, 'new').disposition).toBe('DNS_NXDOMAIN')
    expect(ask(cluster.fork(), 'new').disposition).toBe('DNS_NXDOMAIN')
    expect(ask(cluster.startDnsWatch(), 'new').addresses).toEqual(['10.96.8.8'])
  })

  test('some writes behind: the last of them are not known yet', () => {
    const cluster = Cluster.load({ objects: base, config: shape('{ dns: { lag: 1 } }') })
    const { revision } = cluster.snapshot
    cluster.apply([service('new', '10.96.8.8')])
    const writes = cluster.snapshot.revision - revision
    expect(cluster.dnsSnapshot.revision).toBe(cluster.snapshot.revision - 1)
    const behind = (lag: number) => ask(cluster.fork({ ...cluster.config, dns: { lag, synced: true } }), 'new')
    expect(behind(writes).disposition).toBe('DNS_NXDOMAIN')
    expect(behind(0).addresses).toEqual(['10.96.8.8'])
  })

  test('further back than the store remembers is refused', () => {
    const cluster = Cluster.load({ objects: base, config: shape('{ dns: { lag: 4000 } }') })
    expect(() => ask(cluster)).toThrow(expect.objectContaining({ code: 'KH_LIMIT' }))
  })
})

describe('the Corefile', () => {
  const corefile = (text: string): KubeObject =>
    ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'coredns', namespace: 'kube-system' },
      data: { Corefile: text },
    }) as KubeObject
  const hosts = (ip: string): string => `.:53 {\n hosts {\n  ${ip} web.test\n }\n}\n`
  const config = readConfig(
    'cluster.yaml',
    `apiVersion: kubehop.dev/v1alpha1\nkind: Cluster\nspec:\n  dns:\n    corefile: |\n${hosts('10.0.0.1').replace(/^/gm, '      ')}\n`,
  )

  test('is that of the configuration', () => {
    const cluster = Cluster.load({ objects: [pod], config })
    expect(resolve(cluster, { from: 'pod/client', name: 'web.test.' }).addresses).toEqual(['10.0.0.1'])
  })

  test('is that of a ConfigMap among the manifests before that of the configuration', () => {
    const cluster = Cluster.load({ objects: [pod, corefile(hosts('10.0.0.2'))], config })
    expect(resolve(cluster, { from: 'pod/client', name: 'web.test.' }).addresses).toEqual(['10.0.0.2'])
  })

  test('that cannot be read is refused in CoreDNS’s words', () => {
    const cluster = Cluster.load({ objects: [pod, corefile('.:53 {\n nonsense\n}\n')] })
    expect(() => resolve(cluster, { from: 'pod/client', name: 'web' })).toThrow(
      expect.objectContaining({
        code: 'KH_COREFILE',
        message: expect.stringContaining("Unknown directive 'nonsense'"),
      }),
    )
  })
})

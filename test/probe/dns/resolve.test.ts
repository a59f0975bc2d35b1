import { describe, expect, test } from 'vitest'
import { Cluster } from '../../../src/cluster/index.ts'
import type { KubeObject } from '../../../src/controlplane/index.ts'
import { resolve } from '../../../src/probe/index.ts'

const pod = (
  name: string,
  labels: Record<string, string>,
  spec: object = {},
  annotations: Record<string, string> = {},
): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels, annotations },
    spec: { nodeName: 'worker-1', containers: [{ name: 'c', image: 'debian:12' }], ...spec },
  }) as KubeObject
const objects: readonly KubeObject[] = [
  pod('client', { app: 'client' }),
  pod(
    'web-1',
    { app: 'web' },
    { containers: [{ name: 'c', image: 'nginx', ports: [{ containerPort: 80 }] }], nodeName: 'worker-2' },
  ),
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default' },
    spec: { clusterIP: '10.96.7.7', selector: { app: 'web' }, ports: [{ name: 'http', port: 80 }] },
  } as KubeObject,
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'kubehop-dns', namespace: 'kube-system' },
    data: {
      'resolv.conf': 'search ec2.internal\nnameserver 192.0.2.53\n',
      records: 'www.example.com. 300 A 192.0.2.80\n',
    },
  } as KubeObject,
]
const cluster = Cluster.load({ objects })
const names = (result: ReturnType<typeof resolve>): string[] =>
  result.queries.map(query => `${query.name} ${query.type} ${query.outcome}`)

describe('a lookup from a pod', () => {
  test('goes as UDP packets through the ClusterIP to a CoreDNS pod and back', () => {
    const result = resolve(cluster, { from: 'pod/client', name: 'web' }, { traces: true })
    expect(result).toMatchObject({
      disposition: 'DELIVERED',
      addresses: ['10.96.7.7'],
      resolver: 'glibc',
      found: 'web.default.svc.cluster.local.',
    })
    expect(names(result)).toEqual([
      'web.default.svc.cluster.local. A NOERROR',
      'web.default.svc.cluster.local. AAAA NODATA',
    ])
    const [a, aaaa] = result.queries
    expect(a?.sourcePort).toBe(aaaa?.sourcePort)
    expect(a?.by).toMatch(/^pod kube-system\/coredns-/)
    expect(a?.why).toContain('kubernetes: Service default/web (clusterIPs)')
    for (const query of result.queries) {
      expect(query.trace?.disposition).toBe('DELIVERED')
      const steps = query.trace?.hops.flatMap(hop => hop.steps.map(step => step.detail)) ?? []
      expect(JSON.stringify(steps)).toContain('KUBE-SVC')
      expect(query.trace?.hops.at(-1)?.namespace).toMatch(/^kube-system\/coredns-/)
    }
  })

  test('of an outside name walks the search list, and the last domain and the name leave the cluster', () => {
    const result = resolve(cluster, { from: 'pod/client', name: 'www.example.com' })
    expect(result.queries).toHaveLength(10)
    expect(result.addresses).toEqual(['192.0.2.80'])
    expect(result.leaked).toEqual(['www.example.com.ec2.internal.', 'www.example.com.'])
    expect(result.queries.at(-2)?.leakedTo).toEqual(['192.0.2.53'])
  })

  test('of a name with a dot at the end asks twice', () => {
    expect(names(resolve(cluster, { from: 'pod/client', name: 'www.example.com.' }))).toEqual([
      'www.example.com. A NOERROR',
      'www.example.com. AAAA NODATA',
    ])
  })

  test('finds its own name in /etc/hosts and asks nobody', () => {
    expect(resolve(cluster, { from: 'pod/client', name: 'client' })).toMatchObject({
      disposition: 'DELIVERED',
      found: '/etc/hosts',
      queries: [],
    })
  })

  test('asks for other types with dig', () => {
    const result = resolve(cluster, {
      from: 'pod/client',
      name: '_http._tcp.web.default.svc.cluster.local.',
      types: ['SRV'],
    })
    expect(result.records.map(record => record.data)).toEqual(['0 100 80 web.default.svc.cluster.local.'])
  })

  test('over TCP when the pod says use-vc: both queries on one connection', () => {
    const fork = cluster.fork().apply([pod('vc', {}, { dnsConfig: { options: [{ name: 'use-vc' }] } })])
    const result = resolve(fork, { from: 'pod/vc', name: 'web' })
    expect(result.queries.map(query => query.protocol)).toEqual(['tcp', 'tcp'])
    expect(result.queries[0]?.sourcePort).toBe(result.queries[1]?.sourcePort)
    expect(result.addresses).toEqual(['10.96.7.7'])
  })

  test('uses the resolver that its annotation names', () => {
    const fork = cluster.fork().apply([pod('alpine', {}, {}, { 'kubehop.dev/resolver': 'busybox-nslookup' })])
    const result = resolve(fork, { from: 'pod/alpine', name: 'kubernetes.default' })
    expect(names(result)).toEqual(['kubernetes.default. A NXDOMAIN', 'kubernetes.default. AAAA NXDOMAIN'])
    expect(result.disposition).toBe('DNS_NXDOMAIN')
  })

  test('with dnsPolicy Default knows no Service', () => {
    const fork = cluster.fork().apply([pod('plain', {}, { dnsPolicy: 'Default' })])
    expect(resolve(fork, { from: 'pod/plain', name: 'web.default.svc.cluster.local' })).toMatchObject({
      disposition: 'DNS_NXDOMAIN',
      leaked: expect.arrayContaining(['web.default.svc.cluster.local.']),
    })
  })
})

describe('three failures look different to the program', () => {
  test('a wrong name: NXDOMAIN', () => {
    expect(resolve(cluster, { from: 'pod/client', name: 'wbe' })).toMatchObject({
      disposition: 'DNS_NXDOMAIN',
      error: 'NXDOMAIN',
    })
  })

  test('no CoreDNS at all: the ClusterIP rejects, at once', () => {
    const fork = cluster.fork().apply([
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'coredns', namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } },
        spec: {
          replicas: 0,
          selector: { matchLabels: { 'k8s-app': 'kube-dns' } },
          template: {
            metadata: { labels: { 'k8s-app': 'kube-dns' } },
            spec: { containers: [{ name: 'coredns', image: 'coredns' }] },
          },
        },
      } as KubeObject,
    ])
    const result = resolve(fork, { from: 'pod/client', name: 'web' }, { traces: true })
    expect(result).toMatchObject({ disposition: 'NO_ENDPOINTS', error: 'EAI_AGAIN' })
    // As getent on Debian 12 behind REJECT: two tries from two ports, and no other name.
    expect(names(result)).toEqual(
      Array(2)
        .fill(['web.default.svc.cluster.local. A ECONNREFUSED', 'web.default.svc.cluster.local. AAAA ECONNREFUSED'])
        .flat(),
    )
    expect(new Set(result.queries.map(query => query.sourcePort)).size).toBe(2)
    expect(resolve(fork, { from: 'pod/client', name: 'web' }).disposition).toBe('NO_ENDPOINTS')
    expect(Math.max(...result.queries.map(query => query.elapsed))).toBeLessThan(1_000_000)
  })

  test('an upstream that is not there: SERVFAIL for outside names, Services go on', () => {
    const fork = cluster.fork().apply([
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'kubehop-dns', namespace: 'kube-system' },
        data: { 'resolv.conf': 'nameserver 192.168.0.11\n' },
      } as KubeObject,
    ])
    expect(resolve(fork, { from: 'pod/client', name: 'www.example.com.' })).toMatchObject({
      disposition: 'DNS_SERVFAIL',
      error: 'EAI_AGAIN',
    })
    expect(resolve(fork, { from: 'pod/client', name: 'web' }).disposition).toBe('DELIVERED')
  })

  test('a node’s resolv.conf that names the node itself: CoreDNS finds the loop and ends', () => {
    const fork = cluster.fork().apply([
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'kubehop-dns', namespace: 'kube-system' },
        data: { 'resolv.conf': 'nameserver 127.0.0.53\n' },
      } as KubeObject,
    ])
    const result = resolve(fork, { from: 'pod/client', name: 'web' })
    expect(result.error).toBe('EAI_AGAIN')
    expect(result.assumptions.join(' ')).toContain('Loop (127.0.0.53 -> :53) detected for zone "."')
  })

  test('packets that are lost: timeouts of five seconds, twice, for the first name and then for the name itself', () => {
    const fork = cluster.fork().apply([
      pod(
        'lost',
        {},
        {
          dnsPolicy: 'None',
          dnsConfig: {
            nameservers: ['198.51.100.1'],
            searches: ['a.example', 'b.example'],
            options: [{ name: 'ndots', value: '5' }],
          },
        },
      ),
    ])
    const result = resolve(fork, { from: 'pod/lost', name: 'web' })
    expect(result.error).toBe('EAI_AGAIN')
    expect([...new Set(result.queries.map(query => query.name))]).toEqual(['web.a.example.', 'web.'])
  })
})

test('the same question has the same answer, byte by byte', () => {
  const ask = (): string =>
    JSON.stringify(resolve(cluster, { from: 'pod/client', name: 'web' }, { seed: 7, traces: true }))
  expect(ask()).toBe(ask())
})

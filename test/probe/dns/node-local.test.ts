import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Cluster, readConfig } from '../../../src/cluster/index.ts'
import type { KubeObject } from '../../../src/controlplane/index.ts'
import { showAddr } from '../../../src/netns/index.ts'
import { resolve } from '../../../src/probe/index.ts'

const inputs = ['node-local-dns.yaml', 'client.yaml'].map(name => ({
  name,
  text: readFileSync(`examples/node-local-dns/${name}`, 'utf8'),
}))
const config = (spec: string) =>
  readConfig('cluster.yaml', `apiVersion: kubehop.dev/v1alpha1\nkind: Cluster\nspec: ${spec}\n`)
const cluster = Cluster.load({ inputs })
const ask = { from: 'pod/client', name: 'web' }

const LINK = 'nodelocaldns'
const SKIP = '-m comment --comment "NodeLocal DNS Cache: skip conntrack" -j NOTRACK'
const ALLOW = '-m comment --comment "NodeLocal DNS Cache: allow DNS traffic" -j ACCEPT'
/** What `iptables-save` of a Linux machine prints after the addon's own calls of `iptables -I`, for one address. */
const RAW = (ip: string): string[] => [
  `-A OUTPUT -s ${ip}/32 -p tcp -m tcp --sport 8080 ${SKIP}`,
  `-A OUTPUT -d ${ip}/32 -p tcp -m tcp --dport 8080 ${SKIP}`,
  `-A OUTPUT -d ${ip}/32 -p udp -m udp --dport 53 ${SKIP}`,
  `-A OUTPUT -d ${ip}/32 -p tcp -m tcp --dport 53 ${SKIP}`,
  `-A OUTPUT -s ${ip}/32 -p udp -m udp --sport 53 ${SKIP}`,
  `-A OUTPUT -s ${ip}/32 -p tcp -m tcp --sport 53 ${SKIP}`,
]

describe('a node with NodeLocal DNSCache', () => {
  const node = cluster.node('worker-1')

  test('has both addresses on a link that is down', () => {
    const dev = node?.devices.find(candidate => candidate.name === LINK)
    expect([dev?.kind, dev?.up]).toEqual(['dummy', false])
    const text = node === undefined ? '' : showAddr(node, { dev: LINK })
    expect(text.match(/inet \S+/g)).toEqual(['inet 169.254.20.10/32', 'inet 10.96.0.10/32'])
  })

  test('keeps DNS out of conntrack and lets it in before all other rules', () => {
    const raw = node?.netfilter.save(4, 'raw').split('\n') ?? []
    expect(raw.filter(line => line.startsWith('-A OUTPUT'))).toEqual([...RAW('10.96.0.10'), ...RAW('169.254.20.10')])
    expect(raw.filter(line => line.startsWith('-A PREROUTING'))).toEqual(
      ['10.96.0.10', '169.254.20.10'].flatMap(ip =>
        ['udp', 'tcp'].map(protocol => `-A PREROUTING -d ${ip}/32 -p ${protocol} -m ${protocol} --dport 53 ${SKIP}`),
      ),
    )
    const filter = node?.netfilter.save(4, 'filter').split('\n') ?? []
    expect(filter.filter(line => line.startsWith('-A INPUT')).slice(0, 4)).toEqual(
      ['10.96.0.10', '169.254.20.10'].flatMap(ip =>
        ['udp', 'tcp'].map(protocol => `-A INPUT -d ${ip}/32 -p ${protocol} -m ${protocol} --dport 53 ${ALLOW}`),
      ),
    )
  })
})

const hasTables =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  spawnSync('ip', ['netns', 'list']).status === 0 &&
  spawnSync('iptables-save', ['--version']).status === 0
if (!hasTables)
  console.warn(
    'SKIPPED: iptables does not load the rules of NodeLocal DNSCache. To run it: as root, apt-get install iptables',
  )

test.skipIf(!hasTables)('iptables loads its rules and prints them as kubehop does', () => {
  const node = cluster.node('worker-1')
  const text = cluster
    .configs(['worker-1'])
    .flatMap(({ iptables }) => iptables)
    .find(({ source }) => source === 'node-cache')?.text
  const netns = `kh-dns-rules-${process.pid}`
  const run = (program: string, args: readonly string[], input = ''): string => {
    const { status, stdout, stderr } = spawnSync(program, args, { input, encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
    return stdout
  }
  const own = (saved: string | undefined): string[] =>
    (saved ?? '').split('\n').filter(line => line.includes('NodeLocal DNS Cache'))
  run('ip', ['netns', 'add', netns])
  try {
    run('ip', ['netns', 'exec', netns, 'iptables-restore', '--noflush'], text)
    const saved = (table: 'raw' | 'filter') => own(run('ip', ['netns', 'exec', netns, 'iptables-save', '-t', table]))
    for (const table of ['raw', 'filter'] as const) expect(own(node?.netfilter.save(4, table))).toEqual(saved(table))
    expect(saved('raw')).toHaveLength(16)
  } finally {
    run('ip', ['netns', 'del', netns])
  }
})

describe('a lookup past NodeLocal DNSCache', () => {
  test('stays on its node and is not tracked; the cache asks CoreDNS over TCP', () => {
    const result = resolve(cluster, ask, { traces: true })
    expect(result).toMatchObject({ disposition: 'DELIVERED', found: 'web.default.svc.cluster.local.' })
    expect(result.queries).toHaveLength(2)
    for (const query of result.queries) {
      expect(query.server).toBe('10.96.0.10')
      expect(query.by).toMatch(/^pod kube-system\/node-local-dns-/)
      expect(query.why[0]).toMatch(/^forward: .*:53 \(tcp\) answers NOERROR$/)
      expect(query.why[1]).toMatch(/^pod kube-system\/coredns-\S+: kubernetes: /)
      const hops = [...(query.trace?.hops ?? []), ...(query.trace?.reply?.hops ?? [])]
      expect(new Set(hops.map(hop => hop.namespace))).toEqual(new Set(['default/client', 'worker-1']))
      const atNode = hops.filter(hop => hop.namespace === 'worker-1')
      for (const hop of atNode) {
        expect(hop.steps.map(step => step.type)).not.toContain('nat')
        expect(JSON.stringify(hop.steps)).toMatch(/untracked/i)
      }
      expect(atNode).toHaveLength(2)
    }
  })

  test('is answered by the cache when it is made again: CoreDNS is not asked', () => {
    const result = resolve(cluster, ask, { count: 2 })
    expect(result.queries.map(query => query.why)).toEqual([
      ['cache: from the cache, 30 s left'],
      ['cache: from the cache, 5 s left'],
    ])
  })

  test('of an outside name goes to the node’s own server, not to CoreDNS', () => {
    const { queries } = resolve(cluster, { from: 'pod/client', name: 'www.example.com.' })
    expect(queries.map(query => query.why)).toEqual(
      Array(2).fill(['forward: 192.0.2.53:53 (udp) answers NXDOMAIN', 'outside: no such name outside the cluster']),
    )
  })

  test('fails when the upstream Service has no endpoints, and says where', () => {
    const fork = cluster.fork().apply([
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'kube-dns-upstream', namespace: 'kube-system' },
        spec: { selector: { 'k8s-app': 'nobody' }, ports: [{ name: 'dns-tcp', port: 53, protocol: 'TCP' }] },
      } as KubeObject,
    ])
    const result = resolve(fork, ask)
    expect(result.disposition).toBe('DNS_SERVFAIL')
    expect(result.queries[0]?.why.join(' ')).toContain('connection refused')
  })

  test('that is forwarded to the address which the cache itself has taken is a loop', () => {
    const text = inputs[0]?.text.replaceAll('__PILLAR__CLUSTER__DNS__', '10.96.0.10') ?? ''
    const loop = Cluster.load({ inputs: [{ name: 'a', text }, ...inputs.slice(1)] })
    const result = resolve(loop, ask)
    expect(result.disposition).not.toBe('DELIVERED')
    expect(result.assumptions.join('\n')).toMatch(/node-local-dns-\S+ ends at its start: Loop \(10\.96\.0\.10 -> :53\)/)
  })
})

describe('in IPVS mode', () => {
  const text = inputs[0]?.text.replaceAll(',10.96.0.10', '').replaceAll(' 10.96.0.10', '') ?? ''
  const manifests = [
    { name: 'ipvs', text: text.replaceAll('__PILLAR__CLUSTER__DNS__', '10.96.0.10') },
    ...inputs.slice(1),
  ]

  test('the cache has the link-local address only, and pods get it by kubelet’s clusterDNS', () => {
    const ipvs = Cluster.load({
      inputs: manifests,
      config: config('{ kubeProxy: { mode: ipvs }, kubelet: { clusterDNS: [169.254.20.10] } }'),
    })
    const result = resolve(ipvs, ask, { traces: true })
    expect(result.resolvConf.nameservers).toEqual(['169.254.20.10'])
    expect(result.disposition).toBe('DELIVERED')
    expect(result.queries[0]?.by).toMatch(/node-local-dns/)
    expect(result.queries[0]?.trace?.hops.at(-1)?.namespace).toBe('worker-1')
  })

  test('without clusterDNS the cache is there and nobody asks it', () => {
    const ipvs = Cluster.load({ inputs: manifests, config: config('{ kubeProxy: { mode: ipvs } }') })
    expect(resolve(ipvs, ask).queries[0]?.by).toMatch(/coredns/)
  })
})

describe('a node-cache that cannot run says why', () => {
  test.each([
    [
      'addresses never filled in',
      (text: string) => text.replaceAll('169.254.20.10', '__PILLAR__LOCAL__DNS__'),
      'invalid localip specified - "__PILLAR__LOCAL__DNS__"',
    ],
    [
      'no ConfigMap',
      (text: string) =>
        text.replace(
          'name: node-local-dns\n  namespace: kube-system\ndata',
          'name: other\n  namespace: kube-system\ndata',
        ),
      'there is no ConfigMap kube-system/node-local-dns',
    ],
  ])('%s: pods go on asking CoreDNS', (_, change, words) => {
    const broken = Cluster.load({ inputs: [{ name: 'a', text: change(inputs[0]?.text ?? '') }, ...inputs.slice(1)] })
    const result = resolve(broken, ask)
    expect(result.disposition).toBe('DELIVERED')
    expect(result.queries[0]?.by).toMatch(/coredns/)
    expect(result.assumptions.join('\n')).toContain(words)
    expect(broken.node('worker-1')?.devices.some(dev => dev.name === LINK)).toBe(false)
  })
})

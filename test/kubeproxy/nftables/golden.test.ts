import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { nftServiceChains } from '../../../src/kubeproxy/nftables/chain-names.ts'
import { readCases } from '../../support/cases.ts'
import { type CaseConfig, type CaseService, type CaseSlice, syncNftCase } from '../../support/kube-proxy-objects.ts'

interface Scenario {
  readonly id: string
  readonly config: Partial<CaseConfig>
  readonly services: readonly CaseService[]
  readonly endpointSlices: readonly CaseSlice[]
}

const table = readCases<{ readonly defaults: CaseConfig; readonly scenarios: readonly Scenario[] }>('kube-proxy.json')
const golden = readFileSync(join(import.meta.dirname, 'golden/overall.txt'), 'utf8').split('\n')
const scenario = table.scenarios.find(({ id }) => id === 'trace-packet')
if (scenario === undefined) throw new Error('the case table has lost trace-packet')
const text = syncNftCase(
  scenario.services,
  scenario.endpointSlices,
  { ...table.defaults, nodePortAddresses: ['192.168.0.0/24'] },
  ['172.30.0.0/16'],
)
const lines = text.split('\n')

describe('the rules of the upstream test TestOverallNFTablesRules', () => {
  test.each(golden.filter(line => line.startsWith('add ')))('%s', line => {
    expect(lines).toContain(line)
  })

  test('rules stand in the same order within each chain', () => {
    const wanted = golden.filter(line => line.startsWith('add rule'))
    const chains = new Set(wanted.map(chainOf))
    for (const chain of chains) {
      // Of the chains of Services the golden file shows the rules that it is about.
      const own = lines.filter(line => line.startsWith('add rule') && chainOf(line) === chain)
      const shown = wanted.filter(line => chainOf(line) === chain)
      expect(chain.includes('/') ? own.filter(line => shown.includes(line)) : own, chain).toEqual(shown)
    }
  })

  test('each set and map is declared with its type and comment', () => {
    expect(lines.filter(line => /^add (?:set|map)/.test(line))).toEqual([
      'add set ip kube-proxy cluster-ips { type ipv4_addr ; comment "Active ClusterIPs" ; }',
      'add set ip kube-proxy nodeport-ips { type ipv4_addr ; comment "IPs that accept NodePort traffic" ; }',
      'add map ip kube-proxy no-endpoint-services { type ipv4_addr . inet_proto . inet_service : verdict ; comment "vmap to drop or reject packets to services with no endpoints" ; }',
      'add map ip kube-proxy no-endpoint-nodeports { type inet_proto . inet_service : verdict ; comment "vmap to drop or reject packets to service nodeports with no endpoints" ; }',
      'add map ip kube-proxy firewall-ips { type ipv4_addr . inet_proto . inet_service : verdict ; comment "destinations that are subject to LoadBalancerSourceRanges" ; }',
      'add map ip kube-proxy service-ips { type ipv4_addr . inet_proto . inet_service : verdict ; comment "ClusterIP, ExternalIP and LoadBalancer IP traffic" ; }',
      'add map ip kube-proxy service-nodeports { type inet_proto . inet_service : verdict ; comment "NodePort traffic" ; }',
    ])
  })
})

describe('one feature at a time', () => {
  const service: CaseService = {
    namespace: 'ns1',
    name: 'svc1',
    clusterIP: '172.30.0.41',
    ports: [{ name: 'p80', port: 80 }],
  }
  const slice: CaseSlice = {
    namespace: 'ns1',
    service: 'svc1',
    ports: [{ name: 'p80', port: 80 }],
    endpoints: [{ ip: '10.180.0.1' }],
  }
  const endpoint = '5OJB2KTY-ns1/svc1/tcp/p80__10.180.0.1/80'
  const about = (written: string, pattern: RegExp): string[] => written.split('\n').filter(line => pattern.test(line))

  test('session affinity keeps a set with a timeout for each endpoint', () => {
    const written = syncNftCase(
      [{ ...service, sessionAffinity: 'ClientIP', timeoutSeconds: 10800 }],
      [slice],
      table.defaults,
    )
    expect(about(written, /affinity/)).toEqual([
      `add set ip kube-proxy affinity-${endpoint} { type ipv4_addr ; flags dynamic,timeout ; timeout 10800s ; }`,
      `add rule ip kube-proxy service-ULMVA6XW-ns1/svc1/tcp/p80 ip saddr @affinity-${endpoint} goto endpoint-${endpoint}`,
      `add rule ip kube-proxy endpoint-${endpoint} update @affinity-${endpoint} { ip saddr }`,
    ])
  })

  test('source ranges are asked before DNAT; the node may use the VIP when a range has it', () => {
    const balanced: CaseService = {
      ...service,
      type: 'LoadBalancer',
      ingress: [{ ip: '5.6.7.8' }],
      loadBalancerSourceRanges: ['203.0.113.0/25', '192.168.0.0/24'],
    }
    expect(about(syncNftCase([balanced], [slice], table.defaults), /firewall-ULMVA6XW/)).toEqual([
      'add chain ip kube-proxy firewall-ULMVA6XW-ns1/svc1/tcp/p80',
      'flush chain ip kube-proxy firewall-ULMVA6XW-ns1/svc1/tcp/p80',
      'add element ip kube-proxy firewall-ips { 5.6.7.8 . tcp . 80 : goto firewall-ULMVA6XW-ns1/svc1/tcp/p80 }',
      'add rule ip kube-proxy firewall-ULMVA6XW-ns1/svc1/tcp/p80 ip saddr != { 203.0.113.0/25 , 192.168.0.0/24 , 5.6.7.8 } drop',
    ])
  })

  test('NodePorts at every address: those of this host but localhost', () => {
    const written = syncNftCase([service], [slice], { ...table.defaults, nodePortAddresses: ['0.0.0.0/0'] })
    expect(about(written, /nodeport-ips|service-nodeports$|no-endpoint-nodeports$/)).toEqual([
      'add set ip kube-proxy nodeport-ips { type ipv4_addr ; comment "IPs that accept NodePort traffic" ; }',
      'delete set ip kube-proxy nodeport-ips',
      'add rule ip kube-proxy nodeport-endpoints-check ip daddr != 127.0.0.0/8 meta l4proto . th dport vmap @no-endpoint-nodeports',
      'add rule ip kube-proxy services fib daddr type local ip daddr != 127.0.0.0/8 meta l4proto . th dport vmap @service-nodeports',
    ])
  })

  test('masqueradeAll marks what goes to a ClusterIP from anywhere', () => {
    const written = syncNftCase([service], [slice], { ...table.defaults, masqueradeAll: true })
    expect(about(written, /ip daddr 172\.30\.0\.41 /)).toEqual([
      'add rule ip kube-proxy service-ULMVA6XW-ns1/svc1/tcp/p80 ip daddr 172.30.0.41 jump mark-for-masquerade',
    ])
  })

  test('a name that is too long is cut, and told apart by its hash', () => {
    const long = { ...servicePort, namespace: 'n'.repeat(120), name: 's'.repeat(120) }
    const { service: chain } = nftServiceChains(long)
    expect(chain).toMatch(/^service-[A-Z2-7]{8}-n+\/s+\.\.\.$/)
    expect(chain.length).toBe('service-'.length + 240)
    expect(nftServiceChains({ ...long, portName: 'q' }).service).not.toBe(chain)
  })
})

const servicePort = {
  namespace: 'ns1',
  name: 'svc1',
  portName: 'p80',
  id: 'ns1/svc1:p80',
  protocol: 'tcp' as const,
  clusterIP: '172.30.0.41',
  port: 80,
  nodePort: 0,
  externalIPs: [],
  loadBalancerVIPs: [],
  sourceRanges: [],
  externalPolicyLocal: false,
  internalPolicyLocal: false,
  healthCheckNodePort: 0,
  affinitySeconds: 0,
}

const nft = process.getuid?.() === 0 && spawnSync('nft', ['--version']).status === 0
if (!nft) console.warn('SKIPPED: nft -c -f on generated text: needs root and nft; run: sudo apt-get install nftables')

describe.skipIf(!nft)('the real nft takes every generated text', () => {
  test.each(table.scenarios)('$id', ({ config, services, endpointSlices }) => {
    const written = syncNftCase(services, endpointSlices, { ...table.defaults, ...config }, [
      '172.30.0.0/16',
      'fd00:10:96::/112',
    ])
    const { status, stderr } = spawnSync('unshare', ['-n', 'nft', '-c', '-f', '-'], {
      input: written,
      encoding: 'utf8',
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })
})

function chainOf(line: string): string {
  return line.split(' ')[4] ?? ''
}

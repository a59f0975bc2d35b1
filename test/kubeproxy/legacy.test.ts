import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  collectEndpoints,
  DEFAULT_KUBE_PROXY,
  type KubeProxyConfig,
  legacyJumpRules,
  type ProxyNode,
  servicePorts,
  syncLegacyRules,
} from '../../src/kubeproxy/index.ts'
import { type CaseService, type CaseSlice, serviceObject, sliceObject } from '../support/kube-proxy-objects.ts'
import { Lab } from '../support/lab.ts'

const node: ProxyNode = {
  name: 'test-node',
  ips: ['192.168.0.2'],
  podCIDRs: [],
  interfaceAddresses: ['127.0.0.1', '192.168.0.2'],
}
const config: KubeProxyConfig = { ...DEFAULT_KUBE_PROXY, version: 'legacy', profile: 'test' }
const withCIDR: KubeProxyConfig = { ...config, detectLocal: { mode: 'ClusterCIDR', cidrs: ['10.32.0.0/12'] } }

function sync(services: CaseService[], slices: CaseSlice[], using = config, existing: readonly string[] = []): string {
  return syncLegacyRules({
    family: 4,
    config: using,
    node,
    services: servicePorts(services.map(serviceObject), 4),
    endpoints: collectEndpoints(slices.map(sliceObject), 4),
    changed: null,
    existingNatChains: existing,
  })
}

const testweb: CaseService = {
  namespace: 'default',
  name: 'testweb',
  type: 'NodePort',
  clusterIP: '10.97.67.39',
  ports: [{ port: 80, nodePort: 30320 }],
  sessionAffinity: 'ClientIP',
  timeoutSeconds: 600,
}
const cluster: CaseService[] = [
  testweb,
  { namespace: 'default', name: 'kubernetes', clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443 }] },
  {
    namespace: 'kube-system',
    name: 'kube-dns',
    clusterIP: '10.96.0.10',
    ports: [
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'dns-tcp', port: 53 },
    ],
  },
  { namespace: 'kube-system', name: 'kubernetes-dashboard', clusterIP: '10.106.125.172', ports: [{ port: 80 }] },
]
const slice = (service: string, ips: readonly string[], local: readonly string[] = []): CaseSlice => ({
  namespace: 'default',
  service,
  ports: [{ port: 80 }],
  endpoints: ips.map(ip => ({ ip, ...(local.includes(ip) ? { nodeName: 'test-node' } : {}) })),
})
const three = slice('testweb', ['10.32.0.4', '10.32.0.5', '10.32.0.6'])
const others: CaseSlice[] = [
  {
    namespace: 'default',
    service: 'kubernetes',
    ports: [{ name: 'https', port: 6443 }],
    endpoints: [{ ip: '172.16.0.2' }],
  },
  {
    namespace: 'kube-system',
    service: 'kube-dns',
    ports: [
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'dns-tcp', port: 53 },
    ],
    endpoints: [{ ip: '10.32.0.2' }],
  },
  {
    namespace: 'kube-system',
    service: 'kubernetes-dashboard',
    ports: [{ port: 9090 }],
    endpoints: [{ ip: '10.32.0.3' }],
  },
]

describe('the cluster of the course notes (no cluster CIDR, affinity 600 s)', () => {
  const text = sync(cluster, [three, ...others])
  test('the whole input', () => {
    expect(text).toBe(readFileSync(join(import.meta.dirname, 'golden', 'legacy-testweb.txt'), 'utf8'))
  })
  // Hashes and match words as the notes print them, with the slips of the scan put right.
  test.each([
    'KUBE-SVC-EG66NKXDU7X2QZTA',
    'KUBE-SVC-XGLOHA7QRQ3V22RZ',
    'KUBE-SVC-NPX46M4PTMTKRN6Y',
    'KUBE-SVC-TCOU7JCQXEZGVUNU',
    'KUBE-SVC-ERIFXISQEP7F7OF4',
    'KUBE-SEP-7KX2LIG5LIB5UVVO',
    'KUBE-SEP-TSJSFJG2GUXROSTI',
    'KUBE-SEP-RY3VYSR3AYX2BBO2',
  ])('has %s', chain => {
    expect(text).toContain(`:${chain} - [0:0]\n`)
  })
  test('the kernel shows a third as the notes do', () => {
    const lab = new Lab()
    lab.ns('n1').netfilter.restore(4, legacyJumpRules(), { noflush: true })
    lab.ns('n1').netfilter.restore(4, text, { noflush: true })
    const saved = lab.ns('n1').netfilter.save(4, 'nat')
    expect(saved).toContain('--probability 0.33332999982 -j KUBE-SEP-7KX2LIG5LIB5UVVO')
    expect(saved).toContain('--probability 0.50000000000 -j KUBE-SEP-TSJSFJG2GUXROSTI')
  })
})

describe('what differs from today', () => {
  const lines = (text: string, needle: string): string[] => text.split('\n').filter(line => line.includes(needle))
  const balanced: CaseService = {
    ...testweb,
    type: 'LoadBalancer',
    sessionAffinity: 'None',
    ingress: [{ ip: '1.2.3.4' }],
    externalIPs: ['192.168.99.1'],
  }

  test('the masquerade rule of a cluster IP stands in KUBE-SERVICES, before the jump', () => {
    expect(lines(sync([testweb], [three], withCIDR), 'cluster IP')).toEqual([
      '-A KUBE-SERVICES -m comment --comment "default/testweb: cluster IP" -m tcp -p tcp -d 10.97.67.39/32 --dport 80 ! -s 10.32.0.0/12 -j KUBE-MARK-MASQ',
      '-A KUBE-SERVICES -m comment --comment "default/testweb: cluster IP" -m tcp -p tcp -d 10.97.67.39/32 --dport 80 -j KUBE-SVC-EG66NKXDU7X2QZTA',
    ])
  })
  test('a load balancer address always has a firewall chain, which marks for dropping at its end', () => {
    expect(lines(sync([balanced], [three]), '-A KUBE-FW-')).toEqual([
      '-A KUBE-FW-EG66NKXDU7X2QZTA -m comment --comment "default/testweb: loadbalancer IP" -j KUBE-MARK-MASQ',
      '-A KUBE-FW-EG66NKXDU7X2QZTA -m comment --comment "default/testweb: loadbalancer IP" -j KUBE-SVC-EG66NKXDU7X2QZTA',
      '-A KUBE-FW-EG66NKXDU7X2QZTA -m comment --comment "default/testweb: loadbalancer IP" -j KUBE-MARK-DROP',
    ])
  })
  test('source ranges, one with the node in it', () => {
    const ranges = { ...balanced, loadBalancerSourceRanges: ['192.168.0.0/24', '203.0.113.0/25'] }
    expect(lines(sync([ranges], [three]), '-A KUBE-FW-').map(line => line.replace(/.*IP" /, ''))).toEqual([
      '-j KUBE-MARK-MASQ',
      '-s 192.168.0.0/24 -j KUBE-SVC-EG66NKXDU7X2QZTA',
      '-s 203.0.113.0/25 -j KUBE-SVC-EG66NKXDU7X2QZTA',
      '-s 1.2.3.4/32 -j KUBE-SVC-EG66NKXDU7X2QZTA',
      '-j KUBE-MARK-DROP',
    ])
  })
  test('an external IP is for machines outside and for its owner', () => {
    expect(lines(sync([balanced], [three]), 'external IP').map(line => line.replace(/.*--dport 80 /, ''))).toEqual([
      '-j KUBE-MARK-MASQ',
      '-m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL -j KUBE-SVC-EG66NKXDU7X2QZTA',
      '-m addrtype --dst-type LOCAL -j KUBE-SVC-EG66NKXDU7X2QZTA',
    ])
  })
  test('externalTrafficPolicy Local with two local endpoints', () => {
    const policy = { ...balanced, externalTrafficPolicy: 'Local' as const }
    const text = sync(
      [policy],
      [slice('testweb', ['10.32.0.4', '10.32.0.5', '10.32.0.6'], ['10.32.0.4', '10.32.0.6'])],
      withCIDR,
    )
    expect(lines(text, '-A KUBE-XLB-')).toEqual([
      '-A KUBE-XLB-EG66NKXDU7X2QZTA -m comment --comment "Redirect pods trying to reach external loadbalancer VIP to clusterIP" -s 10.32.0.0/12 -j KUBE-SVC-EG66NKXDU7X2QZTA',
      '-A KUBE-XLB-EG66NKXDU7X2QZTA -m comment --comment "masquerade LOCAL traffic for default/testweb: LB IP" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ',
      '-A KUBE-XLB-EG66NKXDU7X2QZTA -m comment --comment "route LOCAL traffic for default/testweb: LB IP to service chain" -m addrtype --src-type LOCAL -j KUBE-SVC-EG66NKXDU7X2QZTA',
      '-A KUBE-XLB-EG66NKXDU7X2QZTA -m comment --comment "Balancing rule 0 for default/testweb:" -m statistic --mode random --probability 0.50000 -j KUBE-SEP-7KX2LIG5LIB5UVVO',
      '-A KUBE-XLB-EG66NKXDU7X2QZTA -m comment --comment "Balancing rule 1 for default/testweb:" -j KUBE-SEP-RY3VYSR3AYX2BBO2',
    ])
    expect(lines(text, '-A KUBE-NODEPORTS').map(line => line.replace(/.*30320 /, ''))).toEqual([
      '-s 127.0.0.0/8 -j KUBE-MARK-MASQ',
      '-j KUBE-XLB-EG66NKXDU7X2QZTA',
    ])
  })
  test('externalTrafficPolicy Local without a local endpoint marks for dropping', () => {
    const text = sync([{ ...balanced, externalTrafficPolicy: 'Local' }], [three])
    expect(lines(text, 'has no local endpoints')).toEqual([
      '-A KUBE-XLB-EG66NKXDU7X2QZTA -m comment --comment "default/testweb: has no local endpoints" -j KUBE-MARK-DROP',
    ])
  })
  test('without endpoints the cluster IP and the load balancer are refused in KUBE-SERVICES, the others outside', () => {
    expect(lines(sync([balanced], []), 'has no endpoints').map(line => line.split(' ')[1])).toEqual([
      'KUBE-SERVICES',
      'KUBE-EXTERNAL-SERVICES',
      'KUBE-SERVICES',
      'KUBE-EXTERNAL-SERVICES',
    ])
  })
  test('terminating endpoints that still serve are no endpoints', () => {
    const leaving: CaseSlice = {
      ...three,
      endpoints: [{ ip: '10.32.0.4', conditions: { ready: false, serving: true, terminating: true } }],
    }
    expect(sync([testweb], [leaving])).toContain('has no endpoints')
  })
  test('chains of a service that is gone are deleted, XLB among them', () => {
    const text = sync([], [], config, ['KUBE-XLB-EG66NKXDU7X2QZTA', 'KUBE-MARK-DROP'])
    expect(lines(text, '-X ')).toEqual(['-X KUBE-XLB-EG66NKXDU7X2QZTA'])
  })
})

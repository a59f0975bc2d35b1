import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  collectEndpoints,
  DEFAULT_KUBE_PROXY,
  IPSET_NAMES,
  ipvsJumpRules,
  type KubeProxyConfig,
  servicePorts,
  syncIpvs,
} from '../../src/kubeproxy/index.ts'
import { World } from '../../src/netns/sim/world.ts'
import { type CaseService, type CaseSlice, serviceObject, sliceObject } from '../support/kube-proxy-objects.ts'

const golden = (name: string): string => readFileSync(join(import.meta.dirname, 'golden', `${name}.txt`), 'utf8')
const config: KubeProxyConfig = {
  ...DEFAULT_KUBE_PROXY,
  mode: 'ipvs',
  profile: 'test',
  detectLocal: { mode: 'ClusterCIDR', cidrs: ['10.0.0.0/8', 'fd00:10::/64'] },
}

function sync(services: CaseService[], slices: CaseSlice[], using = config, family: 4 | 6 = 4) {
  return syncIpvs({
    family,
    config: using,
    node: {
      name: 'test-node',
      ips: ['192.168.0.2'],
      podCIDRs: [],
      interfaceAddresses: ['127.0.0.1', '::1', '192.168.0.2', '10.244.1.1', 'fd00:192::2'],
    },
    services: servicePorts(services.map(serviceObject), family),
    endpoints: collectEndpoints(slices.map(sliceObject), family),
  })
}

const one: CaseService = { namespace: 'ns1', name: 'svc1', clusterIP: '172.30.0.41', ports: [{ name: 'p', port: 80 }] }
const slice = (ips: readonly string[], local: readonly string[] = [], name = 'svc1'): CaseSlice => ({
  namespace: 'ns1',
  service: name,
  addressType: ips[0]?.includes(':') === true ? 'IPv6' : 'IPv4',
  ports: [{ name: 'p', port: 8080 }],
  endpoints: ips.map(ip => ({ ip, ...(local.includes(ip) ? { nodeName: 'test-node' } : {}) })),
})
const everything: CaseService[] = [
  one,
  {
    ...one,
    name: 'svc2',
    clusterIP: '172.30.0.42',
    type: 'LoadBalancer',
    externalTrafficPolicy: 'Local',
    healthCheckNodePort: 30000,
    ports: [{ name: 'p', port: 80, nodePort: 30002 }],
    externalIPs: ['192.168.99.22'],
    ingress: [{ ip: '1.2.3.4' }],
    loadBalancerSourceRanges: ['203.0.113.0/25'],
    sessionAffinity: 'ClientIP',
    timeoutSeconds: 10800,
  },
  {
    ...one,
    name: 'svc3',
    clusterIP: '172.30.0.43',
    type: 'LoadBalancer',
    ports: [{ name: 'p', port: 53, nodePort: 30003, protocol: 'UDP' }],
    externalIPs: ['192.168.99.33', '192.168.0.2'],
    ingress: [{ ip: '5.6.7.8' }],
    loadBalancerSourceRanges: ['192.168.0.0/24'],
  },
  {
    ...one,
    name: 'svc4',
    clusterIP: '172.30.0.44',
    type: 'NodePort',
    ports: [{ name: 'p', port: 3868, nodePort: 30004, protocol: 'SCTP' }],
  },
]
const slices = [
  slice(['10.180.0.1', '10.180.0.2'], ['10.180.0.2']),
  slice(['10.180.1.1', '10.180.1.2'], ['10.180.1.2'], 'svc2'),
  { ...slice(['10.180.2.1'], [], 'svc3'), ports: [{ name: 'p', port: 5353, protocol: 'UDP' as const }] },
]

describe('four Services with everything', () => {
  const done = sync(everything, slices)
  test('the sets', () => expect(done.ipsets).toBe(golden('ipvs-sets')))
  test('the rules', () => expect(done.rules).toBe(golden('ipvs-rules')))
  test('the virtual servers', () => expect(done.ipvs).toBe(golden('ipvs-servers')))
  test('kube-ipvs0 has what no other device has', () => {
    expect(done.addresses).toEqual([
      '172.30.0.41/32',
      '172.30.0.42/32',
      '192.168.99.22/32',
      '1.2.3.4/32',
      '172.30.0.43/32',
      '192.168.99.33/32',
      '5.6.7.8/32',
      '172.30.0.44/32',
    ])
  })
  test('all of it can be restored', () => {
    const ns = new World().createNamespace('node')
    ns.ipsets.restore(done.ipsets)
    ns.netfilter.restore(4, ipvsJumpRules(), { noflush: true })
    ns.netfilter.restore(4, done.rules, { noflush: true })
    ns.ipvs.restore(done.ipvs)
    expect(ns.ipsets.names).toEqual(IPSET_NAMES)
    expect(ns.ipvs.save().split('\n').sort()).toEqual(done.ipvs.split('\n').sort())
  })
})

describe('what masquerades traffic to a cluster IP', () => {
  const clusterRule = (using: KubeProxyConfig): string | undefined =>
    sync([one], slices, using)
      .rules.split('\n')
      .find(line => line.includes('KUBE-CLUSTER-IP') && line.includes('KUBE-MARK-MASQ'))
      ?.replace(/.*KUBE-CLUSTER-IP /, '')
  test.each([
    ['masqueradeAll', { ...config, masqueradeAll: true }, 'dst,dst -j KUBE-MARK-MASQ'],
    ['a detector', config, 'dst,dst ! -s 10.0.0.0/8 -j KUBE-MARK-MASQ'],
    ['neither', { ...config, detectLocal: { mode: 'None' } as const }, 'src,dst -j KUBE-MARK-MASQ'],
  ])('%s', (_, using, rule) => expect(clusterRule(using)).toBe(rule))
})

test('rules do not grow with Services', () => {
  const count = (n: number): number => {
    const services = Array.from({ length: n }, (_, i) => ({ ...one, name: `s${i}`, clusterIP: `172.30.1.${i + 1}` }))
    return sync(services, [])
      .rules.split('\n')
      .filter(line => line.startsWith('-A')).length
  }
  expect(count(100)).toBe(count(1))
})

test('mh looks at the source port too', () => {
  expect(sync([one], slices, { ...config, ipvsScheduler: 'mh' }).ipvs).toContain('-s mh -b mh-port\n')
})

test('IPv6: sets of their own names and family', () => {
  const done = sync(
    [{ ...one, type: 'NodePort', clusterIP: 'fd00:172::1', ports: [{ name: 'p', port: 80, nodePort: 30001 }] }],
    [slice(['fd00:10:1::1'])],
    config,
    6,
  )
  expect(done.ipsets).toContain('create KUBE-6-CLUSTER-IP hash:ip,port family inet6 hashsize 1024 maxelem 65536\n')
  expect(done.ipsets).toContain('add KUBE-6-CLUSTER-IP fd00:172::1,tcp:80\n')
  expect(done.rules).toContain('-A KUBE-SERVICES -s ::1/128 -j RETURN\n')
  expect(done.rules).toContain('--match-set KUBE-6-CLUSTER-IP dst,dst ! -s fd00:10::/64 -j KUBE-MARK-MASQ')
  expect(done.ipvs).toBe(
    '-A -t [fd00:172::1]:80 -s rr\n-a -t [fd00:172::1]:80 -r [fd00:10:1::1]:8080 -m -w 1\n' +
      '-A -t [fd00:192::2]:30001 -s rr\n-a -t [fd00:192::2]:30001 -r [fd00:10:1::1]:8080 -m -w 1\n',
  )
})

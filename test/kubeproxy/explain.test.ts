import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ipsetInWords, ipvsInWords } from '../../src/kubeproxy/explain/ipvs-in-words.ts'
import { nftInWords } from '../../src/kubeproxy/explain/nft-in-words.ts'
import {
  collectEndpoints,
  DEFAULT_KUBE_PROXY,
  explainService,
  type KubeProxyConfig,
  servicePorts,
} from '../../src/kubeproxy/index.ts'
import { type CaseService, serviceObject, sliceObject } from '../support/kube-proxy-objects.ts'

describe('commands of nft in words', () => {
  const endpoint = 'endpoint-5OJB2KTY-ns1/svc1/tcp/p80__10.180.0.1/80'
  test.each([
    ['element', 'cluster-ips { 172.30.0.41 }', '172.30.0.41 is a cluster IP: what no Service has there is refused'],
    [
      'element',
      'service-ips { 172.30.0.41 . tcp . 80 : goto service-X }',
      'TCP to 172.30.0.41 port 80 goes on in service-X',
    ],
    [
      'element',
      'no-endpoint-services { 172.30.0.46 . udp . 80 comment "ns6/svc6:p80" : goto reject-chain }',
      'UDP to 172.30.0.46 port 80 is refused',
    ],
    [
      'element',
      'no-endpoint-nodeports { tcp . 3001 comment "ns2/svc2:p80" : drop }',
      'TCP to port 3001 of this node is dropped',
    ],
    [
      'element',
      'service-nodeports { sctp . 3001 : goto external-X }',
      'SCTP to port 3001 of this node goes on in external-X',
    ],
    [
      'element',
      'firewall-ips { 5.6.7.8 . tcp . 80 : goto firewall-X }',
      'TCP to 5.6.7.8 port 80 is checked in firewall-X before anything else',
    ],
    [
      'rule',
      'service-X ip daddr 172.30.0.41 ip saddr != 10.0.0.0/8 jump mark-for-masquerade',
      'to 172.30.0.41 not from 10.0.0.0/8 gets the mark to be masqueraded',
    ],
    [
      'rule',
      'firewall-X ip saddr != { 203.0.113.0/25 , 5.6.7.8 } drop',
      'from none of 203.0.113.0/25, 5.6.7.8 is dropped',
    ],
    [
      'rule',
      'external-X fib saddr type local goto service-X comment "short-circuit local traffic"',
      'from this node itself goes on in service-X',
    ],
    ['rule', 'external-X iif != cni0 goto service-X', 'not in by cni0 goes on in service-X'],
    ['rule', 'external-X goto local-X', 'everything goes on in local-X'],
    [
      'rule',
      `service-X ip saddr @affinity-A goto ${endpoint}`,
      `from a client in the set affinity-A goes on in ${endpoint}`,
    ],
    [
      'rule',
      `service-X numgen random mod 2 vmap { 0 : goto ${endpoint} , 1 : goto endpoint-B-ns1/svc1/tcp/p80__fd00..1/81 }`,
      'one of 2 is drawn, 1/2 each: 10.180.0.1:80, [fd00::1]:81',
    ],
    ['rule', `service-X numgen random mod 1 vmap { 0 : goto ${endpoint} }`, 'everything goes to 10.180.0.1:80'],
    ['rule', `${endpoint} meta l4proto tcp dnat to 10.180.0.1:80`, 'TCP is sent to 10.180.0.1:80'],
    ['rule', `${endpoint} update @affinity-A { ip saddr }`, 'the client is remembered, or remembered for longer'],
    [
      'set',
      'affinity-5OJB2KTY-ns1/svc1/tcp/p80__10.180.0.1/80 { type ipv4_addr ; flags dynamic,timeout ; timeout 600s ; }',
      'clients that 10.180.0.1:80 has served: each is kept for 600 s after its last connection',
    ],
  ])('%s %s', (verb, rest, words) => {
    expect(nftInWords(`add ${verb} ip kube-proxy ${rest}`)).toBe(words)
  })
})

describe('IPVS in words', () => {
  const lines = [
    '-A -t 10.96.0.1:443 -s rr -p 600',
    '-a -t 10.96.0.1:443 -r 10.0.0.1:6443 -m -w 1',
    '-a -t 10.96.0.1:443 -r 10.0.0.2:6443 -m -w 1',
    '-A -u 10.96.0.10:53 -s sh',
    '-a -u 10.96.0.10:53 -r 10.0.0.3:53 -m -w 0',
  ]
  test.each([
    [0, 'virtual server TCP 10.96.0.1:443: real servers take turns; a client stays with its own for 600 s'],
    [1, 'real server 10.0.0.1:6443: 1/2 of the new connections, by destination NAT'],
    [3, "virtual server UDP 10.96.0.10:53: the client's address decides which real server it gets"],
    [4, 'real server 10.0.0.3:53: drains, no new connections, by destination NAT'],
  ])('line %i', (at, words) => {
    expect(ipvsInWords(lines[at] ?? '', lines)).toBe(words)
  })
  test('sets', () => {
    expect(ipsetInWords('add KUBE-6-NODE-PORT-LOCAL-TCP 30080')).toBe(
      '30080: a node port with policy Local: keeps its source',
    )
    expect(ipsetInWords('create KUBE-CLUSTER-IP hash:ip,port')).toBe('')
  })
})

const anything = fc.record({
  mode: fc.constantFrom(...(['iptables', 'legacy', 'nftables', 'ipvs', 'userspace'] as const)),
  scheduler: fc.constantFrom(...(['rr', 'wrr', 'lc', 'wlc', 'sh', 'dh', 'sed', 'nq', 'mh'] as const)),
  endpoints: fc.integer({ min: 0, max: 3 }),
  local: fc.boolean(),
  detects: fc.constantFrom(...(['ClusterCIDR', 'BridgeInterface', 'InterfaceNamePrefix', 'None'] as const)),
  masqueradeAll: fc.boolean(),
  affinity: fc.boolean(),
  ranges: fc.boolean(),
  policy: fc.constantFrom(...(['Cluster', 'Local'] as const)),
  protocol: fc.constantFrom(...(['TCP', 'UDP', 'SCTP'] as const)),
})

test('every line that any mode writes for a Service has words', () => {
  fc.assert(
    fc.property(
      anything,
      ({ mode, scheduler, endpoints, local, detects, masqueradeAll, affinity, ranges, policy, protocol }) => {
        const service: CaseService = {
          namespace: 'ns1',
          name: 'svc1',
          type: 'LoadBalancer',
          clusterIP: '172.30.0.41',
          ports: [{ name: 'p80', port: 80, nodePort: 30080, protocol }],
          externalIPs: ['192.168.99.22'],
          ingress: [{ ip: '1.2.3.4' }],
          externalTrafficPolicy: policy,
          internalTrafficPolicy: policy,
          healthCheckNodePort: 31000,
          ...(affinity ? { sessionAffinity: 'ClientIP' as const, timeoutSeconds: 60 } : {}),
          ...(ranges ? { loadBalancerSourceRanges: ['203.0.113.0/25', '192.168.0.0/24'] } : {}),
        }
        const slice = {
          namespace: 'ns1',
          service: 'svc1',
          ports: [{ name: 'p80', port: 8080, protocol }],
          endpoints: Array.from({ length: endpoints }, (_, i) => ({
            ip: `10.180.0.${i + 1}`,
            ...(local ? { nodeName: 'test-node' } : {}),
          })),
        }
        const detectors = {
          ClusterCIDR: { mode: 'ClusterCIDR', cidrs: ['10.0.0.0/8'] },
          BridgeInterface: { mode: 'BridgeInterface', name: 'cni0' },
          InterfaceNamePrefix: { mode: 'InterfaceNamePrefix', prefix: 'veth' },
          None: { mode: 'None' },
        } as const
        const config: KubeProxyConfig = {
          ...DEFAULT_KUBE_PROXY,
          mode: mode === 'legacy' ? 'iptables' : mode,
          version: mode === 'legacy' ? 'legacy' : 'modern',
          ipvsScheduler: scheduler,
          detectLocal: detectors[detects],
          masqueradeAll,
        }
        const state = {
          services: { 4: servicePorts([serviceObject(service)], 4), 6: [] },
          endpoints: { 4: collectEndpoints([sliceObject(slice, 0)], 4), 6: new Map() },
        }
        const node = { name: 'test-node', ips: ['192.168.0.2'], podCIDRs: [], interfaceAddresses: ['192.168.0.2'] }
        const { rules } = explainService(state, node, config, [4], 'ns1', 'svc1')
        if (!(mode === 'userspace' && protocol === 'SCTP')) expect(rules.length).toBeGreaterThan(0)
        for (const { rule, words } of rules) {
          expect(words, rule).not.toBe('')
          expect(words, rule).not.toMatch(/undefined|\?|^ | $/)
        }
      },
    ),
    { numRuns: 300 },
  )
})

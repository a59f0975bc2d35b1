import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  collectEndpoints,
  DEFAULT_KUBE_PROXY,
  type KubeProxyConfig,
  type ProxyNode,
  servicePorts,
  syncProxyRules,
} from '../../src/kubeproxy/index.ts'
import { type CaseService, type CaseSlice, serviceObject, sliceObject } from '../support/kube-proxy-objects.ts'

const golden = (name: string): string => readFileSync(join(import.meta.dirname, 'golden', `${name}.txt`), 'utf8')

const node: ProxyNode = {
  name: 'test-node',
  ips: ['192.168.0.2'],
  podCIDRs: [],
  interfaceAddresses: ['127.0.0.1', '192.168.0.2'],
}
const upstream: KubeProxyConfig = {
  ...DEFAULT_KUBE_PROXY,
  profile: 'test',
  detectLocal: { mode: 'ClusterCIDR', cidrs: ['10.0.0.0/8', 'fd00:10::/64'] },
}

function sync(
  services: CaseService[],
  slices: CaseSlice[],
  config: KubeProxyConfig = upstream,
  family: 4 | 6 = 4,
): string {
  return syncProxyRules({
    family,
    config,
    node,
    services: servicePorts(services.map(serviceObject), family),
    endpoints: collectEndpoints(slices.map(sliceObject), family),
    changed: null,
    existingNatChains: [],
  })
}

const svc1: CaseService = {
  namespace: 'ns1',
  name: 'svc1',
  clusterIP: '172.30.0.41',
  ports: [{ name: 'p80', port: 80 }],
}
const slice = (ips: readonly string[], local: readonly string[] = []): CaseSlice => ({
  namespace: 'ns1',
  service: 'svc1',
  ports: [{ name: 'p80', port: 80 }],
  endpoints: ips.map(ip => ({ ip, ...(local.includes(ip) ? { nodeName: 'test-node' } : {}) })),
})

describe('the whole input, in the order in which kube-proxy writes it', () => {
  test('session affinity over three endpoints, as a node writes it', () => {
    const testweb: CaseService = {
      namespace: 'default',
      name: 'testweb',
      type: 'NodePort',
      clusterIP: '10.97.67.39',
      ports: [{ port: 80, nodePort: 30320 }],
      sessionAffinity: 'ClientIP',
      timeoutSeconds: 600,
    }
    const endpoints: CaseSlice = {
      namespace: 'default',
      service: 'testweb',
      ports: [{ port: 80 }],
      endpoints: [{ ip: '10.32.0.4' }, { ip: '10.32.0.5' }, { ip: '10.32.0.6' }],
    }
    const config: KubeProxyConfig = {
      ...DEFAULT_KUBE_PROXY,
      detectLocal: { mode: 'ClusterCIDR', cidrs: ['10.32.0.0/12'] },
    }
    expect(sync([testweb], [endpoints], config)).toBe(golden('session-affinity'))
  })

  test('internalTrafficPolicy Local with two local endpoints, one remote and no port name', () => {
    const service: CaseService = {
      namespace: 'ns1',
      name: 'svc1',
      clusterIP: '172.30.1.1',
      ports: [{ port: 80 }],
      internalTrafficPolicy: 'Local',
    }
    const endpoints = slice(['10.0.1.1', '10.0.1.2', '10.0.1.3'], ['10.0.1.1', '10.0.1.2'])
    expect(sync([service], [{ ...endpoints, ports: [{ port: 80 }] }])).toBe(golden('internal-policy-local'))
  })

  test('externalTrafficPolicy Local with a local and a remote endpoint', () => {
    const service: CaseService = {
      ...svc1,
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      ports: [{ name: 'p80', port: 80, nodePort: 3001 }],
      healthCheckNodePort: 30000,
      externalIPs: ['192.168.99.11'],
      ingress: [{ ip: '1.2.3.4' }],
    }
    expect(sync([service], [slice(['10.180.0.1', '10.180.2.1'], ['10.180.2.1'])])).toBe(golden('external-policy-local'))
  })

  test('source ranges that include the node, two VIPs', () => {
    const service: CaseService = {
      ...svc1,
      type: 'LoadBalancer',
      ports: [{ name: 'p80', port: 80, nodePort: 3001 }],
      loadBalancerSourceRanges: ['192.168.0.0/24', '203.0.113.0/25'],
      ingress: [{ ip: '1.2.3.4' }, { ip: '5.6.7.8' }],
    }
    expect(sync([service], [slice(['10.180.0.1'])])).toBe(golden('source-ranges'))
  })

  test('an IPv6 NodePort', () => {
    const service: CaseService = {
      ...svc1,
      type: 'NodePort',
      clusterIP: 'fd00:172:30::41',
      ports: [{ name: 'p80', port: 80, nodePort: 3001 }],
    }
    const endpoints: CaseSlice = {
      ...slice(['fd00:10:180::1', 'fd00:10:180::2:1'], ['fd00:10:180::2:1']),
      addressType: 'IPv6',
    }
    expect(sync([service], [endpoints], upstream, 6)).toBe(golden('ipv6-nodeport'))
  })
})

test.each([
  [1, '1.0000000000'],
  [2, '0.5000000000'],
  [10, '0.1000000000'],
  [100, '0.0100000000'],
])('the first of %i endpoints gets its share of what is left: %s', (n, probability) => {
  const ips = Array.from({ length: n }, (_, i) => `10.180.1.${i + 1}`)
  const first = sync([svc1], [slice(ips)])
    .split('\n')
    .find(line => line.startsWith('-A KUBE-SVC-') && line.includes('->'))
  if (n === 1) expect(first).not.toContain('--probability')
  else expect(first).toContain(`--probability ${probability} `)
})

test.each([
  [10, 10, 325],
  [100, 2, 805],
  [1000, 2, 8005],
  [5, 0, 5],
])('%i ClusterIP services with %i endpoints each make %i nat rules: 5 + S·(2+3E)', (services, endpoints, rules) => {
  const list = Array.from(
    { length: services },
    (_, i): CaseService => ({
      namespace: 'ns1',
      name: `svc${i}`,
      clusterIP: `172.30.${i >> 8}.${i & 255}`,
      ports: [{ name: 'p80', port: 80 }],
    }),
  )
  const slices = list.map(
    (service, s): CaseSlice => ({
      namespace: 'ns1',
      service: service.name,
      ports: [{ name: 'p80', port: 80 }],
      endpoints: Array.from({ length: endpoints }, (_, e) => ({ ip: `10.${s >> 8}.${s & 255}.${e + 1}` })),
    }),
  )
  const nat = sync(list, slices).split('*nat\n')[1] ?? ''
  expect(nat.split('\n').filter(line => line.startsWith('-A ')).length).toBe(rules)
})

/** Rules of each table: 5 nat rules stand there without any Service, and 4 filter rules (3 of KUBE-FORWARD, 1 of KUBE-FIREWALL). */
test.each([
  ['ClusterIP', 10, 10, 5 + 10 * (2 + 30), 4],
  ['ClusterIP', 10, 0, 5, 4 + 10],
  ['LoadBalancer', 10, 10, 5 + 10 * (8 + 30), 4 + 10],
  ['LoadBalancer', 10, 0, 5, 4 + 10 * 3],
  ['LoadBalancer', 7, 3, 5 + 7 * (8 + 9), 4 + 7],
] as const)(
  '%s, %i Services with %i endpoints, external IP and source range: %i nat and %i filter rules',
  (type, services, endpoints, nat, filter) => {
    const list = Array.from({ length: services }, (_, i): CaseService => {
      const outside = { externalIPs: [`192.168.99.${i}`], ingress: [{ ip: `1.2.3.${i}` }] }
      const service: CaseService = {
        namespace: 'ns1',
        name: `svc${i}`,
        clusterIP: `172.30.0.${i}`,
        ports: [{ name: 'p80', port: 80 }],
      }
      return type === 'ClusterIP'
        ? service
        : { ...service, ...outside, type, loadBalancerSourceRanges: ['203.0.113.0/25'] }
    })
    const slices = list.map(({ name: of }, s): CaseSlice => {
      const ends = Array.from({ length: endpoints }, (_, e) => ({ ip: `10.0.${s}.${e + 1}` }))
      return { namespace: 'ns1', service: of, ports: [{ name: 'p80', port: 80 }], endpoints: ends }
    })
    const count = (text = ''): number => text.split('\n').filter(line => line.startsWith('-A ')).length
    const [filterText, natText] = sync(list, slices).split('*nat\n')
    expect([count(natText), count(filterText)]).toEqual([nat, filter])
  },
)

test('more than 1000 endpoints: rules of endpoints lose their comments, all others keep them', () => {
  const ips = Array.from({ length: 1001 }, (_, i) => `10.180.${i >> 8}.${i & 255}`)
  const text = sync([svc1], [slice(ips)])
  expect(text).toContain('-A KUBE-SEP-SXIVWICOYRO3J4NJ -m tcp -p tcp -j DNAT')
  expect(text).not.toContain('-> 10.180')
  expect(text).toContain('"ns1/svc1:p80 cluster IP"')
  expect(sync([svc1], [slice(ips.slice(0, 1000))])).toContain('-> 10.180')
})

describe('INVALID packets', () => {
  const forward = (config: KubeProxyConfig): string | undefined =>
    sync([], [], config)
      .split('\n')
      .find(line => line.includes('INVALID'))
  test('are dropped and counted where the counter exists', () => {
    expect(forward(upstream)).toBe(
      '-A KUBE-FORWARD -m conntrack --ctstate INVALID -m nfacct --nfacct-name ct_state_invalid_dropped_pkts -j DROP',
    )
  })
  test('are dropped', () => {
    expect(forward(DEFAULT_KUBE_PROXY)).toBe('-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP')
  })
  test('pass when conntrack is liberal', () => {
    expect(forward({ ...upstream, conntrackTcpLiberal: true })).toBeUndefined()
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  collectEndpoints,
  DEFAULT_KUBE_PROXY,
  type KubeProxyConfig,
  planKubeProxy,
  servicePorts,
  trafficShares,
} from '../../src/kubeproxy/index.ts'
import { explore, SeededChance } from '../../src/netns/index.ts'
import {
  type CaseConfig,
  type CaseService,
  type CaseSlice,
  serviceObject,
  sliceObject,
} from '../support/kube-proxy-objects.ts'
import { type Fate, type NodeRules, NodeWorld } from '../support/node-world.ts'
import type { TracedPacket } from '../support/rule-tracer.ts'

const world: CaseConfig = {
  family: 'IPv4',
  nodeName: 'test-node',
  nodeIP: '192.168.0.2',
  nodeInterfaces: { lo: ['127.0.0.1/8'], eth0: ['192.168.0.2/24', '2001:db8::1/64'] },
  localIPs: ['127.0.0.1', '192.168.0.2'],
  localDetector: { mode: 'ClusterCIDR', cidr: '10.0.0.0/8' },
  masqueradeAll: false,
  localhostNodePorts: true,
  nodePortAddresses: null,
}

type Mode = KubeProxyConfig['mode']

function rulesOf(mode: Mode, services: readonly CaseService[], slices: readonly CaseSlice[]): NodeRules {
  const plan = planKubeProxy(
    {
      services: { 4: servicePorts(services.map(serviceObject), 4), 6: [] },
      endpoints: { 4: collectEndpoints(slices.map(sliceObject), 4), 6: new Map() },
    },
    { name: 'test-node', ips: ['192.168.0.2'], podCIDRs: [], interfaceAddresses: ['127.0.0.1', '192.168.0.2'] },
    { ...DEFAULT_KUBE_PROXY, mode, detectLocal: { mode: 'ClusterCIDR', cidrs: ['10.0.0.0/8'] } },
    [4],
  )
  return {
    iptables: plan.iptables.map(({ family, text }) => ({ family, text, source: 'kube-proxy' })),
    ipsets: plan.ipsets,
    ipvs: plan.ipvs,
    proxies: plan.proxies,
    sysctls: plan.sysctls,
    dummy: plan.dummy?.addresses ?? [],
  }
}

/** Where a packet can go, with the share of each way in parts of the least common number, and whether it is masqueraded. */
function shares(mode: Mode, services: readonly CaseService[], slices: readonly CaseSlice[], packet: TracedPacket) {
  const rules = rulesOf(mode, services, slices)
  const elsewhere = [...new Set([...slices.flatMap(slice => slice.endpoints.map(({ ip }) => ip)), packet.src])].filter(
    ip => !world.localIPs.includes(ip),
  )
  const fates: { readonly fate: Fate; readonly weight: number }[] = []
  if (mode === 'iptables') {
    for (const { value, probability } of explore(chance => new NodeWorld(world, rules, elsewhere, chance).send(packet))
      .branches) {
      fates.push({ fate: value, weight: Number(probability.numerator) / Number(probability.denominator) })
    }
  } else {
    // Turns: as many connections as there are endpoints show each once.
    const turns = Math.max(
      1,
      slices.reduce((sum, slice) => sum + slice.endpoints.length, 0),
    )
    const node = new NodeWorld(world, rules, elsewhere, new SeededChance(1))
    for (let i = 0; i < turns * 6; i++) fates.push({ fate: node.send(packet), weight: 1 / (turns * 6) })
  }
  const result: Record<string, number> = {}
  for (const { fate, weight } of fates) {
    const key = `${fate.outcome ?? 'untouched'}${fate.masqueraded ? ' masqueraded' : ''}`
    result[key] = (result[key] ?? 0) + weight
  }
  return Object.fromEntries(Object.entries(result).map(([key, share]) => [key, Math.round(share * 1e6) / 1e6]))
}

const service = (more: Partial<CaseService> = {}): CaseService => ({
  namespace: 'ns1',
  name: 'svc1',
  type: 'NodePort',
  clusterIP: '172.30.0.41',
  ports: [{ name: 'p80', port: 80, nodePort: 30080 }],
  ...more,
})
const slice = (ips: readonly string[], local: readonly string[] = []): CaseSlice => ({
  namespace: 'ns1',
  service: 'svc1',
  ports: [{ name: 'p80', port: 8080 }],
  endpoints: ips.map(ip => ({ ip, ...(local.includes(ip) ? { nodeName: 'test-node' } : {}) })),
})
const packet = (src: string, dst: string, dport: number): TracedPacket => ({ src, dst, dport, proto: 'tcp' })

test('random Services: iptables and IPVS give the same endpoints the same shares, and show them the same source', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 1, max: 250 }), { minLength: 1, maxLength: 4 }),
      fc.constantFrom('Cluster' as const, 'Local' as const),
      fc.constantFrom('203.0.113.2', '10.0.0.2'),
      fc.constantFrom(
        ['172.30.0.41', 80] as const,
        ['192.168.99.22', 80] as const,
        ['1.2.3.4', 80] as const,
        ['192.168.0.2', 30080] as const,
      ),
      fc.boolean(),
      (hosts, externalTrafficPolicy, src, [dst, dport], allLocal) => {
        const ips = hosts.map(host => `10.180.0.${host}`)
        const services = [
          service({
            type: 'LoadBalancer',
            externalTrafficPolicy,
            externalIPs: ['192.168.99.22'],
            ingress: [{ ip: '1.2.3.4' }],
          }),
        ]
        // With policy Local and an endpoint here: what a pod of the node gets differs, see below.
        const slices = [slice(ips, allLocal || externalTrafficPolicy === 'Local' ? ips : [])]
        // A pod that asks an external IP: IPVS masquerades it as all others, see below.
        fc.pre(!(src === '10.0.0.2' && dst !== '172.30.0.41'))
        const question = packet(src, dst, dport)
        expect(shares('ipvs', services, slices, question)).toEqual(shares('iptables', services, slices, question))
      },
    ),
    { numRuns: 25 },
  )
})

describe('what differs between iptables and IPVS', () => {
  const both = (services: CaseService[], slices: CaseSlice[], question: TracedPacket) => ({
    iptables: shares('iptables', services, slices, question),
    ipvs: shares('ipvs', services, slices, question),
  })
  const pair = slice(['10.180.0.1', '10.180.0.2'])

  test('no endpoints: a REJECT rule, or a virtual server without real servers', () => {
    expect(both([service()], [], packet('10.0.0.2', '172.30.0.41', 80))).toEqual({
      iptables: { REJECT: 1 },
      ipvs: { REJECT: 1 },
    })
  })
  test('a port of the cluster IP that no Service has', () => {
    expect(both([service()], [pair], packet('10.0.0.2', '172.30.0.41', 81))).toEqual({
      iptables: { untouched: 1 },
      ipvs: { REJECT: 1 },
    })
  })
  test('policy Local without a local endpoint: dropped, or sent to all', () => {
    expect(
      both([service({ externalTrafficPolicy: 'Local' })], [pair], packet('203.0.113.2', '192.168.0.2', 30080)),
    ).toEqual({
      iptables: { DROP: 1 },
      ipvs: { '10.180.0.1:8080': 0.5, '10.180.0.2:8080': 0.5 },
    })
  })
  test('policy Local: pods reach all endpoints through the node port, or only the local ones', () => {
    const slices = [slice(['10.180.0.1', '10.180.0.2'], ['10.180.0.2'])]
    expect(
      both([service({ externalTrafficPolicy: 'Local' })], slices, packet('10.0.0.2', '192.168.0.2', 30080)),
    ).toEqual({
      iptables: { '10.180.0.1:8080': 0.5, '10.180.0.2:8080': 0.5 },
      ipvs: { '10.180.0.2:8080': 1 },
    })
  })
  test('node ports on localhost', () => {
    const answer = both([service()], [slice(['10.180.0.1'])], packet('127.0.0.1', '127.0.0.1', 30080))
    expect(answer).toEqual({ iptables: { '10.180.0.1:8080 masqueraded': 1 }, ipvs: { untouched: 1 } })
  })
  test('source ranges: those who may not are dropped in both', () => {
    const closed = service({
      type: 'LoadBalancer',
      ingress: [{ ip: '1.2.3.4' }],
      loadBalancerSourceRanges: ['203.0.113.0/25'],
    })
    expect(both([closed], [pair], packet('203.0.113.130', '1.2.3.4', 80))).toEqual({
      iptables: { DROP: 1 },
      ipvs: { DROP: 1 },
    })
    expect(both([closed], [slice(['10.180.0.1'])], packet('203.0.113.2', '1.2.3.4', 80))).toEqual({
      iptables: { '10.180.0.1:8080 masqueraded': 1 },
      ipvs: { '10.180.0.1:8080 masqueraded': 1 },
    })
  })
  test('source ranges without the node: IPVS also keeps the node itself away', () => {
    const closed = service({
      type: 'LoadBalancer',
      ingress: [{ ip: '1.2.3.4' }],
      loadBalancerSourceRanges: ['203.0.113.0/25'],
    })
    const rules = rulesOf('ipvs', [closed], [slice(['10.180.0.1'])])
    expect(rules.iptables.map(({ text }) => text).join('')).toContain(
      '-A KUBE-IPVS-OUT-FILTER -s 1.2.3.4 -m ipvs --vaddr 1.2.3.4 --vproto tcp --vport 80 -j DROP',
    )
    const node = new NodeWorld(
      { ...world, localIPs: [...world.localIPs, '1.2.3.4'] },
      rules,
      ['10.180.0.1'],
      new SeededChance(1),
    )
    expect(node.send(packet('1.2.3.4', '1.2.3.4', 80)).outcome).toBe('DROP')
  })
})

describe('userspace mode', () => {
  test('the packet ends at the proxy on the node, wherever it comes from', () => {
    const rules = rulesOf('userspace', [service()], [slice(['10.180.0.1', '10.180.0.2'])])
    const node = new NodeWorld(
      world,
      rules,
      ['10.0.0.2', '203.0.113.2', '10.180.0.1', '10.180.0.2'],
      new SeededChance(1),
    )
    expect(node.send(packet('10.0.0.2', '172.30.0.41', 80)).outcome).toBe('192.168.0.2:33000')
    expect(node.send(packet('192.168.0.2', '172.30.0.41', 80)).outcome).toBe('192.168.0.2:33000')
    expect(node.send(packet('203.0.113.2', '192.168.0.2', 30080)).outcome).toBe('192.168.0.2:33000')
  })
})

test('the explained shares are those that packets get', () => {
  const local = slice(['10.180.0.1', '10.180.0.2', '10.180.0.3'], ['10.180.0.2'])
  const node = { name: 'test-node', ips: ['192.168.0.2'], podCIDRs: [], interfaceAddresses: [] }
  for (const mode of ['iptables', 'ipvs'] as const) {
    const config: KubeProxyConfig = {
      ...DEFAULT_KUBE_PROXY,
      mode,
      detectLocal: { mode: 'ClusterCIDR', cidrs: ['10.0.0.0/8'] },
    }
    for (const externalTrafficPolicy of ['Cluster', 'Local'] as const) {
      for (const slices of [[local], [slice(['10.180.0.1', '10.180.0.3'])], []]) {
        const services = [service({ externalTrafficPolicy })]
        const [info] = servicePorts(services.map(serviceObject), 4)
        if (info === undefined) throw new Error('no port')
        const endpoints = [...collectEndpoints(slices.map(sliceObject), 4).values()][0] ?? []
        const told = trafficShares(info, endpoints, node, config, 4)
        const asked = [
          ['cluster IP', packet('10.0.0.2', '172.30.0.41', 80)],
          ['external addresses', packet('203.0.113.2', '192.168.0.2', 30080)],
          ['external addresses, from outside', packet('203.0.113.2', '192.168.0.2', 30080)],
          ['external addresses, from pods', packet('10.0.0.2', '192.168.0.2', 30080)],
        ] as const
        for (const [traffic, question] of asked) {
          const share = told.find(each => each.traffic === traffic)
          if (share === undefined) continue
          const expected =
            share.refused === null
              ? Object.fromEntries(share.endpoints.map(text => [text, Math.round(1e6 / share.endpoints.length) / 1e6]))
              : { [share.refused]: 1 }
          const found = Object.fromEntries(
            Object.entries(shares(mode, services, slices, question)).map(([key, value]) => [
              key.replace(' masqueraded', ''),
              value,
            ]),
          )
          expect(found).toEqual(expected)
        }
      }
    }
  }
})

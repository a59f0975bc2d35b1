import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  collectEndpoints,
  DEFAULT_KUBE_PROXY,
  type KubeProxyConfig,
  type ProxyNode,
  planKubeProxy,
  servicePorts,
} from '../../src/kubeproxy/index.ts'
import { type Chance, explore, SeededChance } from '../../src/netns/index.ts'
import {
  type CaseConfig,
  type CaseService,
  type CaseSlice,
  serviceObject,
  sliceObject,
} from '../support/kube-proxy-objects.ts'
import { type Fate, type NodeRules, NodeWorld } from '../support/node-world.ts'
import type { TracedPacket } from '../support/rule-tracer.ts'

const MODES = ['iptables', 'nftables', 'ipvs', 'userspace'] as const
type Mode = (typeof MODES)[number]

const NODE = '192.168.0.2'
const POD = '10.0.0.2'
const OUTSIDE = '203.0.113.2'
const world: CaseConfig = {
  family: 'IPv4',
  nodeName: 'test-node',
  nodeIP: NODE,
  nodeInterfaces: { lo: ['127.0.0.1/8'], eth0: [`${NODE}/24`, '2001:db8::1/64'] },
  localIPs: ['127.0.0.1', NODE],
  localDetector: { mode: 'ClusterCIDR', cidr: '10.0.0.0/8' },
  masqueradeAll: false,
  localhostNodePorts: true,
  nodePortAddresses: null,
}
const node = { name: 'test-node', ips: [NODE], podCIDRs: [], interfaceAddresses: ['127.0.0.1', NODE] }

interface Objects {
  readonly services: readonly CaseService[]
  readonly slices: readonly CaseSlice[]
}

function configOf(mode: Mode): KubeProxyConfig {
  return {
    ...DEFAULT_KUBE_PROXY,
    mode,
    detectLocal: { mode: 'ClusterCIDR', cidrs: ['10.0.0.0/8'] },
    serviceCIDRs: ['172.30.0.0/16'],
  }
}

function stateOf({ services, slices }: Objects) {
  return {
    services: { 4: servicePorts(services.map(serviceObject), 4), 6: [] },
    endpoints: { 4: collectEndpoints(slices.map(sliceObject), 4), 6: new Map() },
  }
}

function rulesOf(mode: Mode, objects: Objects, on: ProxyNode = node): NodeRules {
  const plan = planKubeProxy(stateOf(objects), on, configOf(mode), [4])
  return {
    iptables: plan.iptables.map(({ family, text }) => ({ family, text, source: 'kube-proxy' })),
    ipsets: plan.ipsets,
    ipvs: plan.ipvs,
    nft: plan.nft,
    proxies: plan.proxies,
    sysctls: plan.sysctls,
    dummy: plan.dummy?.addresses ?? [],
  }
}

function machine(mode: Mode, objects: Objects, packet: TracedPacket, chance: Chance = new SeededChance(1)): NodeWorld {
  const ends = objects.slices.flatMap(({ endpoints }) => endpoints.map(({ ip }) => ip))
  const elsewhere = [...new Set([...ends, packet.src])].filter(ip => !world.localIPs.includes(ip))
  const protocol = packet.proto as 'tcp' | 'udp' | 'sctp'
  return new NodeWorld(world, rulesOf(mode, objects), elsewhere, chance).serve(protocol, 8080)
}

/** Of connections that take turns: all of up to four endpoints come up equally often. */
const TURNS = 12

/**
 * Which endpoint gets which share of the connections, and what source it sees: `10.180.0.1:8080 from 203.0.113.2`. Every branch
 * of chance where there is one; as many connections as make whole rounds where endpoints take turns.
 */
function shares(mode: Mode, objects: Objects, packet: TracedPacket): Record<string, number> {
  const found: Record<string, number> = {}
  const add = ({ seen, outcome }: Fate, weight: number): void => {
    const key = seen === null ? (outcome ?? 'untouched') : `${seen.endpoint} from ${seen.source}`
    found[key] = (found[key] ?? 0) + weight
  }
  if (mode === 'iptables' || mode === 'nftables') {
    for (const { value, probability } of explore(chance => machine(mode, objects, packet, chance).send(packet))
      .branches)
      add(value, Number(probability.numerator) / Number(probability.denominator))
  } else {
    const running = machine(mode, objects, packet)
    for (let i = 0; i < TURNS; i++) add(running.send(packet), 1 / TURNS)
  }
  // Probabilities of iptables have 31 bits: 1/3 is 715827883/2³¹.
  return Object.fromEntries(Object.entries(found).map(([key, share]) => [key, Math.round(share * 1e8) / 1e8]))
}

const withoutSource = (found: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(found).map(([key, share]) => [key.replace(/ from .*/, ''), share]))

const service = (more: Partial<CaseService> = {}): CaseService => ({
  namespace: 'ns1',
  name: 'svc1',
  type: 'LoadBalancer',
  clusterIP: '172.30.0.41',
  ports: [{ name: 'p80', port: 80, nodePort: 30080 }],
  externalIPs: ['192.168.99.22'],
  ingress: [{ ip: '1.2.3.4' }],
  ...more,
})
const slice = (endpoints: CaseSlice['endpoints'], protocol: 'TCP' | 'UDP' | 'SCTP' = 'TCP'): CaseSlice => ({
  namespace: 'ns1',
  service: 'svc1',
  ports: [{ name: 'p80', port: 8080, protocol }],
  endpoints,
})
const to = (src: string, dst: string, dport: number, proto = 'tcp'): TracedPacket => ({ src, dst, dport, proto })
const CLUSTER_IP = ['172.30.0.41', 80] as const
const NODE_PORT = [NODE, 30080] as const

const endpoint = fc.record({
  local: fc.boolean(),
  condition: fc.constantFrom(...(['ready', 'ready', 'ready', 'terminating', 'notReady'] as const)),
})
const CONDITIONS = {
  ready: { ready: true, serving: true, terminating: false },
  terminating: { ready: false, serving: true, terminating: true },
  notReady: { ready: false, serving: false, terminating: false },
} as const

const question = fc.record({
  endpoints: fc.array(endpoint, { maxLength: 4 }),
  protocol: fc.constantFrom(...(['TCP', 'UDP', 'SCTP'] as const)),
  external: fc.constantFrom(...(['Cluster', 'Local'] as const)),
  internal: fc.constantFrom(...(['Cluster', 'Local'] as const)),
  ranges: fc.boolean(),
  src: fc.constantFrom(OUTSIDE, POD, NODE, '203.0.113.200'),
  dst: fc.constantFrom(CLUSTER_IP, ['192.168.99.22', 80] as const, ['1.2.3.4', 80] as const, NODE_PORT),
})

test('the same Services and packets: the same endpoints, exact shares and source in all four modes', () => {
  const compared = { nftables: 0, ipvs: 0, userspace: 0 }
  fc.assert(
    fc.property(question, ({ endpoints, protocol, external, internal, ranges, src, dst: [dst, dport] }) => {
      const objects: Objects = {
        services: [
          service({
            ports: [{ name: 'p80', port: 80, nodePort: 30080, protocol }],
            externalTrafficPolicy: external,
            internalTrafficPolicy: internal,
            ...(ranges ? { loadBalancerSourceRanges: ['203.0.113.0/25', '10.0.0.0/8', '192.168.0.0/24'] } : {}),
          }),
        ],
        slices: [
          slice(
            endpoints.map(({ local, condition }, i) => ({
              ip: `10.180.0.${i + 1}`,
              conditions: CONDITIONS[condition],
              ...(local ? { nodeName: 'test-node' } : {}),
            })),
            protocol,
          ),
        ],
      }
      const packet = to(src, dst, dport, protocol.toLowerCase())
      const iptables = shares('iptables', objects, packet)
      const inside = dst === '172.30.0.41'
      const local = inside ? internal === 'Local' : external === 'Local'
      const usable = (only: boolean): boolean =>
        endpoints.some(({ condition, local: here }) => condition !== 'notReady' && (here || !only))
      const closed = ranges && dst === '1.2.3.4' && src === '203.0.113.200'

      const ownToOutside = src === NODE && (dst === '192.168.99.22' || dst === '1.2.3.4')
      const unseen = ownToOutside && !usable(false)

      // What the modes do differently by design has tests of its own below.
      if (!(closed && !usable(false)) && !unseen) {
        compared.nftables++
        expect(shares('nftables', objects, packet)).toEqual(iptables)
      }
      const shortCircuit = local && !inside && src !== OUTSIDE && src !== '203.0.113.200'
      if (!(local && !usable(true)) && !shortCircuit && !(closed && !usable(false)) && !unseen) {
        compared.ipvs++
        expect(shares('ipvs', objects, packet)).toEqual(iptables)
      }
      const ready = endpoints.some(({ condition }) => condition === 'ready')
      if (!local && !ranges && protocol !== 'SCTP' && ready && !ownToOutside) {
        compared.userspace++
        const userspace = shares('userspace', objects, packet)
        expect(withoutSource(userspace)).toEqual(withoutSource(iptables))
        for (const key of Object.keys(userspace)) expect(key).toContain(` from ${NODE}`)
      }
    }),
    { numRuns: 250 },
  )
  // The conditions above leave something to compare.
  expect(Math.min(compared.nftables, compared.ipvs, compared.userspace)).toBeGreaterThan(10)
})

describe('what the modes do differently, each by itself', () => {
  const pair = slice([{ ip: '10.180.0.1' }, { ip: '10.180.0.2' }])
  const near = slice([{ ip: '10.180.0.1' }, { ip: '10.180.0.2', nodeName: 'test-node' }])
  const both = (source: string, share = 0.5) => ({
    [`10.180.0.1:8080 from ${source}`]: share,
    [`10.180.0.2:8080 from ${source}`]: share,
  })
  const only = (source: string) => ({ [`10.180.0.2:8080 from ${source}`]: 1 })
  const plain: Objects = { services: [service()], slices: [pair] }
  const localPolicy: Objects = { services: [service({ externalTrafficPolicy: 'Local' })], slices: [near] }
  const farAway: Objects = { services: [service({ externalTrafficPolicy: 'Local' })], slices: [pair] }
  const empty: Objects = { services: [service()], slices: [] }
  const ranged = service({ loadBalancerSourceRanges: ['203.0.113.0/25'] })
  const stranger = '203.0.113.200'
  const untouched = { untouched: 1 }
  const refused = { REJECT: 1 }
  const dropped = { DROP: 1 }
  /** The proxy takes the connection; which endpoint it was told is the proxy's. */
  const resets = { [`${NODE}:33000`]: 1 }

  const table: readonly (readonly [string, Objects, TracedPacket, Readonly<Record<Mode, Record<string, number>>>])[] = [
    [
      'userspace: the endpoint sees the node, whoever asks',
      plain,
      to(POD, ...CLUSTER_IP),
      { iptables: both(POD), nftables: both(POD), ipvs: both(POD), userspace: both(NODE) },
    ],
    [
      'a port of the cluster IP that no Service has: nftables and IPVS refuse',
      plain,
      to(POD, '172.30.0.41', 81),
      { iptables: untouched, nftables: refused, ipvs: refused, userspace: untouched },
    ],
    [
      'an address of the ServiceCIDR that nobody has: nftables drops',
      plain,
      to(POD, '172.30.7.7', 80),
      { iptables: untouched, nftables: dropped, ipvs: untouched, userspace: untouched },
    ],
    [
      'node ports on localhost: neither in nftables nor in IPVS mode',
      plain,
      to('127.0.0.1', '127.0.0.1', 30080),
      { iptables: both(NODE), nftables: untouched, ipvs: untouched, userspace: both(NODE) },
    ],
    [
      'no endpoints: a rule refuses, a virtual server without real ones does, or the proxy takes the connection and resets it',
      empty,
      to(POD, ...CLUSTER_IP),
      { iptables: refused, nftables: refused, ipvs: refused, userspace: resets },
    ],
    [
      'policy Local without a local endpoint: IPVS sends to all, userspace knows no policy',
      farAway,
      to(OUTSIDE, ...NODE_PORT),
      { iptables: dropped, nftables: dropped, ipvs: both(OUTSIDE), userspace: both(NODE) },
    ],
    [
      'policy Local, asked by a pod: all endpoints, but in IPVS mode the local ones only',
      localPolicy,
      to(POD, ...NODE_PORT),
      { iptables: both(POD), nftables: both(POD), ipvs: only(POD), userspace: both(NODE) },
    ],
    [
      'policy Local, asked from outside: userspace goes to all',
      localPolicy,
      to(OUTSIDE, ...NODE_PORT),
      { iptables: only(OUTSIDE), nftables: only(OUTSIDE), ipvs: only(OUTSIDE), userspace: both(NODE) },
    ],
    [
      'internal policy Local: userspace knows none',
      { services: [service({ internalTrafficPolicy: 'Local' })], slices: [near] },
      to(POD, ...CLUSTER_IP),
      { iptables: only(POD), nftables: only(POD), ipvs: only(POD), userspace: both(NODE) },
    ],
    [
      'source ranges: userspace knows none',
      { services: [ranged], slices: [pair] },
      to(stranger, '1.2.3.4', 80),
      { iptables: dropped, nftables: dropped, ipvs: dropped, userspace: both(NODE) },
    ],
    [
      'source ranges without endpoints: nftables asks them before anything else, iptables has no chain for them',
      { services: [ranged], slices: [] },
      to(stranger, '1.2.3.4', 80),
      { iptables: refused, nftables: dropped, ipvs: dropped, userspace: resets },
    ],
    [
      'the node asks an external IP without endpoints: KUBE-EXTERNAL-SERVICES is not on OUTPUT',
      empty,
      to(NODE, '192.168.99.22', 80),
      { iptables: untouched, nftables: refused, ipvs: refused, userspace: untouched },
    ],
    [
      'the node asks an external IP that is not its own: userspace lets it go out',
      plain,
      to(NODE, '192.168.99.22', 80),
      { iptables: both(NODE), nftables: both(NODE), ipvs: both(NODE), userspace: untouched },
    ],
    [
      'only terminating endpoints: userspace knows ready ones alone',
      { services: [service()], slices: [slice([{ ip: '10.180.0.2', conditions: CONDITIONS.terminating }])] },
      to(POD, ...CLUSTER_IP),
      { iptables: only(POD), nftables: only(POD), ipvs: only(POD), userspace: resets },
    ],
    [
      'SCTP: userspace has none',
      {
        services: [service({ ports: [{ name: 'p80', port: 80, nodePort: 30080, protocol: 'SCTP' }] })],
        slices: [slice([{ ip: '10.180.0.1' }, { ip: '10.180.0.2' }], 'SCTP')],
      },
      to(POD, ...CLUSTER_IP, 'sctp'),
      { iptables: both(POD), nftables: both(POD), ipvs: both(POD), userspace: untouched },
    ],
  ]
  describe.each(table)('%s', (_, objects, packet, expected) => {
    test.each(MODES)('%s', mode => {
      expect(shares(mode, objects, packet)).toEqual(expected[mode])
    })
  })

  test('node ports at other addresses of the node: nftables serves the primary one', () => {
    const second = {
      ...world,
      nodeInterfaces: { eth0: [`${NODE}/24`, '192.168.0.3/24', '2001:db8::1/64'] },
      localIPs: [...world.localIPs, '192.168.0.3'],
    }
    const on = { ...node, interfaceAddresses: second.localIPs }
    const ask = (mode: Mode): string | null =>
      new NodeWorld(second, rulesOf(mode, plain, on), ['10.180.0.1', '10.180.0.2', OUTSIDE], new SeededChance(1))
        .serve('tcp', 8080)
        .send(to(OUTSIDE, '192.168.0.3', 30080))
        .seen?.endpoint.slice(0, 9) ?? null
    expect(MODES.map(ask)).toEqual(['10.180.0.', null, '10.180.0.', '10.180.0.'])
  })

  test('IPVS and userspace take turns, where iptables and nftables draw', () => {
    for (const mode of ['ipvs', 'userspace'] as const) {
      const running = machine(mode, plain, to(POD, ...CLUSTER_IP))
      const ends = Array.from({ length: 6 }, () => running.send(to(POD, ...CLUSTER_IP)).seen?.endpoint ?? '')
      expect(ends.every((end, i) => i === 0 || end !== ends[i - 1])).toBe(true)
    }
    for (const mode of ['iptables', 'nftables'] as const) {
      const ways = explore(chance => machine(mode, plain, to(POD, ...CLUSTER_IP), chance).send(to(POD, ...CLUSTER_IP)))
      expect(ways.branches.length).toBe(2)
    }
  })

  test('IPVS: the cluster IP is an address of the node; what is no Service there is refused, as in nftables mode', () => {
    const running = (mode: Mode) => machine(mode, plain, to(POD, ...CLUSTER_IP))
    expect(MODES.map(mode => running(mode).isLocal('172.30.0.41'))).toEqual([false, false, true, false])
    const ping = (mode: Mode) => running(mode).send(to(POD, '172.30.0.41', 0, 'icmp')).outcome
    expect(MODES.map(ping)).toEqual([null, 'REJECT', 'REJECT', null])
  })

  test('health checks: iptables and IPVS have a rule that lets them in', () => {
    const checked: Objects = {
      services: [service({ externalTrafficPolicy: 'Local', healthCheckNodePort: 31000 })],
      slices: [near],
    }
    const lets = (mode: Mode): boolean => {
      const { iptables, ipsets } = rulesOf(mode, checked)
      const text = [...iptables.map(each => each.text), ...(ipsets ?? [])].join('\n')
      return /--dport 31000 -j ACCEPT|^add KUBE-HEALTH-CHECK-NODE-PORT 31000$/m.test(text)
    }
    expect(MODES.map(lets)).toEqual([true, false, true, false])
  })

  test('packets of no connection: iptables drops them on the way through, the others do not', () => {
    const drops = (mode: Mode): boolean =>
      [...rulesOf(mode, plain).iptables.map(({ text }) => text), ...(rulesOf(mode, plain).nft ?? [])].some(text =>
        /INVALID|ct state invalid/.test(text),
      )
    expect(MODES.map(drops)).toEqual([true, false, false, false])
  })

  test('what is marked to be masqueraded is let through by iptables and IPVS', () => {
    const lets = (mode: Mode): boolean =>
      rulesOf(mode, plain).iptables.some(({ text }) => /^-A KUBE-FORWARD .*--mark \S+ -j ACCEPT$/m.test(text))
    expect(MODES.map(lets)).toEqual([true, false, true, false])
  })
})

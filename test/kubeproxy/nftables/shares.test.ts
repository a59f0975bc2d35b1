import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jumpRules } from '../../../src/kubeproxy/index.ts'
import { explore } from '../../../src/netns/index.ts'
import { readCases } from '../../support/cases.ts'
import {
  type CaseConfig,
  type CaseService,
  type CaseSlice,
  syncCase,
  syncNftCase,
} from '../../support/kube-proxy-objects.ts'
import { type NodeRules, NodeWorld } from '../../support/node-world.ts'

const { defaults } = readCases<{ readonly defaults: CaseConfig }>('kube-proxy.json')

/** Share of each fate of the packet, as a fraction in double precision (probabilities of iptables have 31 bits). */
function shares(
  rules: Partial<NodeRules>,
  ends: readonly string[],
  src: string,
  dst: string,
  dport: number,
): Map<string, number> {
  const found = new Map<string, number>()
  const ways = explore(chance => {
    const all = { iptables: [], ipsets: [], sysctls: [], dummy: [], ...rules }
    return new NodeWorld(
      defaults,
      all,
      [...ends, src].filter(ip => ip !== defaults.nodeIP),
      chance,
    ).send({ src, dst, dport, proto: 'tcp' })
  })
  for (const { value, probability } of ways.branches) {
    const key = `${value.outcome} ${value.masqueraded ? 'masqueraded' : 'as it came'}`
    found.set(key, (found.get(key) ?? 0) + Number(probability.numerator) / Number(probability.denominator))
  }
  return found
}

const endpoint = fc.record({ local: fc.boolean(), ready: fc.boolean() })
const packet = fc.constantFrom(
  ['10.0.0.2', '172.30.0.41', 80],
  ['192.168.0.2', '172.30.0.41', 80],
  ['203.0.113.2', '172.30.0.41', 80],
  ['10.0.0.2', '1.2.3.4', 80],
  ['203.0.113.2', '1.2.3.4', 80],
  ['203.0.113.200', '1.2.3.4', 80],
  ['203.0.113.2', '192.168.0.2', 3001],
  ['10.180.0.1', '172.30.0.41', 80],
) as fc.Arbitrary<[string, string, number]>
const policy = fc.constantFrom('Cluster' as const, 'Local' as const)

test('the same Services and packets have the same fates in the same shares as in iptables mode', () => {
  const property = fc.property(
    fc.array(endpoint, { maxLength: 4 }),
    policy,
    policy,
    fc.boolean(),
    packet,
    (endpoints, externalTrafficPolicy, internalTrafficPolicy, ranges, [src, dst, dport]) => {
      const service: CaseService = {
        namespace: 'ns1',
        name: 'svc1',
        type: 'LoadBalancer',
        clusterIP: '172.30.0.41',
        ports: [{ name: 'p80', port: 80, nodePort: 3001 }],
        ingress: [{ ip: '1.2.3.4' }],
        externalTrafficPolicy,
        internalTrafficPolicy,
        ...(ranges ? { loadBalancerSourceRanges: ['203.0.113.0/25', '10.0.0.0/8'] } : {}),
      }
      const slice: CaseSlice = {
        namespace: 'ns1',
        service: 'svc1',
        ports: [{ name: 'p80', port: 80 }],
        endpoints: endpoints.map(({ local, ready }, i) => ({
          ip: `10.180.0.${i + 1}`,
          ready,
          serving: ready,
          ...(local ? { nodeName: defaults.nodeName } : {}),
        })),
      }
      // A source range without endpoints is dropped before anything is rejected: the order of the checks differs.
      fc.pre(!(ranges && src === '203.0.113.200'))
      const ends = slice.endpoints.map(({ ip }) => ip)
      const iptables = [jumpRules(), syncCase([service], [slice], defaults)].map(text => ({
        family: 4 as const,
        text,
        source: 'kube-proxy',
      }))
      const one = shares({ iptables }, ends, src, dst, dport)
      const other = shares({ nft: [syncNftCase([service], [slice], defaults)] }, ends, src, dst, dport)
      expect([...other.keys()].sort()).toEqual([...one.keys()].sort())
      for (const [fate, share] of one) expect(other.get(fate)).toBeCloseTo(share, 8)
    },
  )
  fc.assert(property, { numRuns: 60 })
})

import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import type { Route, RouteKind } from '../../../src/netns/model/route.ts'
import { addAddress, applyRoute, applyRule } from '../../../src/netns/route/index.ts'
import { type Addr, parseAddr, V4_ANY, V6_ANY } from '../../../src/wire/addr.ts'
import type { Prefix } from '../../../src/wire/prefix.ts'
import { addr4, addr6, prefix4, prefix6 } from './arbitraries.ts'
import { fakeNamespace } from './fake-namespace.ts'

interface Spec {
  readonly dst: Prefix
  readonly kind: RouteKind
  readonly dev: number
  readonly metric: number
  readonly table: number
}

const kinds = fc.constantFrom<RouteKind>(
  'unicast',
  'unicast',
  'unicast',
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
)
const spec = (prefix: fc.Arbitrary<Prefix>): fc.Arbitrary<Spec> =>
  fc.record({
    dst: prefix,
    kind: kinds,
    dev: fc.nat(2),
    metric: fc.constantFrom(1, 2, 3),
    table: fc.constantFrom(254, 100),
  })

/** The answer of a scan: rules in order, then longest prefix, then least metric. */
function scan(specs: readonly Spec[], dst: Addr, tables: readonly number[], oif: number | null): string {
  for (const table of tables) {
    const [best] = specs
      .filter(s => s.table === table && s.dst.contains(dst) && (s.kind !== 'unicast' || oif === null || s.dev === oif))
      .sort((a, b) => b.dst.length - a.dst.length || a.metric - b.metric)
    if (best !== undefined && best.kind !== 'throw') return best.kind === 'unicast' ? `dev ${best.dev}` : best.kind
  }
  return 'none'
}

describe.each([
  ['IPv4', prefix4, addr4, V4_ANY],
  ['IPv6', prefix6, addr6, V6_ANY],
] as const)('a lookup in %s tables', (_name, prefix, address, any) => {
  test.prop([
    fc.uniqueArray(spec(prefix), { selector: s => `${s.dst} ${s.metric} ${s.table}`, maxLength: 30 }),
    fc.array(address, { minLength: 1, maxLength: 20 }),
    fc.boolean(),
  ])('agrees with a scan of all routes', (specs, destinations, policy) => {
    const { ns, fib, add } = fakeNamespace()
    const devices = ['d0', 'd1', 'd2'].map(name => add(name, { ipv6: false }))
    const family = any === V4_ANY ? 4 : 6
    if (policy) applyRule(ns, 'from all lookup 100 priority 5', undefined, family)
    for (const { dst, kind, dev, metric, table } of specs) {
      const route: Route = {
        kind,
        dst,
        dev: kind === 'unicast' ? (devices[dev] ?? null) : null,
        gateway: null,
        onlink: false,
        src: null,
        metric,
        scope: 'link',
        table,
        protocol: 'static',
        mtu: 0,
      }
      fib.addRoute(route)
    }
    const tables = policy ? [100, 254] : [254]
    for (const dst of destinations) {
      const decision = fib.lookupOutput(dst, any, 0, 0)
      const found =
        decision.errno === null
          ? `dev ${devices.findIndex(dev => dev.name === decision.dev?.name)}`
          : decision.route === null
            ? 'none'
            : decision.route.kind
      expect(found).toBe(scan(specs, dst, tables, null))
    }
  })
})

test.prop([fc.array(addr4, { minLength: 1 })])(
  'the same lookup gives the same decision object, so that nothing is allocated',
  destinations => {
    const { ns, fib, add } = fakeNamespace()
    const eth0 = add('eth0')
    addAddress(eth0, '10.0.0.1/8')
    applyRoute(ns, 'default via 10.9.9.9')
    eth0.conf.forwarding = true
    for (const dst of destinations) {
      expect(fib.lookupOutput(dst, V4_ANY, 0, 0)).toBe(fib.lookupOutput(dst, V4_ANY, 0, 0))
      const src = parseAddr('10.200.1.1')
      expect(fib.lookupInput(dst, src, 0, eth0)).toBe(fib.lookupInput(dst, src, 0, eth0))
    }
  },
)

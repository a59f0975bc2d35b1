import fc from 'fast-check'
import type { Step } from '../../../src/cli/kernel/experiment.ts'
import { defined, type Placed } from './probes.ts'
import { policyRule, route } from './routes.ts'
import { anyTable, rule } from './rules/ruleset.ts'
import { anyAddress, sometimes } from './universe.ts'

const at = fc.nat({ max: 30 })
const node = fc.nat({ max: 30 }).map(n => 1000 + n)

/** A line added to, or taken out of, a chain without touching the others. */
const oneRule = fc
  .constantFrom(
    ['filter', 'FORWARD'],
    ['filter', 'INPUT'],
    ['filter', 'OUTPUT'],
    ['nat', 'PREROUTING'],
    ['nat', 'POSTROUTING'],
    ['mangle', 'PREROUTING'],
    ['raw', 'PREROUTING'],
  )
  .chain(([table = '', chain = '']) =>
    fc
      .tuple(rule(chain, chain as 'FORWARD', table as 'filter', []), fc.boolean())
      .map(([line, first]) => `*${table}\n${first ? line.replace('-A', '-I') : line}\nCOMMIT\n`),
  )

/** Something that changes between packets, without its namespace (`at` ≥ 1000: a node). */
export const change: fc.Arbitrary<Placed<Step>> = fc
  .oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('rules'),
        at: node,
        family: fc.constant(4),
        text: oneRule,
        noflush: fc.constant(true),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('rules'), at: node, family: fc.constant(4), text: anyTable }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('sysctl'),
        at: node,
        name: fc.constantFrom(
          'net.ipv4.ip_forward',
          'net.bridge.bridge-nf-call-iptables',
          'net.ipv4.conf.all.route_localnet',
          'net.ipv4.conf.all.rp_filter',
        ),
        value: fc.constantFrom('0', '1'),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('link'),
        at,
        dev: fc.constantFrom('eth0', 'cni0', 'flannel.1'),
        up: fc.constant(false),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('link'),
        at,
        dev: fc.constantFrom('eth0', 'cni0'),
        mtu: fc.constantFrom(1400, 1280, 576),
      }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('route'), at, action: fc.constant('add'), line: route }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('route'),
        at,
        action: fc.constant('del'),
        line: fc.constantFrom('default', '10.244.2.0/24', '10.244.1.0/24', '10.0.0.0/24'),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('rule'), at: node, action: fc.constant('add'), line: policyRule }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('addr'),
        at,
        action: fc.constant('add'),
        line: fc.constantFrom('10.0.0.77/24 dev eth0', '10.244.1.77/32 dev lo', '192.0.2.80/32 dev eth0'),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('neigh'),
        at,
        action: fc.constant('add'),
        line: fc.constantFrom(
          '10.0.0.2 lladdr 02:00:00:00:00:99 dev eth0 nud permanent',
          '10.244.1.2 lladdr 02:00:00:00:00:99 dev cni0 nud permanent',
          '10.244.1.1 lladdr 02:00:00:00:00:99 dev eth0 nud permanent',
        ),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('flushConntrack'), at: node }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('unlisten'),
        at,
        listener: fc.record({
          protocol: fc.constantFrom('udp', 'tcp'),
          port: fc.constantFrom(8080, 7000),
          program: fc.constant('echo'),
          assumed: fc.constant(false),
        }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('ipset'),
        at: node,
        text: fc.constantFrom(
          'flush hosts\n',
          'add hosts 10.244.1.2 -exist\n',
          'del hosts 10.244.1.2 -exist\n',
          'flush ipport\n',
        ),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('routeGet'),
        at,
        to: anyAddress,
        src: fc.constant(undefined),
        mark: sometimes(fc.constantFrom(1, 2), 0.2),
      }),
    },
  )
  .map(step => ({ ...defined(step), ns: '' }) as unknown as Placed<Step>)

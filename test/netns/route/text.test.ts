import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { KubehopError } from '../../../src/errors.ts'
import { formatRoute } from '../../../src/netns/model/route-text.ts'
import {
  addAddress,
  applyAddress,
  applyNeighbour,
  applyRoute,
  applyRule,
  loadAddresses,
  loadNeighbours,
  loadRoutes,
  loadRules,
  parseFdbLine,
  readFdb,
} from '../../../src/netns/route/index.ts'
import { parseRoute } from '../../../src/netns/route/text/parse-route.ts'
import { parseRule } from '../../../src/netns/route/text/parse-rule.ts'
import { formatRule } from '../../../src/netns/show/index.ts'
import { formatAddr } from '../../../src/wire/addr.ts'
import { addr4, addr6, prefix4, prefix6 } from './arbitraries.ts'
import { type FakeNamespace, fakeNamespace } from './fake-namespace.ts'

function node(): FakeNamespace {
  const world = fakeNamespace()
  const eth0 = world.add('eth0')
  world.add('cni0')
  addAddress(eth0, '10.0.0.1/24')
  addAddress(eth0, 'fd00::1/64')
  return world
}

/** Runs a reader: its error, or undefined. Anything but a KubehopError fails the test. */
function errorOf(action: () => unknown): KubehopError | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    expect(error).toBeInstanceOf(KubehopError)
    return error instanceof KubehopError ? error : undefined
  }
}

describe('an error points at its word', () => {
  test.each([
    ['192.0.2.0/24 via 192.0.2.99', 18, /^Nexthop has invalid gateway\./],
    ['192.0.2.0/24 via 10.0.0.9 dev eht0', 31, /^Cannot find device "eht0"/],
    ['192.0.2.1/24 via 10.0.0.9', 1, /^Invalid prefix for given prefix length\. The network is 192\.0\.2\.0\/24/],
    ['  192.0.2.0/33 dev eth0', 3, /^any valid prefix is expected rather than "192\.0\.2\.0\/33"/],
    ['192.0.2.0/24 dev eth0 metric x', 30, /"metric" value is invalid/],
    ['192.0.2.0/24 dev eth0 src 1.2.3.4', 27, /^Invalid prefsrc address/],
    ['192.0.2.0/24 nexthop via 10.0.0.9', 14, /"nexthop" is not simulated/],
    ['192.0.2.0/24 via 10.0.0.9 scope host', 33, /host scope can not have a gateway/],
    ['192.0.2.0/24 dev', 17, /^Command line is not complete/],
    ['blackhole 192.0.2.0/24 dev eth0', 28, /can not be specified for this route type/],
    ['10.0.0.0/24 dev eth0', undefined, undefined],
  ])('ip route add %s', (line, column, message) => {
    const { ns } = node()
    const error = errorOf(() => applyRoute(ns, line, { file: 'node.yaml', line: 7 }))
    if (message === undefined) {
      expect(error?.text).toMatch(/^File exists/)
      return
    }
    expect(error?.text).toMatch(message)
    expect(error?.place).toEqual({ file: 'node.yaml', line: 7, column })
  })

  test.each([
    ['from 10.244.1.11 lookup foo', 25, /"table" value is invalid/],
    ['fwmark zz lookup 100', 8, /fwmark value is invalid/],
    ['ipproto tcp lookup 100', 1, /"ipproto" of ip rule is not simulated/],
    ['frob', 1, /Failed to parse rule type/],
  ])('ip rule add %s', (line, column, message) => {
    const error = errorOf(() => applyRule(node().ns, line))
    expect(error?.text).toMatch(message)
    expect(error?.place?.column).toBe(column)
  })

  test.each([
    ['10.0.0.1/24 dev eth0', 1, /^ipv4: Address already assigned/],
    ['10.0.0.2/24 dev nope', 17, /^Cannot find device/],
    ['10.0.0.2/24', 1, /"dev" argument is required/],
    ['fd00::7/64 brd + dev eth0', 12, /IPv6 has no broadcast address/],
  ])('ip addr add %s', (line, column, message) => {
    const error = errorOf(() => applyAddress(node().ns, line))
    expect(error?.text).toMatch(message)
    expect(error?.place?.column).toBe(column)
  })
})

const device = fc.constantFrom('eth0', 'cni0')
const routeLine = fc.oneof(
  fc.record({
    kind: fc.constantFrom('', 'local ', 'broadcast '),
    dst: prefix4,
    dev: device,
    gateway: fc.option(addr4),
    metric: fc.nat(0xffffffff),
    mtu: fc.constantFrom(0, 1400),
  }),
  fc.record({
    kind: fc.constantFrom('', 'local ', 'multicast '),
    dst: prefix6,
    dev: device,
    gateway: fc.option(addr6),
    metric: fc.nat(0xffffffff),
    mtu: fc.constantFrom(0, 1400),
  }),
)

test.prop([routeLine])(
  'a route that was printed and read is printed the same',
  ({ kind, dst, dev, gateway, metric, mtu }) => {
    const { ns } = node()
    const via = gateway === null ? '' : `via ${formatAddr(gateway)} `
    const more = `${metric === 0 ? '' : `metric ${metric} `}${mtu === 0 ? '' : `mtu ${mtu} `}`
    const place = { file: 'test' }
    const { route } = parseRoute(ns, `${kind}${dst} ${via}dev ${dev} onlink ${more}`, place)
    const text = formatRoute(route, { table: true })
    const again = parseRoute(ns, text, place).route
    expect(formatRoute(again, { table: true })).toBe(text)
    expect({ ...again, dst: again.dst.toString() }).toEqual({ ...route, dst: dst.toString() })
  },
)

const rule = fc.record({
  priority: fc.nat(0xffffffff),
  not: fc.constantFrom('', 'not '),
  from: fc.oneof(fc.constant('all'), prefix4.filter(p => p.length > 0).map(String)),
  to: fc.oneof(
    fc.constant(''),
    prefix4.filter(p => p.length > 0).map(p => `to ${p} `),
  ),
  mark: fc.constantFrom('', 'fwmark 0x10/0x10 ', 'fwmark 0x4000 ', 'fwmark 0/0xff '),
  iif: fc.constantFrom('', 'iif eth0 ', 'oif cni0 ', 'iif lo oif eth0 '),
  action: fc.constantFrom(
    'lookup 100',
    'lookup main',
    'blackhole',
    'unreachable',
    'prohibit',
    'lookup main suppress_prefixlength 0',
  ),
})

test.prop([rule])(
  'a rule that was printed and read is printed the same',
  ({ priority, not, from, to, mark, iif, action }) => {
    const { priority: read, ...rest } = parseRule(`${priority}:\t${not}from ${from} ${to}${mark}${iif}${action}`, {
      file: 'test',
    })
    expect(read).toBe(priority)
    const text = formatRule({ ...rest, priority })
    const again = parseRule(text, { file: 'test' })
    expect(formatRule({ ...again, priority })).toBe(text)
  },
)

const LINES = [
  'default via 10.0.0.9 dev eth0 proto static metric 100',
  'blackhole 10.77.0.0/24 table 100',
  'fd10::/64 via fe80::1 dev eth0 metric 1024 pref medium',
  '10.244.2.0/24 via 10.244.2.0 dev cni0 onlink',
  '10.0.0.2/24 brd + dev eth0 scope global label eth0:1',
  'inet 10.0.0.8 peer 10.0.0.9/24 scope global secondary eth0',
  '100:\tnot from 10.0.0.0/8 to 1.2.3.4 fwmark 0x10/0x10 iif eth0 [detached] lookup 100',
  '10.244.2.0 dev cni0 lladdr 8e:00:00:00:00:02 PERMANENT',
  '8e:00:00:00:00:02 dev flannel.1 dst 192.168.7.12 self permanent',
  '2: eth0@if2: <BROADCAST> mtu 1500\n    inet 10.9.0.1/24 scope global eth0\n       valid_lft forever',
  '[{"dst":"10.1.0.0/24","dev":"eth0","flags":["linkdown"],"metrics":[{"mtu":1400}]}]',
  '[{"ifname":"eth0","addr_info":[{"family":"inet","local":"10.8.0.1","prefixlen":24}]}]',
]

/** A line of a tool with something deleted, doubled, or strange in it. */
const mutated = fc
  .tuple(
    fc.constantFrom(...LINES),
    fc.nat(200),
    fc.nat(20),
    fc.oneof(fc.string(), fc.constantFrom('', ' ', '/', '0', '-1', ':', '99999999999', 'é')),
  )
  .map(([line, at, gone, text]) => line.slice(0, at) + text + line.slice(at + gone))

test.prop([fc.oneof(mutated, fc.string({ maxLength: 60 }), fc.string({ unit: 'binary', maxLength: 60 }))])(
  'whatever the text, the readers answer or throw a KubehopError',
  text => {
    const { ns } = node()
    for (const read of [applyRoute, applyRule, applyAddress, applyNeighbour]) errorOf(() => read(ns, text))
    errorOf(() => parseFdbLine(text))
    errorOf(() => readFdb(text))
    errorOf(() => loadAddresses(ns, text))
    errorOf(() => loadRoutes(ns, text))
    errorOf(() => loadRules(ns, text))
    errorOf(() => loadNeighbours(ns, text))
  },
)

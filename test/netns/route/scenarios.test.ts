import { describe, expect, test } from 'vitest'
import { formatRoute } from '../../../src/netns/model/route-text.ts'
import { addAddress, applyRoute, applyRule } from '../../../src/netns/route/index.ts'
import { showRouteGet } from '../../../src/netns/show/index.ts'
import { type Addr, formatAddr, parseAddr, V4_ANY, V6_ANY } from '../../../src/wire/addr.ts'
import { type FakeDevice, type FakeNamespace, fakeNamespace } from './fake-namespace.ts'

const a = parseAddr

/** Node n1 of the measured topology: eth0 10.0.0.1, cni0 10.244.1.1/24, static routes to the other node's pods. */
function node(): FakeNamespace & { readonly eth0: FakeDevice; readonly cni0: FakeDevice } {
  const world = fakeNamespace()
  const eth0 = world.add('eth0')
  const cni0 = world.add('cni0')
  addAddress(eth0, '10.0.0.1/24')
  addAddress(cni0, '10.244.1.1/24')
  for (const dev of [world.lo, eth0, cni0]) dev.conf.forwarding = true
  applyRoute(world.ns, '10.244.2.0/24 via 10.0.0.2 dev eth0')
  applyRoute(world.ns, 'default via 10.0.0.100 dev eth0')
  return { ...world, eth0, cni0 }
}

describe('a packet that came in', () => {
  const pod = a('10.244.1.10')
  const remote = a('10.244.2.10')

  test('goes to a remote pod by the next node', () => {
    const { fib, cni0, eth0 } = node()
    const decision = fib.lookupInput(remote, pod, 0, cni0)
    expect([decision.action, decision.dev, decision.gateway]).toEqual(['forward', eth0, a('10.0.0.2')])
  })

  test.each([
    ['blackhole', 'drop', 'blackhole', -1, -1],
    ['unreachable', 'error', null, 3, 1],
    ['prohibit', 'error', null, 3, 13],
    ['throw', 'error', null, 3, 0],
  ])('meets a %s route', (kind, action, reason, icmpType, icmpCode) => {
    const { ns, fib, cni0 } = node()
    applyRoute(ns, `${kind} 10.77.0.0/24`)
    expect(fib.lookupInput(a('10.77.0.1'), pod, 0, cni0)).toMatchObject({ action, reason, icmpType, icmpCode })
  })

  test('is dropped in silence where forwarding is off, whatever the routes say', () => {
    const { ns, fib, cni0 } = node()
    cni0.conf.forwarding = false
    applyRoute(ns, 'unreachable 10.77.0.0/24')
    for (const dst of ['10.244.2.10', '10.77.0.1']) {
      expect(fib.lookupInput(a(dst), pod, 0, cni0)).toMatchObject({ action: 'drop', reason: 'forwarding_disabled' })
    }
    expect(fib.lookupInput(a('10.0.0.1'), pod, 0, cni0).action).toBe('local')
  })

  test.each([
    ['127.0.0.5', 'martian_source'],
    ['224.0.0.5', 'martian_source'],
    ['10.0.0.1', 'martian_source'],
    ['10.244.1.1', 'martian_source'],
    ['255.255.255.255', 'martian_source'],
  ])('from %s is a martian even with rp_filter 0', (src, reason) => {
    const { fib, cni0 } = node()
    expect(fib.lookupInput(a('10.0.0.1'), a(src), 0, cni0)).toMatchObject({ action: 'drop', reason })
  })

  test.each([
    [0, null, 'forward'],
    [1, 'rp_filter', 'drop'],
    [2, null, 'forward'],
  ])('with a spoofed source and rp_filter %i', (rpFilter, reason, action) => {
    const { fib, cni0 } = node()
    cni0.conf.rpFilter = rpFilter
    expect(fib.lookupInput(remote, a('10.244.9.9'), 0, cni0)).toMatchObject({ action, reason })
  })

  test('passes a loose rp_filter only while some route leads back', () => {
    const { fib, cni0 } = node()
    cni0.conf.rpFilter = 2
    fib.deleteRoute({ dst: fib.table(254, 4)[0]?.dst ?? never(), table: 254 })
    expect(fib.lookupInput(remote, a('10.244.9.9'), 0, cni0)).toMatchObject({ action: 'drop', reason: 'rp_filter' })
  })

  test('to 127.0.0.1 is local only with route_localnet', () => {
    const { fib, cni0 } = node()
    expect(fib.lookupInput(a('127.0.0.1'), pod, 0, cni0).reason).toBe('martian_destination')
    cni0.conf.routeLocalnet = true
    expect(fib.lookupInput(a('127.0.0.1'), pod, 0, cni0).action).toBe('local')
  })

  test('is redirected when it leaves where its sender is', () => {
    const { fib, cni0, eth0, ns } = node()
    const back = fib.lookupInput(a('10.244.1.11'), pod, 0, cni0)
    expect(fib.redirectDue(back, pod, cni0)).toBe(true)
    expect(fib.redirectDue(fib.lookupInput(remote, pod, 0, cni0), pod, cni0)).toBe(false)
    // A sender behind a router would not understand.
    expect(fib.redirectDue(fib.lookupInput(remote, a('9.9.9.9'), 0, eth0), a('9.9.9.9'), eth0)).toBe(false)
    cni0.conf.sendRedirects = false
    ns.sysctl.all.sendRedirects = false
    expect(fib.redirectDue(back, pod, cni0)).toBe(false)
  })
})

function never(): never {
  throw new Error('unreachable')
}

describe('a packet of our own', () => {
  test.each([
    ['unreachable', 'EHOSTUNREACH'],
    ['prohibit', 'EACCES'],
    ['blackhole', 'EINVAL'],
    ['throw', 'ENETUNREACH'],
  ])('meets a %s route: %s', (kind, errno) => {
    const { ns, fib } = node()
    applyRoute(ns, `${kind} 10.77.0.0/24`)
    expect(fib.lookupOutput(a('10.77.0.1'), V4_ANY, 0, 0).errno).toBe(errno)
  })

  test('finds no way without a default route: ENETUNREACH', () => {
    const { fib } = fakeNamespace()
    expect(fib.lookupOutput(a('192.0.2.1'), V4_ANY, 0, 0).errno).toBe('ENETUNREACH')
    expect(fib.lookupOutput(a('fd00::1'), V6_ANY, 0, 0).errno).toBe('ENETUNREACH')
  })

  test('from 127.0.0.1 leaves only with route_localnet', () => {
    const { fib, cni0 } = node()
    expect(fib.lookupOutput(a('10.244.1.10'), a('127.0.0.1'), 0, 0).errno).toBe('EINVAL')
    cni0.conf.routeLocalnet = true
    expect(fib.lookupOutput(a('10.244.1.10'), a('127.0.0.1'), 0, 0).dev).toBe(cni0)
  })

  test('with a foreign source goes out only when asked to (REJECT, transparent proxies)', () => {
    const { fib, cni0 } = node()
    expect(fib.lookupOutput(a('10.244.1.10'), a('10.96.0.10'), 0, 0).errno).toBe('ENETUNREACH')
    expect(fib.lookupOutput(a('10.244.1.10'), a('10.96.0.10'), 0, 0, true).dev).toBe(cni0)
  })

  test('goes by its mark', () => {
    const { ns, fib, cni0 } = node()
    applyRoute(ns, 'default dev cni0 table 100')
    applyRule(ns, 'fwmark 0x10/0x10 lookup 100')
    expect(fib.lookupOutput(a('8.8.8.8'), V4_ANY, 0x30, 0).dev).toBe(cni0)
    expect(fib.lookupOutput(a('8.8.8.8'), V4_ANY, 0x20, 0).dev).not.toBe(cni0)
  })
})

describe('MASQUERADE takes the address of the outgoing device', () => {
  test.each([
    ['eth0', '10.0.0.100', '10.0.0.1'],
    ['cni0', '10.244.1.10', '10.244.1.1'],
    ['eth0', '172.16.0.9', '172.16.0.1'],
    ['eth0', '192.0.2.1', '10.0.0.1'],
    ['flannel.1', '10.244.2.0', '10.244.1.0'],
    ['lo', '127.0.0.1', '10.0.0.1'],
    ['eth0', 'fd00::9', 'fd00::1'],
  ])('%s, next hop %s: %s', (name, nextHop, expected) => {
    const { add, ns, fib, eth0 } = node()
    addAddress(eth0, '10.0.0.11/24')
    addAddress(eth0, '172.16.0.1/24')
    addAddress(eth0, 'fd00::1/64')
    const flannel = add('flannel.1', { kind: 'vxlan' })
    addAddress(flannel, '10.244.1.0/32')
    const dev = ns.device(name)
    expect(dev && formatAddr(fib.selectAddress(dev, a(nextHop)))).toBe(expected)
  })
})

describe('what ICMP teaches', () => {
  const remote = a('10.244.2.10')
  const mtu = (world: FakeNamespace, dst: Addr, forwarding = false): number =>
    world.fib.mtuTo(world.fib.lookupOutput(dst, V4_ANY, 0, 0), dst, forwarding)

  test('a path MTU holds 600 s, for its destination only, and not for forwarding', () => {
    const world = node()
    world.fib.learnPathMtu(remote, 1450)
    expect(mtu(world, remote)).toBe(1450)
    expect(mtu(world, remote, true)).toBe(1500)
    expect(mtu(world, a('10.244.2.11'))).toBe(1500)
    world.clock.now = 599_000_000
    expect(mtu(world, remote)).toBe(1450)
    world.clock.now = 600_000_000
    expect(mtu(world, remote)).toBe(1500)
  })

  test.each([
    [1400, 1400],
    [600, 600],
    [500, 552],
    [1600, 1500],
  ])('a path MTU of %i counts as %i', (learnt, expected) => {
    const world = node()
    world.fib.learnPathMtu(remote, learnt)
    expect(mtu(world, remote)).toBe(expected)
  })

  test('a path MTU of IPv6 is at least 1280', () => {
    const world = node()
    addAddress(world.eth0, 'fd00::1/64')
    const dst = a('fd00::9')
    world.fib.learnPathMtu(dst, 600)
    expect(world.fib.mtuTo(world.fib.lookupOutput(dst, V6_ANY, 0, 0), dst)).toBe(1280)
  })

  test('it goes with its route', () => {
    const world = node()
    world.fib.learnPathMtu(remote, 1450)
    applyRoute(world.ns, '10.244.2.10/32 via 10.0.0.3 dev eth0')
    expect(mtu(world, remote)).toBe(1500)
  })

  test('the MTU of a route comes before that of the device', () => {
    const world = node()
    applyRoute(world.ns, '10.244.3.0/24 via 10.0.0.3 dev eth0 mtu 1400')
    expect(mtu(world, a('10.244.3.1'))).toBe(1400)
    expect(mtu(world, a('10.244.3.1'), true)).toBe(1400)
  })

  test('a redirect holds 300 s', () => {
    const { fib, eth0, clock } = node()
    const gateway = (): string => formatAddr(fib.lookupOutput(remote, V4_ANY, 0, 0).gateway ?? V4_ANY)
    fib.learnRedirect(remote, a('10.0.0.3'), eth0, a('10.0.0.2'))
    expect(gateway()).toBe('10.0.0.3')
    clock.now = 300_000_000
    expect(gateway()).toBe('10.0.0.2')
  })

  test.each([
    ['from another than the gateway in use', '10.0.0.3', '10.0.0.7', true],
    ['to an address of our own', '10.0.0.1', '10.0.0.2', true],
    ['to a group', '224.0.0.1', '10.0.0.2', true],
    ['where accept_redirects is off', '10.0.0.3', '10.0.0.2', false],
  ])('a redirect %s is ignored', (_why, gateway, from, accept) => {
    const { fib, eth0 } = node()
    eth0.conf.acceptRedirects = accept
    fib.learnRedirect(remote, a(gateway), eth0, a(from))
    expect(fib.lookupOutput(remote, V4_ANY, 0, 0).gateway).toBe(a('10.0.0.2'))
  })
})

test('the type of an address is what addrtype asks for', () => {
  const { fib, eth0, cni0 } = node()
  const type = (addr: string): string => fib.addressType(a(addr), null)
  expect(
    ['10.0.0.1', '10.244.1.1', '127.0.0.9', '10.244.1.255', '255.255.255.255', '224.1.1.1', '8.8.8.8'].map(type),
  ).toEqual(['local', 'local', 'local', 'broadcast', 'broadcast', 'multicast', 'unicast'])
  expect(fib.addressType(a('10.0.0.1'), eth0)).toBe('local')
  expect(fib.addressType(a('10.0.0.1'), cni0)).toBe('unicast')
})

test('an address that is removed takes along the routes that prefer it', () => {
  const { ns, fib } = node()
  applyRoute(ns, '192.0.2.0/24 via 10.0.0.9 src 10.244.1.1')
  expect(showRouteGet(ns, a('192.0.2.1'))).toContain('src 10.244.1.1')
  ns.device('cni0')?.addresses.splice(0, 1)
  fib.addressRemoved(ns.device('cni0') ?? never(), a('10.244.1.1'), 24)
  expect(fib.table(254, 4).map(route => formatRoute(route))).not.toContainEqual(expect.stringContaining('10.244.1.1'))
})

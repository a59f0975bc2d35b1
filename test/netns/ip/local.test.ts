import { describe, expect, test } from 'vitest'
import { HOOK_POSTROUTING, NF_DROP } from '../../../src/netns/model/netfilter.ts'
import { formatAddr, parseAddr } from '../../../src/wire/addr.ts'
import { formatMac } from '../../../src/wire/mac.ts'
import { echo, type Lab, lab, sentIp, settle, udp } from './support/lab.ts'

function drops({ events }: Lab): string[] {
  return events.flatMap(event => (event.kind === 'drop' ? [event.reason] : []))
}

describe('packets of our own', () => {
  test.each([
    ['10.2.0.1', '10.2.0.1'],
    ['fd02::1', 'fd02::1'],
  ])('to our own address %s they stay on lo, and a source of ours is no martian there', (dst, src) => {
    const l = lab({ record: true })
    expect(l.r.ip.send(udp(l.sim, dst.includes(':') ? '::' : '0.0.0.0', dst))).toBeNull()
    settle(l.sim)
    expect(l.r.take().map(skb => formatAddr(skb.src))).toEqual([src])
    expect(l.r.hooks).toEqual([
      'OUTPUT ->lo ttl64',
      'POSTROUTING ->lo ttl64',
      'PREROUTING lo>- ttl64',
      'INPUT lo>- ttl64',
    ])
    expect(drops(l)).toEqual([])
  })

  test('the source address is that of the route, chosen before OUTPUT', () => {
    const l = lab()
    l.r.fib.add('10.9.0.0/16', { dev: l.r1, via: parseAddr('10.2.0.10'), src: parseAddr('10.1.0.1') })
    for (const [dst, src] of [
      ['10.2.0.10', '10.2.0.1'],
      ['10.9.0.1', '10.1.0.1'],
      ['fd02::10', 'fd02::1'],
    ] as const) {
      const sent = udp(l.sim, dst.includes(':') ? '::' : '0.0.0.0', dst)
      expect(l.r.ip.send(sent)).toBeNull()
      expect(formatAddr(sent.src)).toBe(src)
    }
  })

  test('EPERM also where POSTROUTING drops', () => {
    const l = lab()
    l.a.verdicts.set(HOOK_POSTROUTING, () => NF_DROP)
    expect(l.a.ip.send(udp(l.sim, '10.1.0.10', '10.2.0.10'))).toBe('EPERM')
  })

  test('datagrams that may be cut have different identifications, others keep theirs', () => {
    const l = lab()
    const free = [1, 2, 3].map(() => udp(l.sim, '10.1.0.10', '10.1.0.1'))
    for (const skb of free) l.a.ip.send(skb)
    expect(new Set(free.map(skb => skb.ipId)).size).toBe(3)
    expect(free.every(skb => skb.ipId > 0)).toBe(true)
    const bound = udp(l.sim, '10.1.0.10', '10.1.0.1')
    bound.df = true
    l.a.ip.send(bound)
    expect(bound.ipId).toBe(0)
  })

  test('re-routing at OUTPUT changes the way, not the source', () => {
    const l = lab()
    const sent = udp(l.sim, '0.0.0.0', '10.2.0.10')
    l.r.verdicts.set(3, skb => {
      skb.dst = parseAddr('10.1.0.10')
      expect(l.r.ip.reroute(skb)).toBeNull()
      return 1
    })
    l.r.ip.send(sent)
    settle(l.sim)
    expect(l.r.hooks.slice(0, 2)).toEqual(['OUTPUT ->e1 ttl64', 'POSTROUTING ->e0 ttl64'])
    expect(l.a.take().map(skb => formatAddr(skb.src))).toEqual(['10.2.0.1'])
  })
})

describe('broadcast and multicast', () => {
  test.each(['10.2.0.255', '255.255.255.255'])(
    'a broadcast to %s reaches its sender and everybody on the link',
    dst => {
      const l = lab()
      const sent = udp(l.sim, '10.2.0.1', dst)
      l.r.ip.send(sent, l.r1.index)
      settle(l.sim)
      expect(l.r1.sent.map(skb => formatMac(skb.ethDst))).toEqual(['ff:ff:ff:ff:ff:ff'])
      expect(l.r.take()).toHaveLength(1)
      expect(l.b.take()).toHaveLength(1)
    },
  )

  test.each([
    ['224.0.0.1', 1],
    ['224.0.0.251', 0],
    ['ff02::1', 1],
    ['ff02::2', 0],
    ['ff02::1:ff00:10', 1],
    ['ff02::1:ff00:99', 0],
  ])('a host gets %s: %i', (dst, count) => {
    const l = lab()
    l.r.ip.send(echo(l.sim, dst.includes(':') ? 'fe80::101' : '10.2.0.1', dst), l.r1.index)
    settle(l.sim)
    expect(l.b.take()).toHaveLength(count)
  })

  test('a router listens to all-routers', () => {
    const l = lab()
    l.b.ip.send(echo(l.sim, 'fe80::b', 'ff02::2'), l.b0.index)
    settle(l.sim)
    expect(l.r.take()).toHaveLength(1)
  })
})

describe('headers that cannot be', () => {
  const cases = [
    {
      name: 'a frame for another host',
      src: '10.1.0.10',
      dst: '10.1.0.1',
      change: { pktType: 3 },
      reason: 'other_host',
    },
    {
      name: 'a length below the header',
      src: '10.1.0.10',
      dst: '10.1.0.1',
      change: { length: 19 },
      reason: 'malformed',
    },
    { name: 'an IPv6 multicast source', src: 'ff02::1', dst: 'fd01::1', change: {}, reason: 'martian_source' },
    { name: '::1 from the wire', src: '::1', dst: 'fd01::1', change: {}, reason: 'martian_source' },
    { name: '::1 as destination from the wire', src: 'fd01::10', dst: '::1', change: {}, reason: 'martian_source' },
  ]
  test.each(cases)('$name is dropped before PREROUTING', ({ src, dst, change, reason }) => {
    const l = lab({ record: true })
    l.r.ip.receive(Object.assign(udp(l.sim, src, dst), change), l.r0)
    expect(l.r.hooks).toEqual([])
    expect(drops(l)).toEqual([reason])
  })

  test('IPv6 on a device where it is disabled', () => {
    const l = lab({ record: true })
    l.r0.conf.disableIpv6 = true
    l.r.ip.receive(udp(l.sim, 'fd01::10', 'fd01::1'), l.r0)
    expect(l.r.hooks).toEqual([])
    expect(drops(l)).toEqual(['malformed'])
  })

  test('a source of our own is dropped by the route lookup, after PREROUTING', () => {
    const l = lab({ record: true })
    l.r.ip.receive(udp(l.sim, '10.2.0.1', '10.2.0.10'), l.r0)
    expect(l.r.hooks).toEqual(['PREROUTING e0>- ttl64'])
    expect(drops(l)).toEqual(['martian_source'])
  })
})

test('PREROUTING is not repeated for what a bridge showed to it already', () => {
  const l = lab()
  l.r.ip.receive(Object.assign(udp(l.sim, '10.1.0.10', '10.2.0.10'), { preroutingDone: true }), l.r0)
  expect(l.r.hooks).toEqual(['FORWARD e0>e1 ttl63', 'POSTROUTING e0>e1 ttl63'])
  settle(l.sim)
  expect(sentIp(l.r1)).toHaveLength(1)
})

test('with nobody watching no event is built', () => {
  const l = lab()
  l.a.ip.send(udp(l.sim, '10.1.0.10', '10.2.0.10'))
  settle(l.sim)
  expect(l.b.take()).toHaveLength(1)
  expect(l.events).toEqual([])
})

test('the events of a forwarded packet', () => {
  const l = lab({ record: true })
  l.a.ip.send(udp(l.sim, '10.1.0.10', '10.2.0.10'))
  settle(l.sim)
  l.events.length = 0
  l.a.ip.send(udp(l.sim, '10.1.0.10', '10.2.0.10'))
  settle(l.sim)
  expect(l.events.map(event => `${event.ns} ${event.kind}`)).toEqual([
    'a route',
    'a neighbour',
    'r route',
    'r ttl',
    'r neighbour',
    'b route',
  ])
  const routes = l.events.flatMap(event => (event.kind === 'route' ? [event.route?.text ?? event.decision] : []))
  expect(routes).toEqual(['default via 10.1.0.1 dev eth0 proto static', '10.2.0.0/24 dev e1 proto static', 'local'])
})

test('why a packet ended is said before the answer to it', () => {
  const l = lab({ record: true })
  for (let i = 0; i < 60; i++) {
    const sent = udp(l.sim, '10.1.0.10', '10.2.0.10')
    sent.ttl = 1
    l.r.ip.receive(sent, l.r0)
  }
  const first = new Map<number, string>()
  for (const event of l.events) {
    if (event.kind === 'drop' && !first.has(event.packet.id)) first.set(event.packet.id, event.reason)
  }
  expect(new Set(first.values())).toEqual(new Set(['ttl_expired']))
  expect(l.events.findIndex(event => event.kind === 'drop')).toBeLessThan(
    l.events.findIndex(event => event.kind === 'originate' && event.by === 'icmp_error'),
  )
})

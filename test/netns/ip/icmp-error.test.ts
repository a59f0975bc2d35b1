import { describe, expect, test } from 'vitest'
import { HOOK_OUTPUT, NF_STOLEN } from '../../../src/netns/model/netfilter.ts'
import { formatAddr, parseAddr } from '../../../src/wire/addr.ts'
import { parseMac } from '../../../src/wire/mac.ts'
import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from '../../../src/wire/protocol.ts'
import { type Lab, lab, packet, settle, udp } from './support/lab.ts'

function learn({ a, r, a0, r0 }: Lab): void {
  for (const family of [
    ['10.1.0.1', '10.1.0.10'],
    ['fd01::1', 'fd01::10'],
  ] as const) {
    a.neighbours.set(a0, parseAddr(family[0]), r0.mac, 'PERMANENT')
    r.neighbours.set(r0, parseAddr(family[1]), a0.mac, 'PERMANENT')
  }
}

/** Seconds at which errors about a packet every quarter of a second arrive, after 30 at once. As on Linux 6.18. */
function schedule(l: Lab, src: string, dst: string, ttl: number): number[] {
  learn(l)
  const times: number[] = []
  const send = (): void => {
    const sent = udp(l.sim, src, dst)
    sent.ttl = ttl
    l.a.ip.send(sent)
    settle(l.sim)
    for (const _ of l.a.take()) times.push(Math.round(l.sim.now / 10_000) / 100)
  }
  for (let i = 0; i < 30; i++) send()
  for (let i = 0; i < 12; i++) {
    l.sim.run(l.sim.now + 250_000)
    send()
  }
  return times
}

describe('rate limits, as measured', () => {
  test('time exceeded: six at once, then one a second', () => {
    expect(schedule(lab(), '10.1.0.10', '10.2.0.10', 1)).toEqual([0, 0, 0, 0, 0, 0, 1, 2, 3])
  })

  test('no route: two at once, then none while packets keep coming', () => {
    expect(schedule(lab(), '10.1.0.10', '192.0.2.1', 64)).toEqual([0, 0])
  })

  test.each([
    ['fd02::10', 1],
    ['fd99::1', 64],
  ])('IPv6 to %s with hop limit %i: a sender in a /64 gets four a second', (dst, ttl) => {
    const expected = [0, 0, 0, 0, 0, 0, ...Array.from({ length: 12 }, (_, i) => (i + 1) / 4)]
    expect(schedule(lab(), 'fd01::10', dst, ttl)).toEqual(expected)
  })

  test('the namespace sends fifty at once, to however many', () => {
    const l = lab({ record: true })
    for (let i = 0; i < 60; i++) {
      const from = `10.1.0.${100 + i}`
      l.r.neighbours.set(l.r0, parseAddr(from), l.a0.mac, 'PERMANENT')
      const sent = udp(l.sim, from, '10.2.0.10')
      sent.ttl = 1
      l.r.ip.receive(sent, l.r0)
    }
    expect(l.r0.sent).toHaveLength(50)
    expect(l.events.filter(event => event.kind === 'drop' && event.reason === 'rate_limited')).toHaveLength(10)
  })
})

describe('about what no error is sent', () => {
  const cases = [
    { name: 'a later IPv4 fragment', src: '10.1.0.10', change: { fragOffset: 1480 }, answered: 0 },
    { name: 'a first IPv4 fragment', src: '10.1.0.10', change: { mf: true }, answered: 1 },
    { name: 'a later IPv6 fragment, as Linux does', src: 'fd01::10', change: { fragOffset: 1352 }, answered: 1 },
    { name: 'an unspecified source', src: '0.0.0.0', change: {}, answered: 0 },
    { name: 'a multicast source', src: '224.0.0.9', change: {}, answered: 0 },
    { name: 'a broadcast destination', src: '10.1.0.10', change: { dst: parseAddr('255.255.255.255') }, answered: 0 },
    { name: 'an ICMP error', src: '10.1.0.10', change: { proto: 1, icmpType: 3 }, answered: 0 },
    { name: 'an ICMP redirect', src: '10.1.0.10', change: { proto: 1, icmpType: 5 }, answered: 0 },
    { name: 'an ICMP echo', src: '10.1.0.10', change: { proto: 1, icmpType: 8 }, answered: 1 },
    { name: 'an ICMPv6 error', src: 'fd01::10', change: { proto: 58, icmpType: 1 }, answered: 0 },
    { name: 'an ICMPv6 echo', src: 'fd01::10', change: { proto: 58, icmpType: 128 }, answered: 1 },
    { name: 'a sender without a route', src: '198.51.100.1', change: {}, answered: 0 },
  ]
  test.each(cases)('$name: $answered', ({ src, change, answered }) => {
    const l = lab()
    learn(l)
    const cause = Object.assign(udp(l.sim, src, src.includes(':') ? 'fd02::10' : '10.2.0.10'), { dev: l.r0 }, change)
    l.r.ip.sendError(cause, 3, 3)
    expect(l.r0.sent).toHaveLength(answered)
  })
})

describe('types for IPv6', () => {
  test.each([
    [3, 0, '1/0'],
    [3, 1, '1/3'],
    [3, 3, '1/4'],
    [3, 4, '2/0'],
    [3, 10, '1/1'],
    [3, 13, '1/1'],
    [3, 2, '4/1'],
    [11, 0, '3/0'],
    [11, 1, '3/1'],
    [1, 5, '1/5'],
    [1, 6, '1/6'],
  ])('%i/%i becomes %s', (type, code, expected) => {
    const l = lab()
    learn(l)
    const cause = Object.assign(udp(l.sim, 'fd01::10', 'fd02::10'), { dev: l.r0 })
    l.r.ip.sendError(cause, type, code)
    expect(l.r0.sent.map(skb => `${skb.icmpType}/${skb.icmpCode}`)).toEqual([expected])
  })
})

describe('where errors come from', () => {
  test('the address that was hit answers, not the one towards the sender', () => {
    const l = lab()
    learn(l)
    const cause = udp(l.sim, '10.1.0.10', '10.2.0.1')
    cause.route = l.r.fib.lookupInput(cause.dst, cause.src, 0, l.r0)
    l.r.ip.sendError(cause, 3, 3)
    expect(l.r0.sent.map(skb => formatAddr(skb.src))).toEqual(['10.2.0.1'])
  })

  test('about a packet of our own it comes over lo', () => {
    const l = lab()
    l.r.verdicts.set(HOOK_OUTPUT, skb => {
      if (skb.proto !== 17) return 1
      l.r.ip.sendError(skb, 3, 3)
      return NF_STOLEN
    })
    expect(l.r.ip.send(udp(l.sim, '0.0.0.0', '10.2.0.99'))).toBe('EPERM')
    settle(l.sim)
    expect(
      l.r.take().map(skb => `${formatAddr(skb.src)}>${formatAddr(skb.dst)} ${skb.icmpType}/${skb.icmpCode}`),
    ).toEqual(['10.2.0.1>10.2.0.1 3/3'])
    expect(l.r.hooks).toEqual([
      'OUTPUT ->e1 ttl64',
      'OUTPUT ->lo ttl64',
      'POSTROUTING ->lo ttl64',
      'PREROUTING lo>- ttl64',
      'INPUT lo>- ttl64',
    ])
  })
})

describe('TCP resets', () => {
  const cases = [
    { flags: TCP_SYN, payload: 0, expected: { tcpFlags: TCP_RST | TCP_ACK, tcpSeq: 0, tcpAck: 1001 } },
    { flags: TCP_SYN | TCP_FIN, payload: 5, expected: { tcpFlags: TCP_RST | TCP_ACK, tcpSeq: 0, tcpAck: 1007 } },
    { flags: TCP_ACK, payload: 5, expected: { tcpFlags: TCP_RST, tcpSeq: 77, tcpAck: 0 } },
  ]
  test.each(cases)('answer flags $flags in the name of the destination', ({ flags, payload, expected }) => {
    const l = lab()
    learn(l)
    const cause = packet(l.sim, '10.1.0.10', '10.2.0.10', 6)
    Object.assign(cause, {
      sport: 40_000,
      dport: 80,
      tcpFlags: flags,
      tcpSeq: 1000,
      tcpAck: 77,
      payloadLength: payload,
    })
    l.r.ip.sendReset(cause, false)
    expect(l.r0.sent).toHaveLength(1)
    expect(l.r0.sent[0]).toMatchObject({
      ...expected,
      src: cause.dst,
      dst: cause.src,
      sport: 80,
      dport: 40_000,
      ttl: 64,
      df: true,
      length: 40,
      causeId: cause.id,
    })
  })

  test('a reset is not answered by a reset', () => {
    const l = lab()
    learn(l)
    const cause = packet(l.sim, '10.1.0.10', '10.2.0.10', 6)
    cause.tcpFlags = TCP_RST
    l.r.ip.sendReset(cause, false)
    expect(l.r0.sent).toEqual([])
  })

  test('what came in by a bridge port is answered out of it, past the hooks', () => {
    const l = lab()
    const cause = packet(l.sim, '10.1.0.10', '10.2.0.10', 6)
    Object.assign(cause, { tcpFlags: TCP_SYN, physIn: l.r0, ethSrc: l.a0.mac, ethDst: parseMac('02:00:00:00:ff:09') })
    l.r.ip.sendReset(cause, true)
    expect(l.r.hooks).toEqual([])
    expect(l.r0.sent).toHaveLength(1)
    expect(l.r0.sent[0]).toMatchObject({ ethSrc: parseMac('02:00:00:00:ff:09'), ethDst: l.a0.mac })
  })
})

describe('redirects', () => {
  test('IPv4: quoted with the new TTL, doubling in distance, as measured', () => {
    const l = lab()
    learn(l)
    l.r.fib.add('10.5.0.0/24', { dev: l.r0, via: parseAddr('10.1.0.77') })
    l.r.neighbours.set(l.r0, parseAddr('10.1.0.77'), l.a0.mac, 'PERMANENT')
    const times: number[] = []
    for (let i = 0; i < 60; i++) {
      const start = i * 50_000
      l.sim.run(start)
      l.a.ip.send(udp(l.sim, '10.1.0.10', '10.5.0.2'))
      l.sim.run(start)
      for (const skb of l.a.take()) {
        if (skb.proto !== 1) continue
        expect(skb).toMatchObject({ icmpType: 5, icmpCode: 1, icmpTarget: parseAddr('10.1.0.77') })
        expect(skb.inner?.ttl).toBe(63)
        times.push(start / 1_000_000)
      }
    }
    expect(times).toEqual([0, 0.05, 0.15, 0.35, 0.7, 1.35, 2.65])
  })

  test('IPv6: from the link-local address with hop limit 255, before the hop limit changes', () => {
    const l = lab()
    learn(l)
    l.r.neighbours.set(l.r0, parseAddr('fd01::77'), l.a0.mac, 'PERMANENT')
    for (let i = 0; i < 9; i++) l.r.ip.receive(udp(l.sim, 'fd01::10', 'fd01::77'), l.r0)
    const redirects = l.r0.sent.filter(skb => skb.icmpType === 137)
    expect(redirects).toHaveLength(6)
    expect(redirects[0]).toMatchObject({ ttl: 255, tos: 0, icmpTarget: parseAddr('fd01::77') })
    expect(formatAddr(redirects[0]?.src ?? parseAddr('::'))).toBe('fe80::100')
    expect(redirects[0]?.inner?.ttl).toBe(64)
  })

  test('none with send_redirects 0', () => {
    const l = lab()
    learn(l)
    l.r0.conf.sendRedirects = false
    l.r.neighbours.set(l.r0, parseAddr('10.1.0.77'), l.a0.mac, 'PERMANENT')
    l.r.fib.add('10.5.0.0/24', { dev: l.r0, via: parseAddr('10.1.0.77') })
    l.a.ip.send(udp(l.sim, '10.1.0.10', '10.5.0.2'))
    settle(l.sim)
    expect(l.r0.sent.filter(skb => skb.icmpType === 5)).toEqual([])
  })
})

import { describe, expect, test } from 'vitest'
import { HOOK_FORWARD, HOOK_OUTPUT, NF_DROP } from '../../../src/netns/model/netfilter.ts'
import type { Skb } from '../../../src/netns/model/skb.ts'
import { viewOf } from '../../../src/netns/skb-bytes.ts'
import { formatAddr, parseAddr } from '../../../src/wire/addr.ts'
import { echo, type Lab, lab, sentIp, settle, udp } from './support/lab.ts'

const families = [
  { family: 'IPv4', src: '10.1.0.10', dst: '10.2.0.10', router: '10.1.0.1', nowhere: '192.0.2.1' },
  { family: 'IPv6', src: 'fd01::10', dst: 'fd02::10', router: 'fd01::1', nowhere: 'fd99::1' },
]

/** The ICMP errors that reached the sender: `from type/code info ttl tos length`. */
function errors({ a }: Lab): string[] {
  return a
    .take()
    .filter(skb => skb.inner !== null)
    .map(({ src, icmpType, icmpCode, icmpInfo, ttl, tos, length }) =>
      [formatAddr(src), `${icmpType}/${icmpCode}`, icmpInfo, `ttl${ttl}`, `tos${tos}`, length].join(' '),
    )
}

describe.each(families)('forwarding $family', ({ src, dst, router, nowhere }) => {
  test('a forwarded packet changes nothing but TTL and MAC addresses', () => {
    const { sim, a, b, b0 } = lab()
    const sent = udp(sim, src, dst)
    const before = viewOf(sent)
    expect(a.ip.send(sent)).toBeNull()
    settle(sim)
    const got = b.take()
    expect(got).toHaveLength(1)
    const { ethSrc, ethDst, ...rest } = viewOf(got[0] as Skb)
    const { ethSrc: _s, ethDst: _d, ...expected } = before
    expect(rest).toEqual({ ...expected, ttl: 63 })
    expect(ethDst).toBe(b0.mac)
    expect(ethSrc).not.toBe(0)
  })

  test('the hooks run in the order PREROUTING, FORWARD, POSTROUTING, and FORWARD sees the new TTL', () => {
    const { sim, a, r, b } = lab()
    a.ip.send(udp(sim, src, dst))
    settle(sim)
    b.take()
    for (const host of [a, r, b]) host.hooks.length = 0
    a.ip.send(udp(sim, src, dst))
    settle(sim)
    expect(a.hooks).toEqual(['OUTPUT ->eth0 ttl64', 'POSTROUTING ->eth0 ttl64'])
    expect(r.hooks).toEqual(['PREROUTING e0>- ttl64', 'FORWARD e0>e1 ttl63', 'POSTROUTING e0>e1 ttl63'])
    expect(b.hooks).toEqual(['PREROUTING eth0>- ttl63', 'INPUT eth0>- ttl63'])
  })

  test('TTL 1 ends before FORWARD, and the address towards the sender answers', () => {
    const l = lab()
    const packet = echo(l.sim, src, dst)
    packet.ttl = 1
    packet.tos = 0x48
    l.a.ip.send(packet)
    settle(l.sim)
    const v6 = router.includes(':')
    expect(errors(l)).toEqual([v6 ? `${router} 3/0 0 ttl64 tos0 152` : `${router} 11/0 0 ttl64 tos${0xc8} 112`])
    expect(l.r.hooks.filter(hook => hook.startsWith('FORWARD'))).toEqual([])
    expect(l.b.take()).toEqual([])
  })

  test('TTL 2 passes one router', () => {
    const l = lab()
    const packet = udp(l.sim, src, dst)
    packet.ttl = 2
    l.a.ip.send(packet)
    settle(l.sim)
    expect(l.b.take().map(skb => skb.ttl)).toEqual([1])
  })

  test('a packet without a route is answered and gets no further', () => {
    const l = lab()
    l.a.ip.send(udp(l.sim, src, nowhere))
    settle(l.sim)
    const v6 = router.includes(':')
    expect(errors(l)).toEqual([v6 ? `${router} 1/0 0 ttl64 tos0 100` : `${router} 3/0 0 ttl64 tos${0xc0} 60`])
  })

  test('with forwarding off a packet disappears', () => {
    const l = lab({ record: true })
    l.r0.conf.forwarding = false
    l.r0.conf.forwarding6 = false
    l.a.ip.send(udp(l.sim, src, dst))
    settle(l.sim)
    expect(errors(l)).toEqual([])
    expect(l.events.filter(event => event.kind === 'drop').map(event => event.reason)).toContain('forwarding_disabled')
  })

  test('a packet that FORWARD drops goes nowhere', () => {
    const l = lab()
    l.r.verdicts.set(HOOK_FORWARD, () => NF_DROP)
    l.a.ip.send(udp(l.sim, src, dst))
    settle(l.sim, 5)
    expect(l.b.take()).toEqual([])
    expect(errors(l)).toEqual([])
  })

  test('an ICMP error is never answered by another', () => {
    const l = lab()
    const packet = echo(l.sim, src, dst)
    packet.icmpType = router.includes(':') ? 1 : 3
    packet.ttl = 1
    l.a.ip.send(packet)
    settle(l.sim)
    expect(errors(l)).toEqual([])
  })

  test('a packet from a broadcast or multicast frame is not forwarded and not answered', () => {
    const l = lab()
    const packet = udp(l.sim, src, dst)
    packet.pktType = 1
    packet.ttl = 1
    l.r.ip.receive(packet, l.r0)
    settle(l.sim)
    expect(errors(l)).toEqual([])
    expect(sentIp(l.r1)).toEqual([])
  })
})

describe('route kinds', () => {
  const cases = [
    { dst: '10.71.0.1', kind: 'unreachable', icmp: '3/1', errno: 'EHOSTUNREACH' },
    { dst: '10.72.0.1', kind: 'prohibit', icmp: '3/13', errno: 'EACCES' },
    { dst: '10.73.0.1', kind: 'blackhole', icmp: null, errno: 'EINVAL' },
    { dst: 'fd71::1', kind: 'unreachable', icmp: '1/0', errno: 'EHOSTUNREACH' },
    { dst: 'fd72::1', kind: 'prohibit', icmp: '1/1', errno: 'EACCES' },
    { dst: 'fd73::1', kind: 'blackhole', icmp: null, errno: 'EINVAL' },
    { dst: '192.0.2.1', kind: null, icmp: '3/0', errno: 'ENETUNREACH' },
    { dst: 'fd99::1', kind: null, icmp: '1/0', errno: 'ENETUNREACH' },
  ] as const

  test.each(cases)('$kind to $dst: forwarded $icmp, local $errno', ({ dst, kind, icmp, errno }) => {
    const l = lab()
    const v6 = dst.includes(':')
    if (kind !== null) l.r.fib.add(`${dst}/${v6 ? 64 : 16}`, { kind })
    l.a.ip.send(udp(l.sim, v6 ? 'fd01::10' : '10.1.0.10', dst))
    settle(l.sim)
    expect(l.a.take().map(skb => `${skb.icmpType}/${skb.icmpCode}`)).toEqual(icmp === null ? [] : [icmp])
    expect(l.r.ip.send(udp(l.sim, v6 ? '::' : '0.0.0.0', dst))).toBe(errno)
  })

  test('EPERM is what a sender learns when OUTPUT drops its packet', () => {
    const l = lab()
    l.a.verdicts.set(HOOK_OUTPUT, () => NF_DROP)
    expect(l.a.ip.send(udp(l.sim, '10.1.0.10', '10.2.0.10'))).toBe('EPERM')
  })

  test('the errno of a failed re-route wins over EPERM', () => {
    const l = lab()
    l.a.fib.add('10.77.0.0/16', { kind: 'blackhole' })
    l.a.verdicts.set(HOOK_OUTPUT, skb => {
      skb.dst = parseAddr('10.77.0.1')
      expect(l.a.ip.reroute(skb)).toBe('EINVAL')
      return NF_DROP
    })
    expect(l.a.ip.send(udp(l.sim, '10.1.0.10', '10.2.0.10'))).toBe('EINVAL')
  })
})

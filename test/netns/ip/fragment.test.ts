import { fc, test as prop } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { fragment } from '../../../src/netns/ip/fragment.ts'
import { HOOK_PREROUTING, NF_ACCEPT } from '../../../src/netns/model/netfilter.ts'
import type { Skb } from '../../../src/netns/model/skb.ts'
import { EventLoop } from '../../../src/netns/sim/simulation.ts'
import { viewOf } from '../../../src/netns/skb-bytes.ts'
import { formatAddr, parseAddr } from '../../../src/wire/addr.ts'
import { echo, lab, packet, sentIp, settle, udp } from './support/lab.ts'

/** `offset+length`, with a `+` at the end where more follow. */
function shape(pieces: readonly Skb[]): string[] {
  return pieces.map(({ fragOffset, length, mf }) => `${fragOffset}+${length}${mf ? '+' : ''}`)
}

describe('sizes of fragments', () => {
  const cases = [
    // As measured: a datagram of 1500 bytes into a tunnel of 1450.
    { length: 1500, mtu: 1450, dst: '10.2.0.10', expected: ['0+1444+', '1424+76'] },
    { length: 1501, mtu: 1500, dst: '10.2.0.10', expected: ['0+1500+', '1480+21'] },
    { length: 4028, mtu: 1500, dst: '10.2.0.10', expected: ['0+1500+', '1480+1500+', '2960+1068'] },
    { length: 65_535, mtu: 65_535, dst: '10.2.0.10', expected: ['0+65535'] },
    // ping -6 -s 1452 at a path MTU of 1400, as measured: 1352 bytes and 108.
    { length: 1500, mtu: 1400, dst: 'fd02::10', expected: ['0+1400+', '1352+156'] },
    { length: 1500, mtu: 1280, dst: 'fd02::10', expected: ['0+1280+', '1232+276'] },
  ]
  test.each(cases)('$length bytes to $dst at MTU $mtu', ({ length, mtu, dst, expected }) => {
    const whole = udp(new EventLoop(), dst.includes(':') ? 'fd01::10' : '10.1.0.10', dst)
    whole.length = length
    expect(shape(fragment(whole, mtu))).toEqual(expected)
  })

  prop.prop([fc.integer({ min: 29, max: 65_535 }), fc.integer({ min: 68, max: 2000 }), fc.boolean()])(
    'pieces fit, follow one another, and are multiples of eight but for the last',
    (length, mtu, v6) => {
      const whole = udp(new EventLoop(), v6 ? 'fd01::10' : '10.1.0.10', v6 ? 'fd02::10' : '10.2.0.10')
      whole.length = length + (v6 ? 20 : 0)
      const size = v6 ? mtu + 1212 : mtu
      const pieces = fragment(whole, size)
      const header = v6 ? 48 : 20
      if (pieces.length === 1) {
        expect(pieces[0]).toBe(whole)
        return
      }
      let offset = 0
      for (const [i, piece] of pieces.entries()) {
        const last = i === pieces.length - 1
        expect(piece.length).toBeLessThanOrEqual(size)
        expect(piece.fragOffset).toBe(offset)
        expect(piece.mf).toBe(!last)
        if (!last) expect((piece.length - header) % 8).toBe(0)
        offset += piece.length - header
      }
      expect(offset).toBe(whole.length - (v6 ? 40 : 20))
    },
  )

  prop.prop([
    fc.integer({ min: 600, max: 65_535 }),
    fc.integer({ min: 300, max: 2000 }),
    fc.integer({ min: 68, max: 300 }),
  ])('a fragment that is cut again keeps its place in the datagram', (length, first, second) => {
    const whole = udp(new EventLoop(), '10.1.0.10', '10.2.0.10')
    whole.length = length
    const pieces = fragment(whole, first).flatMap(piece => (piece.length > second ? fragment(piece, second) : [piece]))
    let offset = 0
    for (const piece of pieces) {
      expect(piece.fragOffset).toBe(offset)
      offset += piece.length - 20
    }
    expect(pieces.map(piece => piece.mf)).toEqual(pieces.map((_, i) => i < pieces.length - 1))
    expect(offset).toBe(length - 20)
  })
})

describe('putting together', () => {
  prop.prop([
    fc.integer({ min: 100, max: 9000 }),
    fc.integer({ min: 68, max: 1500 }),
    fc.boolean(),
    fc.infiniteStream(fc.nat({ max: 1000 })),
  ])('fragments in any order give the datagram back', (length, mtu, v6, order) => {
    const { r, r0, sim } = lab()
    const whole = udp(sim, v6 ? 'fd01::10' : '10.1.0.10', v6 ? 'fd02::10' : '10.2.0.10', length)
    whole.ipId = 4711
    const before = viewOf(whole)
    const size = v6 ? mtu + 1212 : mtu
    fc.pre(whole.length > size)
    const pieces = fragment(whole, size)
      .map(piece => ({ piece, key: order.next().value }))
      .sort((a, b) => a.key - b.key)
      .map(({ piece }) => piece)
    const done = pieces.filter(piece => {
      piece.dev = r0
      return r.conntrack.defragment(piece, HOOK_PREROUTING) === NF_ACCEPT
    })
    expect(done).toHaveLength(1)
    expect(done[0]).toBe(pieces[pieces.length - 1])
    expect(viewOf(done[0] as Skb)).toEqual(before)
  })
})

describe('fragments on the way', () => {
  test('a router cuts an IPv4 datagram that may be cut, and the receiver puts it together', () => {
    const l = lab()
    l.r1.mtu = 1450
    const sent = echo(l.sim, '10.1.0.10', '10.2.0.10', 1472)
    const before = viewOf(sent)
    l.a.ip.send(sent)
    settle(l.sim)
    expect(shape(sentIp(l.r1))).toEqual(['0+1444+', '1424+76'])
    const [got, ...more] = l.b.take()
    expect(more).toEqual([])
    const { ethSrc: _s, ethDst: _d, ...rest } = viewOf(got as Skb)
    expect({ ...before, ...rest }).toEqual({ ...before, ttl: 63 })
  })

  test('a router that puts datagrams together for its rules sends them as they came', () => {
    const l = lab()
    // What conntrack does in PREROUTING.
    l.r.verdicts.set(HOOK_PREROUTING, skb => l.r.conntrack.defragment(skb, HOOK_PREROUTING))
    l.a0.mtu = 1450
    l.a.ip.send(echo(l.sim, '10.1.0.10', '10.2.0.10', 1472))
    settle(l.sim)
    expect(shape(sentIp(l.a0))).toEqual(['0+1444+', '1424+76'])
    expect(shape(sentIp(l.r1))).toEqual(['0+1444+', '1424+76'])
    expect(l.r.hooks.filter(hook => hook.startsWith('FORWARD'))).toHaveLength(1)
    expect(l.b.take().map(skb => skb.length)).toEqual([1500])
  })

  test('IPv6 is cut by its source only; INPUT of the receiver sees the fragments', () => {
    const l = lab()
    l.a0.mtu = 1400
    l.a.ip.send(echo(l.sim, 'fd01::10', 'fd02::10', 1452))
    settle(l.sim)
    expect(shape(sentIp(l.r1))).toEqual(['0+1400+', '1352+156'])
    expect(l.b.hooks.filter(hook => hook.startsWith('INPUT') && hook.endsWith('ttl63'))).toHaveLength(2)
    expect(l.b.take().map(skb => skb.length)).toEqual([1500])
  })
})

describe('packets that are too big', () => {
  const cases = [
    { name: 'IPv4 with DF', src: '10.1.0.10', dst: '10.2.0.10', df: true, answer: '10.1.0.1 3/4 1450 length 576' },
    { name: 'IPv6', src: 'fd01::10', dst: 'fd02::10', df: false, answer: 'fd01::1 2/0 1450 length 1280' },
  ]
  test.each(cases)('$name: the router answers before FORWARD', ({ src, dst, df, answer }) => {
    const l = lab()
    l.r1.mtu = 1450
    const sent = udp(l.sim, src, dst, dst.includes(':') ? 1452 : 1472)
    sent.df = df
    l.a.ip.send(sent)
    settle(l.sim)
    const got = l.a.take()
    expect(got.map(e => `${formatAddr(e.src)} ${e.icmpType}/${e.icmpCode} ${e.icmpInfo} length ${e.length}`)).toEqual([
      answer,
    ])
    expect(got[0]?.inner?.ttl).toBe(64)
    expect(got[0]?.inner?.length).toBe(1500)
    expect(l.r.hooks.filter(hook => hook.startsWith('FORWARD'))).toEqual([])
  })

  test('a learnt path MTU makes the sender cut, and take DF off', () => {
    const l = lab()
    l.a.fib.learnPathMtu(parseAddr('10.2.0.10'), 1450)
    const sent = udp(l.sim, '10.1.0.10', '10.2.0.10', 1472)
    sent.df = true
    expect(l.a.ip.send(sent)).toBeNull()
    settle(l.sim)
    expect(shape(sentIp(l.a0))).toEqual(['0+1444+', '1424+76'])
    expect(sentIp(l.a0).map(skb => skb.df)).toEqual([false, false])
  })

  test('a learnt path MTU does not bind a router', () => {
    const l = lab()
    l.r.fib.learnPathMtu(parseAddr('10.2.0.10'), 600)
    const sent = udp(l.sim, '10.1.0.10', '10.2.0.10', 1000)
    sent.df = true
    l.a.ip.send(sent)
    settle(l.sim)
    expect(l.b.take().map(skb => skb.length)).toEqual([1028])
  })

  test.each(['10.2.0.10', 'fd02::10'])('IP_PMTUDISC_DO to %s gives EMSGSIZE', dst => {
    const l = lab()
    l.a0.mtu = 1400
    const sent = udp(l.sim, dst.includes(':') ? 'fd01::10' : '10.1.0.10', dst, 1400)
    sent.df = true
    sent.pmtudiscDo = true
    expect(l.a.ip.send(sent)).toBe('EMSGSIZE')
    expect(l.a.hooks).toEqual([])
  })

  test('a datagram beyond 65535 bytes gives EMSGSIZE', () => {
    const l = lab()
    const sent = packet(l.sim, '10.1.0.10', '10.2.0.10', 17)
    sent.length = 65_536
    expect(l.a.ip.send(sent)).toBe('EMSGSIZE')
  })

  test('a TCP segment that NAT sent into a smaller MTU is answered by its own host', () => {
    const l = lab()
    const sent = packet(l.sim, '10.1.0.10', '10.2.0.10', 6)
    sent.df = true
    sent.payloadLength = 1460
    sent.length = 1500
    l.a0.mtu = 1450
    expect(l.a.ip.send(sent)).toBe('EMSGSIZE')
    settle(l.sim)
    expect(l.a.take().map(e => `${formatAddr(e.src)} ${e.icmpType}/${e.icmpCode} ${e.icmpInfo}`)).toEqual([
      '10.1.0.10 3/4 1450',
    ])
  })
})

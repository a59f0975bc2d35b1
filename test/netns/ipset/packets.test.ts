import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KubehopError } from '../../../src/errors.ts'
import { createIpsets } from '../../../src/netns/ipset/index.ts'
import { Skb } from '../../../src/netns/model/skb.ts'
import { addrFromBigInt, formatAddr, parseAddr } from '../../../src/wire/addr.ts'
import { parseMac } from '../../../src/wire/mac.ts'
import { Prefix } from '../../../src/wire/prefix.ts'
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from '../../../src/wire/protocol.ts'
import { fakeNamespace } from '../netfilter/fake-namespace.ts'

const SECOND = 1_000_000

function packet(src: string, dst: string, change: Partial<Skb> = {}): Skb {
  const skb = Object.assign(new Skb(), {
    src: parseAddr(src),
    dst: parseAddr(dst),
    proto: 6,
    sport: 1000,
    dport: 80,
    length: 100,
  })
  skb.etherType = src.includes(':') ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4
  return Object.assign(skb, change)
}

describe('a packet is in a set', () => {
  const sets = createIpsets(fakeNamespace())
  sets.restore(`
create ip hash:ip
add ip 10.0.0.1
create ip24 hash:ip netmask 24
add ip24 10.0.1.77
create net hash:net
add net 10.0.0.0/8
add net 10.1.0.0/16 nomatch
add net 10.1.1.0/24
create ipport hash:ip,port
add ipport 10.0.0.2,tcp:80
add ipport 10.0.0.2,icmp:echo-request
add ipport 10.0.0.2,gre:0
create ipportip hash:ip,port,ip
add ipportip 10.0.0.2,tcp:80,10.0.0.1
create ipportnet hash:ip,port,net
add ipportnet 10.0.0.2,tcp:80,10.0.0.0/24
create netport hash:net,port
add netport 10.0.0.0/24,tcp:80
create ports bitmap:port range 0-1023
add ports 80
create mac hash:mac
add mac 02:00:00:00:00:0A
create ipmark hash:ip,mark
add ipmark 10.0.0.1,0x10
create net6 hash:net family inet6
add net6 fd00::/16
add net6 fd00:1::/32 nomatch
create list list:set
add list ip
add list ipport
`)
  const p = (change: Partial<Skb> = {}): Skb => packet('10.0.0.1', '10.0.0.2', change)

  test.each([
    ['ip', 'src', p(), true],
    ['ip', 'dst', p(), false],
    ['ip', 'src,dst', p(), true],
    ['ip24', 'src', packet('10.0.1.3', '10.0.0.2'), true],
    ['ip24', 'src', packet('10.0.2.3', '10.0.0.2'), false],
    ['net', 'src', p(), true],
    ['net', 'src', packet('10.1.2.3', '10.0.0.2'), false],
    ['net', 'src', packet('10.1.1.3', '10.0.0.2'), true],
    ['ipport', 'dst,dst', p(), true],
    ['ipport', 'dst,src', p(), false],
    ['ipport', 'dst,dst', p({ proto: 17 }), false],
    ['ipport', 'dst', p(), false],
    ['ipport', 'dst,dst', p({ fragOffset: 8 }), false],
    ['ipport', 'dst,dst', p({ proto: 1, icmpType: 8 }), true],
    ['ipport', 'dst,dst', p({ proto: 1, icmpType: 0 }), false],
    ['ipport', 'dst,dst', p({ proto: 47 }), true],
    ['ipportip', 'dst,dst,src', p(), true],
    ['ipportip', 'dst,dst,dst', p(), false],
    ['ipportnet', 'dst,dst,src', p(), true],
    ['ipportnet', 'dst,dst,src', packet('10.0.9.1', '10.0.0.2'), false],
    ['netport', 'src,dst', p(), true],
    ['ports', 'dst', p(), true],
    ['ports', 'dst', p({ proto: 17 }), true],
    ['ports', 'dst', p({ proto: 132 }), false],
    ['ports', 'src', p(), false],
    ['mac', 'src', p({ ethSrc: parseMac('02:00:00:00:00:0a') }), true],
    ['mac', 'src', p(), false],
    ['ipmark', 'src,src', p({ mark: 0x10 }), true],
    ['ipmark', 'src,src', p(), false],
    ['net6', 'src', packet('fd00:2::1', 'fd00::2'), true],
    ['net6', 'src', packet('fd00:1::1', 'fd00::2'), false],
    ['net6', 'src', p(), false],
    ['net', 'src', packet('fd00::1', 'fd00::2'), false],
    ['list', 'src', p(), true],
    ['list', 'dst,dst', p(), true],
    ['list', 'dst', p(), false],
    ['nosuch', 'src', p(), false],
  ] as const)('%s %s', (set, flags, skb, inside) => {
    expect(sets.test(set, skb, flags.split(',') as ('src' | 'dst')[])).toBe(inside)
  })

  test('--return-nomatch turns nomatch entries and the others round', () => {
    expect(sets.test('net', packet('10.1.2.3', '10.0.0.2'), ['src'], true)).toBe(true)
    expect(sets.test('net', p(), ['src'], true)).toBe(false)
  })

  test('looking packets up among nets of IPv6 agrees with asking every prefix', () => {
    const word = fc.constantFrom(0n, 1n, 0xffffn)
    const addr = fc
      .tuple(word, word, word)
      .map(([a, b, c]) => addrFromBigInt((0xfd00n << 112n) | (a << 80n) | (b << 33n) | c, 6))
    const net = fc.tuple(addr, fc.integer({ min: 1, max: 128 }))
    fc.assert(
      fc.property(fc.array(net, { maxLength: 12 }), fc.array(addr, { maxLength: 12 }), (nets, addrs) => {
        const ipsets = createIpsets(fakeNamespace())
        const lines = nets.map(([a, length]) => `add s ${formatAddr(a)}/${length} -exist`)
        ipsets.restore(['create s hash:net family inet6', ...lines].join('\n'))
        for (const a of addrs) {
          const skb = Object.assign(new Skb(), { src: a, etherType: ETHERTYPE_IPV6 })
          expect(ipsets.test('s', skb, ['src'])).toBe(nets.some(([b, length]) => new Prefix(b, length).contains(a)))
        }
      }),
    )
  })
})

describe('time and counters', () => {
  test('an entry with a timeout goes when it is over, and is renewed by -exist', () => {
    const ns = fakeNamespace()
    const sets = createIpsets(ns)
    sets.restore('create s hash:ip timeout 10\nadd s 10.0.0.1\nadd s 10.0.0.2 timeout 0')
    const inside = (t: number, src = '10.0.0.1'): boolean => {
      ns.sim.now = t * SECOND
      return sets.test('s', packet(src, '10.9.9.9'), ['src'])
    }
    expect([inside(9.9), inside(10), inside(1000, '10.0.0.2')]).toEqual([true, false, true])
    ns.sim.now = 2000 * SECOND
    sets.restore('add s 10.0.0.1')
    ns.sim.now = 2005 * SECOND
    expect(sets.save()).toContain('add s 10.0.0.1 timeout 5\n')
    sets.restore('add s 10.0.0.1 -exist')
    expect(inside(2014)).toBe(true)
  })

  test('hits are counted where the set has counters', () => {
    const sets = createIpsets(fakeNamespace())
    sets.restore('create s hash:ip counters\nadd s 10.0.0.1')
    sets.test('s', packet('10.0.0.1', '10.0.0.2'), ['src'])
    sets.test('s', packet('10.0.0.3', '10.0.0.2'), ['src'])
    expect(sets.save()).toContain('add s 10.0.0.1 packets 1 bytes 100\n')
  })

  test('a rule adds and deletes what its packets carry', () => {
    const sets = createIpsets(fakeNamespace())
    sets.restore('create s hash:ip,port timeout 600')
    sets.addPacket('s', packet('10.0.0.1', '10.0.0.2'), ['src', 'dst'], { timeout: 30 })
    expect(sets.save()).toContain('add s 10.0.0.1,tcp:80 timeout 30\n')
    sets.deletePacket('s', packet('10.0.0.1', '10.0.0.2'), ['src', 'dst'])
    expect(sets.save()).not.toContain('10.0.0.1')
  })
})

describe('what may not be done', () => {
  test('a set that rules name can be neither destroyed nor renamed, but flushed and swapped', () => {
    const sets = createIpsets(fakeNamespace())
    sets.restore('create a hash:ip\nadd a 10.0.0.1\ncreate b hash:ip')
    sets.reference(new Set(['a']))
    expect(() => sets.restore('destroy a', 'f')).toThrow('f:1: set a cannot be destroyed: it is in use by a rule')
    expect(() => sets.restore('rename a c')).toThrow('in use by a rule')
    sets.restore('swap a b')
    expect(sets.test('b', packet('10.0.0.1', '10.0.0.2'), ['src'])).toBe(true)
    sets.restore('flush a')
  })

  test('a full set refuses, and nothing of that input has happened', () => {
    const sets = createIpsets(fakeNamespace())
    sets.restore('create s hash:ip maxelem 2\nadd s 10.0.0.1')
    const before = sets.save()
    expect(() => sets.restore('add s 10.0.0.2\nadd s 10.0.0.3')).toThrow(/^ipset-restore:2: hash is full/)
    expect(sets.save()).toBe(before)
  })
})

describe('text', () => {
  const LINES = [
    'create s hash:ip,port,net family inet timeout 300 counters comment',
    'add s 10.0.0.1,udp:53-55,10.0.0.0/24 nomatch timeout 5 comment "a b"',
    'create p bitmap:port range 0-100',
    'add p 5-9',
    'create l list:set size 8',
    'add l s before p',
    'swap s p',
    'destroy',
    'create n hash:net family inet6 hashsize 64',
    'add n fd00::/64',
  ]

  test('arbitrary and mutated input is read or refused with its line', () => {
    const mutated = fc
      .tuple(fc.shuffledSubarray(LINES), fc.nat(200), fc.nat(9), fc.string({ maxLength: 5 }))
      .map(([lines, at, length, put]) => {
        const text = lines.join('\n')
        return text.slice(0, at) + put + text.slice(at + length)
      })
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), mutated), text => {
        try {
          createIpsets(fakeNamespace()).restore(text)
        } catch (error) {
          if (!(error instanceof KubehopError)) throw error
          expect([error.code, (error.place?.line ?? 0) > 0]).toEqual(['KH_IPSET', true])
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('what was saved restores to the same', () => {
    const sets = createIpsets(fakeNamespace())
    sets.restore([LINES[0], LINES[1], LINES[2], LINES[3], LINES[4], 'add l s', LINES[8], LINES[9]].join('\n'))
    const again = createIpsets(fakeNamespace())
    again.restore(sets.save())
    expect(again.save()).toBe(sets.save())
  })
})

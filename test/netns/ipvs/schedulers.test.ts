import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SchedulerName } from '../../../src/netns/ipvs/index.ts'
import { RealServer } from '../../../src/netns/ipvs/real-server.ts'
import { createScheduler } from '../../../src/netns/ipvs/schedulers/index.ts'
import { VirtualService } from '../../../src/netns/ipvs/virtual-service.ts'
import { Skb } from '../../../src/netns/model/skb.ts'
import { parseAddr, v4 } from '../../../src/wire/addr.ts'

/** A service with servers a, b, c, … of these weights, in the order of its list. */
function service(name: SchedulerName, weights: readonly number[], hashesPort = false): VirtualService {
  const options = { timeout: 0, maskLength: 32, hashesPort }
  const made = new VirtualService(6, parseAddr('10.96.0.1'), 80, name, createScheduler(name), options)
  made.servers = weights.map((weight, i) => new RealServer(v4(0x0a000001 + i), 8080, weight))
  made.scheduler.update(made)
  return made
}

function skb(source: number, port = 40000): Skb {
  const packet = new Skb()
  packet.src = v4(source)
  packet.dst = v4(source)
  packet.sport = port
  return packet
}

/** Letters of the servers that get these packets; each connection stays. */
function chosen(made: VirtualService, packets: readonly Skb[]): string {
  return packets
    .map(packet => {
      const server = made.scheduler.schedule(made, packet)
      if (server === null) return '-'
      server.active++
      return String.fromCharCode(97 + made.servers.indexOf(server))
    })
    .join('')
}

const many = (n: number): Skb[] => Array.from({ length: n }, (_, i) => skb(0x0a010000 + i))

describe('who gets the next connection', () => {
  test.each([
    ['rr', [1, 1, 1], 'abcabcab'],
    ['rr', [1, 0, 5], 'acacacac'],
    ['rr', [0, 0], '--------'],
    ['wrr', [1, 1], 'abababab'],
    ['wrr', [4, 3, 2], 'aababcab'],
    ['wrr', [2, 4], 'babbabba'],
    ['wrr', [0], '--------'],
    ['lc', [1, 1, 1], 'abcabcab'],
    ['lc', [1, 0, 9], 'acacacac'],
    ['wlc', [1, 3], 'abbbabbb'],
    ['sed', [1, 3], 'bbabbbab'],
    ['nq', [1, 3], 'abbbbbab'],
  ] as const)('%s of weights %j: %s', (name, weights, letters) => {
    expect(chosen(service(name, weights), many(8))).toBe(letters)
  })
  test('lc counts 256 inactive connections as one active', () => {
    const made = service('lc', [1, 1])
    const [a, b] = made.servers
    if (a === undefined || b === undefined) throw new Error('no servers')
    a.active = 1
    b.inactive = 255
    expect(chosen(made, [skb(1)])).toBe('b')
    b.active = 0
    b.inactive = 257
    expect(chosen(made, [skb(1)])).toBe('a')
  })
})

describe('hashes', () => {
  test.each(['sh', 'dh', 'mh'] as const)('%s: a client always has the same server', name => {
    fc.assert(
      fc.property(fc.nat({ max: 0xffffffff }), fc.nat({ max: 65535 }), (source, port) => {
        const made = service(name, [1, 1, 1])
        expect(chosen(made, [skb(source)])).toBe(chosen(made, [skb(source, port)]))
      }),
    )
  })
  test.each([
    ['sh', [1, 1], 0.5],
    ['sh', [3, 1], 0.75],
    ['dh', [1, 1], 0.5],
    ['mh', [1, 1], 0.5],
    ['mh', [3, 1], 0.75],
  ] as const)('%s of weights %j gives the first %d of many clients', (name, weights, share) => {
    const letters = chosen(service(name, weights), many(4096))
    const first = letters.split('').filter(letter => letter === 'a').length
    expect(Math.abs(first / 4096 - share)).toBeLessThan(0.03)
  })
  test('mh moves few clients when a server goes', () => {
    const before = chosen(service('mh', [1, 1, 1, 1, 1]), many(2000))
    const after = chosen(service('mh', [1, 1, 1, 1]), many(2000))
    const moved = [...before].filter((letter, i) => letter !== 'e' && letter !== after[i]).length
    expect(moved / 2000).toBeLessThan(0.1)
  })
  test('with the port flag connections of one client differ', () => {
    for (const name of ['sh', 'mh'] as const) {
      const ports = Array.from({ length: 64 }, (_, i) => skb(0x0a010001, 40000 + i))
      expect(new Set(chosen(service(name, [1, 1], true), ports)).size).toBe(2)
    }
  })
  test('sh does not go elsewhere when its server takes nobody', () => {
    const made = service('sh', [1, 1])
    const packets = many(64)
    const before = chosen(made, packets)
    const first = made.servers[0]
    if (first !== undefined) first.weight = 0
    expect(chosen(made, packets)).toBe(before.replaceAll('a', '-'))
  })
})

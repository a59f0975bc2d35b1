import { describe, expect, test } from 'vitest'
import type { Device } from '../../../src/netns/model/device.ts'
import { HOOK_FORWARD, HOOK_PREROUTING } from '../../../src/netns/model/netfilter.ts'
import { Skb } from '../../../src/netns/model/skb.ts'
import { createNetfilter } from '../../../src/netns/netfilter/index.ts'
import { addrPlus, parseAddr } from '../../../src/wire/addr.ts'
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from '../../../src/wire/protocol.ts'
import { fakeNamespace, keepEvents } from './fake-namespace.ts'

const SECOND = 1_000_000
const eth0 = { name: 'eth0', kind: 'physical' } as Device

/** Rules of filter FORWARD that all end in a mark, so that a packet shows which of them it met. */
function world(rules: readonly string[], family: 4 | 6 = 4) {
  const ns = fakeNamespace()
  const netfilter = createNetfilter(ns)
  const text = (lines: readonly string[]): string =>
    `*filter\n${lines.map(rule => `-A FORWARD ${rule}\n`).join('')}COMMIT\n`
  netfilter.restore(family, text(rules))
  return {
    ns,
    netfilter,
    replace: (lines: readonly string[]) => netfilter.restore(family, text(lines)),
    /** Sends a packet at a time in seconds; returns the numbers of the rules it met. */
    send(seconds: number, src = family === 4 ? '10.0.0.1' : 'fd00::1', ttl = 64): number[] {
      ns.sim.now = seconds * SECOND
      const recorder = keepEvents()
      ns.sim.recorder = recorder
      const skb = new Skb()
      Object.assign(skb, { src: parseAddr(src), ttl, dev: eth0, length: 60 })
      skb.etherType = family === 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6
      netfilter.run(HOOK_FORWARD, skb, eth0, eth0)
      return recorder.events.flatMap(event => (event.kind === 'rule' ? [event.rule.index] : []))
    },
  }
}

describe('-m recent (xt_recent.c; facts measured on Linux 6.18)', () => {
  test('--rcheck --seconds finds the entry for so long, and does not renew it', () => {
    const w = world(['-m recent --rcheck --seconds 10 --name L', '-m recent --set --name L -s 10.0.0.9'])
    expect(w.send(0, '10.0.0.9')).toEqual([2])
    w.replace(['-m recent --rcheck --seconds 10 --name L'])
    expect([1, 9, 10, 10.004, 11].map(t => w.send(t, '10.0.0.9').length)).toEqual([1, 1, 1, 0, 0])
    expect(w.send(1, '10.0.0.8')).toEqual([])
  })

  test('--update renews it: the time slides', () => {
    const w = world(['-m recent --set --name L'])
    w.send(0)
    w.replace(['-m recent --update --seconds 10 --name L'])
    expect([8, 16, 24, 35].map(t => w.send(t).length)).toEqual([1, 1, 1, 0])
  })

  test('--hitcount 3 before --set: packets 1 to 3 are set, later ones are caught', () => {
    const w = world(['-m recent --update --seconds 60 --hitcount 3 --name L -j DROP', '-m recent --set --name L'])
    expect([0, 1, 2, 3, 4, 5].map(t => w.send(t)[0])).toEqual([2, 2, 2, 1, 1, 1])
  })

  test('the 101st source evicts the one that was updated least recently', () => {
    const w = world(['-m recent --set --name L'])
    const source = (i: number): string => `10.0.1.${i}`
    for (let i = 0; i < 102; i++) w.send(i, source(i))
    const list = w.netfilter.recents.get('L')
    expect(list.size).toBe(100)
    expect([...list.entries()][0]?.addr).toBe(addrPlus(parseAddr('10.0.1.0'), 2))
  })

  test('--reap removes at most one stale entry, and only while the packet has an entry itself', () => {
    const w = world(['-m recent --set --name L'])
    for (const [t, src] of [
      [0, '10.0.0.1'],
      [1, '10.0.0.2'],
      [50, '10.0.0.3'],
    ] as const)
      w.send(t, src)
    w.replace(['-m recent --rcheck --seconds 10 --reap --name L'])
    const size = (): number => w.netfilter.recents.get('L').size
    expect([w.send(51, '10.0.0.99'), size()]).toEqual([[], 3])
    expect([w.send(51, '10.0.0.3'), size()]).toEqual([[1], 2])
    expect([w.send(51, '10.0.0.3'), size()]).toEqual([[1], 1])
    expect([w.send(51, '10.0.0.3'), size()]).toEqual([[1], 1])
  })

  test('--remove forgets the source, and matches only when it was there', () => {
    const w = world(['-m recent --remove --name L', '-m recent --set --name L'])
    expect([w.send(0), w.send(1), w.send(2)]).toEqual([[2], [1, 2], [1, 2]])
  })

  test('--rttl wants the TTL that the packet had before it was forwarded', () => {
    const w = world(['-m recent --rcheck --rttl --name L', '-m recent --set --name L'])
    expect([w.send(0, '10.0.0.1', 63), w.send(1, '10.0.0.1', 62), w.send(2, '10.0.0.1', 62)]).toEqual([
      [2],
      [2],
      [1, 2],
    ])
  })

  test('--mask: one entry for a whole network', () => {
    const w = world([
      '-m recent --rcheck --name L --mask 255.255.255.0',
      '-m recent --set --name L --mask 255.255.255.0',
    ])
    expect([w.send(0, '10.0.0.1'), w.send(1, '10.0.0.77'), w.send(2, '10.0.1.1')]).toEqual([[2], [1, 2], [2]])
  })

  test('IPv6 sources too', () => {
    const w = world(['-m recent --rcheck --name L', '-m recent --set --name L'], 6)
    expect([w.send(0, 'fd00::1'), w.send(1, 'fd00::1'), w.send(1, 'fd00::2')]).toEqual([[2], [1, 2], [2]])
  })

  test('a list survives a restore that still names it, and is forgotten by one that does not', () => {
    const w = world(['-m recent --set --name L'])
    w.send(0)
    w.replace(['-m recent --rcheck --name L', '-m recent --rcheck --name M'])
    expect(w.send(1)).toEqual([1])
    w.replace(['-j ACCEPT'])
    w.replace(['-m recent --rcheck --name L'])
    expect(w.send(2)).toEqual([])
  })

  test('the event says list, action and outcome', () => {
    const w = world(['-m recent --set --name L'])
    w.send(0)
    expect(w.ns.sim.recorder).toMatchObject({
      events: [{}, { kind: 'recent', list: 'L', action: 'set', matched: true }, {}, {}],
    })
  })
})

describe('-m limit (xt_limit.c)', () => {
  test('a burst of 5, then one packet each 12 seconds of simulated time for 5/min', () => {
    const w = world(['-m limit --limit 5/min'])
    expect([0, 0, 0, 0, 0, 0, 11, 12, 13, 24.1, 24.2].map(t => w.send(t).length)).toEqual([
      1, 1, 1, 1, 1, 0, 0, 1, 0, 1, 0,
    ])
  })

  test('the bucket is filled up to the burst and no further', () => {
    const w = world(['-m limit --limit 1/sec --limit-burst 2'])
    for (let i = 0; i < 3; i++) w.send(0)
    expect([100, 100, 100].map(t => w.send(t).length)).toEqual([1, 1, 0])
  })

  test('a restore that replaces the rule starts anew; a partial one that does not, does not', () => {
    const w = world(['-m limit --limit 1/hour --limit-burst 1'])
    expect([w.send(0), w.send(1)]).toEqual([[1], []])
    w.netfilter.restore(4, '*filter\n:OTHER - [0:0]\n-A FORWARD -s 1.1.1.1\nCOMMIT\n', { noflush: true })
    expect(w.send(2)).toEqual([])
    w.replace(['-m limit --limit 1/hour --limit-burst 1'])
    expect(w.send(3)).toEqual([1])
  })
})

describe('-m statistic (xt_statistic.c)', () => {
  test('nth: three endpoints as every 3, every 2 and rest are a round robin', () => {
    const w = world([
      '-m statistic --mode nth --every 3 --packet 0 -j ACCEPT',
      '-m statistic --mode nth --every 2 --packet 0 -j ACCEPT',
      '-j ACCEPT',
    ])
    expect(Array.from({ length: 9 }, (_, i) => w.send(i)[0])).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3])
  })

  test('random asks the one source of chance with the exact weight of 2³¹, and never for 0 or 1', () => {
    const asked: unknown[] = []
    const w = world(
      ['0.3333333333', '0', '1', '0.0000000001'].map(p => `-m statistic --mode random --probability ${p}`),
    )
    w.ns.sim.chance = {
      bernoulli: (site, numerator, denominator) => {
        asked.push([site, numerator, denominator])
        return true
      },
      pick: () => 0,
      arbitrary: () => 0,
    }
    expect(w.send(0)).toEqual([1, 3])
    expect(asked).toEqual([['filter FORWARD 1', 715827883, 2147483648]])
  })

  test('the event carries the weight', () => {
    const w = world(['-m statistic --mode random --probability 0.5'])
    w.send(0)
    const events = (w.ns.sim.recorder as ReturnType<typeof keepEvents>).events
    expect(events.find(event => event.kind === 'statistic')).toMatchObject({
      mode: 'random',
      numerator: 1073741824,
      denominator: 2147483648,
      matched: false,
      rule: { table: 'filter', chain: 'FORWARD', index: 1 },
    })
  })
})

describe('misses', () => {
  const missOf = (rule: string, change: Partial<Skb> = {}): unknown => {
    const ns = fakeNamespace()
    const netfilter = createNetfilter(ns)
    netfilter.restore(4, `*mangle\n-A PREROUTING ${rule} -j ACCEPT\nCOMMIT\n`)
    const recorder = keepEvents(true)
    ns.sim.recorder = recorder
    const skb = Object.assign(new Skb(), {
      src: parseAddr('10.0.0.1'),
      dst: parseAddr('10.0.0.2'),
      proto: 6,
      dport: 81,
      sport: 9,
      ttl: 64,
      ...change,
    })
    netfilter.run(HOOK_PREROUTING, skb, eth0, null)
    return recorder.events.flatMap(event => (event.kind === 'ruleMiss' ? [`${event.match} | ${event.actual}`] : []))[0]
  }

  test.each([
    ['-s 10.1.0.0/16', '-s 10.1.0.0/16 | 10.0.0.1'],
    ['! -d 10.0.0.0/8', '! -d 10.0.0.0/8 | 10.0.0.2'],
    ['-i cni0', '-i cni0 | eth0'],
    ['-p udp', '-p udp | tcp'],
    ['-p tcp -m comment --comment x -m tcp --dport 80', '-m tcp --dport 80 | sport 9 dport 81'],
    ['-m mark --mark 0x4000/0x4000', '-m mark --mark 0x4000/0x4000 | 0x0'],
    ['-m conntrack --ctstate NEW', '-m conntrack --ctstate NEW | INVALID'],
    ['-m ttl --ttl-lt 5', '-m ttl --ttl-lt 5 | 64'],
  ])('%s', (rule, miss) => {
    expect(missOf(rule)).toBe(miss)
  })
})

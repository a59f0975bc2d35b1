import { readFileSync } from 'node:fs'
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { HOOK_POSTROUTING, HOOK_PREROUTING, NF_ACCEPT, NF_DROP } from '../../../src/netns/model/netfilter.ts'
import { formatAddr } from '../../../src/wire/addr.ts'
import { TCP_ACK, TCP_FIN, TCP_SYN } from '../../../src/wire/protocol.ts'
import { Bench, icmp, other, type Rule, sctp, show, stateOf, tcp, tuples, udp } from './support.ts'

const P1 = '10.244.1.10'
const P2 = '10.244.1.11'
const NODE = '10.0.0.1'
const EXT = '10.0.0.100'

/** Port classes of a source that must move (S32c): the original, and where the new one lies. */
const CLASSES: readonly (readonly [sport: number, min: number, max: number])[] = [
  [1, 1, 511],
  [100, 1, 511],
  [511, 1, 511],
  [512, 600, 1023],
  [600, 600, 1023],
  [1023, 600, 1023],
  [1024, 1024, 65_535],
  [45_000, 1024, 65_535],
  [65_535, 1024, 65_535],
]

describe('masquerade without --random-fully', () => {
  it.each(CLASSES)('keeps source port %i while it is free, else takes one of %i–%i', (sport, min, max) => {
    const bench = new Bench()
    const first = udp(P1, sport, EXT, 7000)
    bench.forward(first, { snat: { to: NODE } })
    expect(first.sport).toBe(sport)
    const second = udp(P2, sport, EXT, 7000)
    bench.forward(second, { snat: { to: NODE } })
    expect(second.sport).not.toBe(sport)
    expect(second.sport).toBeGreaterThanOrEqual(min)
    expect(second.sport).toBeLessThanOrEqual(max)
    expect(tuples(bench)[1]).toContain(`src=${EXT} dst=${NODE} sport=7000 dport=${second.sport}`)
  })

  it('gives way to a flow of the node itself (S32b)', () => {
    const bench = new Bench()
    bench.output(udp(NODE, 45_500, EXT, 7000))
    const skb = udp(P1, 45_500, EXT, 7000)
    bench.forward(skb, { snat: { to: NODE } })
    expect(skb.sport).not.toBe(45_500)
  })

  it('the same source keeps its new port towards other destinations', () => {
    const bench = new Bench()
    bench.forward(udp(P1, 5000, EXT, 53), { snat: { to: NODE } })
    const moved = udp(P2, 5000, EXT, 53)
    bench.forward(moved, { snat: { to: NODE } })
    for (const dst of ['10.0.0.101', '10.0.0.102']) {
      const skb = udp(P2, 5000, dst, 54)
      bench.forward(skb, { snat: { to: NODE } })
      expect(skb.sport).toBe(moved.sport)
    }
  })

  it('the ICMP identifier is the port (S26a)', () => {
    const bench = new Bench()
    bench.forward(icmp(P1, EXT, 8, 0, 27_173), { snat: { to: NODE } })
    const second = icmp(P2, EXT, 8, 0, 27_173)
    bench.forward(second, { snat: { to: NODE } })
    expect([second.sport, second.dport]).not.toContain(27_173)
    expect(tuples(bench)[1]).toBe(
      `src=${P2} dst=${EXT} type=8 code=0 id=27173 [UNREPLIED] src=${EXT} dst=${NODE} type=0 code=0 id=${second.sport}`,
    )
    const reply = icmp(EXT, NODE, 0, 0, second.sport)
    bench.forward(reply)
    expect([formatAddr(reply.dst), reply.sport]).toEqual([P2, 27_173])
  })

  it('protocols without ports get the address only, and the second flow is lost', () => {
    const bench = new Bench()
    expect(bench.forward(other(50, P1, EXT), { snat: { to: NODE } })).toBe(NF_ACCEPT)
    expect(bench.forward(other(50, P2, EXT), { snat: { to: NODE } })).toBe(NF_DROP)
  })
})

describe('--random and --random-fully', () => {
  const rules: readonly Rule[] = [
    { to: NODE, random: true },
    { to: NODE, randomFully: true },
  ]
  it.each(rules)('take any port of the class, free or not: %o', rule => {
    for (const [sport, min, max] of CLASSES) {
      const bench = new Bench()
      const seen = new Set<number>()
      for (let i = 0; i < 20; i++) {
        const skb = udp(P1, sport, `10.0.1.${i}`, 7000)
        bench.forward(skb, { snat: rule })
        expect(skb.sport).toBeGreaterThanOrEqual(min)
        expect(skb.sport).toBeLessThanOrEqual(max)
        seen.add(skb.sport)
      }
      expect(seen.size).toBeGreaterThan(10)
    }
  })
})

describe('a range of ports', () => {
  it('is used up, and then packets are dropped', () => {
    const bench = new Bench()
    const ports = new Set<number>()
    for (let i = 0; i < 5; i++) {
      const skb = udp(`10.244.1.${i + 2}`, 5000, EXT, 53)
      const verdict = bench.forward(skb, { snat: { to: NODE, ports: [7000, 7002] } })
      expect(verdict).toBe(i < 3 ? NF_ACCEPT : NF_DROP)
      if (verdict === NF_ACCEPT) ports.add(skb.sport)
    }
    expect([...ports].sort()).toEqual([7000, 7001, 7002])
  })

  it('without an address leaves the address', () => {
    const bench = new Bench()
    const skb = udp(P1, 5000, EXT, 53)
    bench.forward(skb, { snat: { ports: [7000, 7000] } })
    expect(show(skb)).toBe(`${P1}:7000 > ${EXT}:53`)
  })

  it('of a DNAT is tried from its begin, and a port in it stays (measured)', () => {
    const bench = new Bench()
    const seen: number[] = []
    for (const [vip, dport] of [
      ['198.51.100.1', 53],
      ['198.51.100.1', 82],
      ['198.51.100.2', 53],
      ['198.51.100.2', 82],
    ] as const) {
      const skb = udp(P1, 4000 + dport, vip, dport)
      bench.forward(skb, { dnat: { to: '10.2.0.12', ports: [80, 83] } })
      seen.push(skb.dport)
    }
    expect(seen).toEqual([80, 82, 81, 80])
  })
})

describe('a flow that no rule is for', () => {
  it('keeps its source port unless a NATed flow has taken the reply tuple', () => {
    const bench = new Bench()
    const dnat: Rule = { to: '10.2.0.12', ports: [80, 80] }
    const first = udp(P1, 4000, '198.51.100.1', 53)
    bench.forward(first, { dnat })
    expect(first.sport).toBe(4000)
    // The same backend behind another address: two flows, one reply tuple.
    const second = udp(P1, 4000, '198.51.100.2', 53)
    bench.forward(second, { dnat })
    expect(second.dport).toBe(80)
    expect(second.sport).not.toBe(4000)
    expect(second.sport).toBeGreaterThanOrEqual(1024)
    const reply = udp('10.2.0.12', 80, P1, second.sport)
    bench.forward(reply)
    expect(show(reply)).toBe(`198.51.100.2:53 > ${P1}:4000`)
  })

  it('is not changed, and is bound at both ends', () => {
    const bench = new Bench()
    const skb = udp(P1, 4000, EXT, 53)
    bench.forward(skb)
    expect(show(skb)).toBe(`${P1}:4000 > ${EXT}:53`)
    const again = udp(P1, 4000, EXT, 53)
    bench.conntrack.track(again, HOOK_PREROUTING)
    expect(stateOf(again)).toBe('NEW')
    expect(bench.conntrack.needsNatRules(again, 'dst')).toBe(false)
    expect(bench.conntrack.needsNatRules(again, 'src')).toBe(false)
  })
})

describe('binding', () => {
  it('of one end twice drops the packet, of a confirmed flow does nothing', () => {
    const bench = new Bench()
    const skb = udp(P1, 4000, EXT, 53)
    bench.conntrack.track(skb, HOOK_PREROUTING)
    expect(bench.nat(skb, HOOK_PREROUTING, 'dst', { to: '10.9.9.9' })).toBe(NF_ACCEPT)
    const range = { minAddr: skb.dst, maxAddr: skb.dst, minPort: 0, maxPort: 0 }
    const options = { random: false, randomFully: false, persistent: false }
    expect(bench.conntrack.bindNat(skb, { ...range, ...options }, 'dst')).toBe(NF_DROP)
    bench.nat(skb, HOOK_POSTROUTING, 'src', undefined)
    bench.conntrack.confirm(skb)
    expect(bench.conntrack.bindNat(skb, { ...range, ...options }, 'dst')).toBe(NF_ACCEPT)
    expect(show(skb)).toBe(`${P1}:4000 > 10.9.9.9:53`)
  })

  it('takes the port of a masqueraded connection in TIME_WAIT when sequence numbers allow', () => {
    const bench = new Bench()
    const open = (src: string, seq: number) =>
      bench.forward(tcp(src, 4000, EXT, 80, TCP_SYN, seq), { snat: { to: NODE, ports: [7000, 7001] } })
    for (const src of [P1, P2]) {
      expect(open(src, 1000)).toBe(NF_ACCEPT)
      const port = bench.conntrack.entries().at(-1)?.reply.dport ?? 0
      bench.forward(tcp(EXT, 80, NODE, port, TCP_SYN | TCP_ACK, 1, 1001))
      bench.forward(tcp(src, 4000, EXT, 80, TCP_ACK, 1001, 2))
      bench.forward(tcp(src, 4000, EXT, 80, TCP_FIN | TCP_ACK, 1001, 2))
      bench.forward(tcp(EXT, 80, NODE, port, TCP_FIN | TCP_ACK, 2, 1002))
      bench.forward(tcp(src, 4000, EXT, 80, TCP_ACK, 1002, 3))
    }
    expect(bench.conntrack.entries().map(entry => entry.tcpState)).toEqual(['TIME_WAIT', 'TIME_WAIT'])
    expect(open('10.244.1.12', 500)).toBe(NF_DROP)
    expect(open('10.244.1.12', 5000)).toBe(NF_ACCEPT)
  })
})

type Choice = [min: string, max: string, persistent: boolean, src: string, dst: string, chosen: string]

describe('which address of a range', () => {
  const url = new URL('./golden/nat-addresses-kernel.json', import.meta.url)
  const choices = JSON.parse(readFileSync(url, 'utf8')) as Choice[]
  it.each(choices)('%s–%s persistent=%s: %s → %s gets %s', (min, max, persistent, src, dst, chosen) => {
    const skb = udp(src, 30_000, dst, 53)
    new Bench().forward(skb, { dnat: { to: min, toMax: max, persistent } })
    expect(formatAddr(skb.dst)).toBe(chosen)
  })
})

const port = fc.integer({ min: 1, max: 65_535 })
const flow = fc.record({
  proto: fc.constantFrom('tcp', 'udp', 'sctp', 'icmp'),
  family: fc.constantFrom(4, 6),
  client: fc.integer({ min: 2, max: 5 }),
  server: fc.integer({ min: 2, max: 4 }),
  sport: fc.oneof(fc.integer({ min: 1, max: 4 }), port),
  dport: fc.integer({ min: 80, max: 82 }),
  dnat: fc.option(fc.record({ host: fc.integer({ min: 10, max: 11 }), port: fc.constantFrom(0, 8080) })),
  snat: fc.option(fc.record({ random: fc.boolean(), ports: fc.constantFrom(0, 3) })),
})
interface Flow {
  readonly proto: string
  readonly family: number
}

function addr(family: number, net: number, host: number): string {
  return family === 4 ? `10.${net}.0.${host}` : `fd00:${net}::${host.toString(16)}`
}

function packetOf(f: Flow, src: string, sport: number, dst: string, dport: number, reply: boolean) {
  switch (f.proto) {
    case 'tcp':
      return tcp(src, sport, dst, dport, reply ? TCP_SYN | TCP_ACK : TCP_SYN, 0, reply ? 1 : 0)
    case 'udp':
      return udp(src, sport, dst, dport)
    case 'sctp':
      return sctp(src, sport, dst, dport, reply ? 2 : 1, reply ? 1 : 0)
    default: {
      const type = f.family === 4 ? (reply ? 0 : 8) : reply ? 129 : 128
      return icmp(src, dst, type, 0, reply ? dport : sport)
    }
  }
}

describe('properties', () => {
  test.prop([fc.array(flow, { minLength: 1, maxLength: 30 })])(
    'replies get back exactly what the request had, and no two flows share a tuple',
    flows => {
      const bench = new Bench()
      for (const f of flows) {
        const src = addr(f.family, 1, f.client)
        const dst = addr(f.family, 2, f.server)
        const skb = packetOf(f, src, f.sport, dst, f.dport, false)
        const before = show(skb)
        const node = addr(f.family, 3, 1)
        const verdict = bench.forward(skb, {
          ...(f.dnat === null
            ? {}
            : { dnat: { to: addr(f.family, 4, f.dnat.host), ports: [f.dnat.port, f.dnat.port] as [number, number] } }),
          ...(f.snat === null
            ? {}
            : {
                snat: {
                  to: node,
                  random: f.snat.random,
                  ports: (f.snat.ports === 0 ? [0, 0] : [2000, 2000 + f.snat.ports]) as [number, number],
                },
              }),
        })
        if (verdict !== NF_ACCEPT) continue
        const [from, to] = [formatAddr(skb.src), formatAddr(skb.dst)]
        const reply = packetOf(f, to, skb.dport, from, skb.sport, true)
        expect(bench.forward(reply)).toBe(NF_ACCEPT)
        expect(stateOf(reply)).toBe('ESTABLISHED')
        expect(reply.ct).toStrictEqual(skb.ct)
        const [client, server] = before.split(' > ')
        expect(show(reply)).toBe(`${server} > ${client}`)
      }
      const keys = bench.conntrack
        .entries()
        .flatMap(({ original, reply }) =>
          [original, reply].map(t => [t.src, t.dst, t.sport, t.dport, t.proto].join(' ')),
        )
      expect(new Set(keys).size).toBe(keys.length)
    },
  )
})

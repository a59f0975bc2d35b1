import { describe, expect, it } from 'vitest'
import {
  HOOK_OUTPUT,
  HOOK_POSTROUTING,
  HOOK_PREROUTING,
  NF_ACCEPT,
  NF_DROP,
} from '../../../src/netns/model/netfilter.ts'
import { cloneSkb, type Skb } from '../../../src/netns/model/skb.ts'
import { parseAddr } from '../../../src/wire/addr.ts'
import { Bench, fresh, icmp, type Rule, show, stateOf, tuples, udp } from './support.ts'

/** Rules and first packet of a flow; then errors about it as they come, and what leaves. Measured on Linux 6.18. */
interface Case {
  readonly name: string
  readonly dnat?: Rule
  readonly snat?: Rule
  readonly first: readonly [src: string, sport: number, dst: string, dport: number]
  readonly sent: string
  /** ICMP type, code, outer source and destination; the quoted packet is the one that left. `null`: dropped. */
  readonly errors: readonly (readonly [type: number, code: number, src: string, dst: string, result: string | null])[]
  /** The reply as it comes, and errors about it. */
  readonly reply: readonly [src: string, sport: number, dst: string, dport: number]
  readonly answered: string
  readonly replyErrors: readonly (readonly [type: number, code: number, src: string, dst: string, result: string])[]
}

const CASES: readonly Case[] = [
  {
    name: 'no NAT',
    first: ['10.1.0.2', 1000, '10.2.0.2', 53],
    sent: '10.1.0.2:1000 > 10.2.0.2:53',
    errors: [
      [3, 3, '10.2.0.2', '10.1.0.2', 'RELATED 10.2.0.2 > 10.1.0.2 quoting 10.1.0.2:1000 > 10.2.0.2:53'],
      [3, 1, '10.2.0.12', '10.1.0.2', 'RELATED 10.2.0.12 > 10.1.0.2 quoting 10.1.0.2:1000 > 10.2.0.2:53'],
      [3, 1, '10.2.0.12', '10.1.0.3', 'INVALID 10.2.0.12 > 10.1.0.3 quoting 10.1.0.2:1000 > 10.2.0.2:53'],
      [5, 1, '10.2.0.2', '10.1.0.2', 'RELATED 10.2.0.2 > 10.1.0.2 quoting 10.1.0.2:1000 > 10.2.0.2:53'],
    ],
    reply: ['10.2.0.2', 53, '10.1.0.2', 1000],
    answered: '10.2.0.2:53 > 10.1.0.2:1000',
    replyErrors: [
      [3, 3, '10.1.0.2', '10.2.0.2', 'RELATED 10.1.0.2 > 10.2.0.2 quoting 10.2.0.2:53 > 10.1.0.2:1000'],
      [11, 0, '10.1.0.3', '10.2.0.2', 'RELATED 10.1.0.3 > 10.2.0.2 quoting 10.2.0.2:53 > 10.1.0.2:1000'],
      [11, 0, '10.1.0.3', '10.2.0.12', 'INVALID 10.1.0.3 > 10.2.0.12 quoting 10.2.0.2:53 > 10.1.0.2:1000'],
    ],
  },
  {
    name: 'DNAT',
    dnat: { to: '10.2.0.12', ports: [80, 80] },
    first: ['10.1.0.2', 1000, '198.51.100.1', 53],
    sent: '10.1.0.2:1000 > 10.2.0.12:80',
    errors: [
      [3, 3, '10.2.0.12', '10.1.0.2', 'RELATED 198.51.100.1 > 10.1.0.2 quoting 10.1.0.2:1000 > 198.51.100.1:53'],
      [11, 0, '10.2.0.13', '10.1.0.2', 'RELATED 198.51.100.1 > 10.1.0.2 quoting 10.1.0.2:1000 > 198.51.100.1:53'],
      [5, 1, '10.2.0.13', '10.1.0.2', null],
    ],
    reply: ['10.2.0.12', 80, '10.1.0.2', 1000],
    answered: '198.51.100.1:53 > 10.1.0.2:1000',
    replyErrors: [
      [3, 3, '10.1.0.2', '198.51.100.1', 'RELATED 10.1.0.2 > 10.2.0.12 quoting 10.2.0.12:80 > 10.1.0.2:1000'],
      [11, 0, '10.1.0.9', '198.51.100.1', 'RELATED 10.1.0.9 > 10.2.0.12 quoting 10.2.0.12:80 > 10.1.0.2:1000'],
      [11, 0, '10.1.0.9', '10.2.0.12', 'INVALID 10.1.0.9 > 10.2.0.12 quoting 198.51.100.1:53 > 10.1.0.2:1000'],
    ],
  },
  {
    name: 'SNAT',
    snat: { to: '10.2.0.1', ports: [5000, 5000] },
    first: ['10.1.0.2', 1000, '10.2.0.2', 53],
    sent: '10.2.0.1:5000 > 10.2.0.2:53',
    errors: [
      [3, 3, '10.2.0.2', '10.2.0.1', 'RELATED 10.2.0.2 > 10.1.0.2 quoting 10.1.0.2:1000 > 10.2.0.2:53'],
      [11, 0, '10.2.0.13', '10.2.0.1', 'RELATED 10.2.0.13 > 10.1.0.2 quoting 10.1.0.2:1000 > 10.2.0.2:53'],
      [5, 1, '10.2.0.13', '10.2.0.1', null],
    ],
    reply: ['10.2.0.2', 53, '10.2.0.1', 5000],
    answered: '10.2.0.2:53 > 10.1.0.2:1000',
    replyErrors: [
      [3, 3, '10.1.0.2', '10.2.0.2', 'RELATED 10.2.0.1 > 10.2.0.2 quoting 10.2.0.2:53 > 10.2.0.1:5000'],
      [11, 0, '10.1.0.9', '10.2.0.2', 'RELATED 10.2.0.1 > 10.2.0.2 quoting 10.2.0.2:53 > 10.2.0.1:5000'],
    ],
  },
  {
    name: 'both',
    dnat: { to: '10.2.0.12', ports: [80, 80] },
    snat: { to: '10.2.0.1', ports: [5000, 5000] },
    first: ['10.1.0.2', 1000, '198.51.100.1', 53],
    sent: '10.2.0.1:5000 > 10.2.0.12:80',
    errors: [
      [3, 3, '10.2.0.12', '10.2.0.1', 'RELATED 198.51.100.1 > 10.1.0.2 quoting 10.1.0.2:1000 > 198.51.100.1:53'],
      [11, 0, '10.2.0.13', '10.2.0.1', 'RELATED 198.51.100.1 > 10.1.0.2 quoting 10.1.0.2:1000 > 198.51.100.1:53'],
    ],
    reply: ['10.2.0.12', 80, '10.2.0.1', 5000],
    answered: '198.51.100.1:53 > 10.1.0.2:1000',
    replyErrors: [
      [3, 3, '10.1.0.2', '198.51.100.1', 'RELATED 10.2.0.1 > 10.2.0.12 quoting 10.2.0.12:80 > 10.2.0.1:5000'],
      [11, 0, '10.1.0.9', '198.51.100.1', 'RELATED 10.2.0.1 > 10.2.0.12 quoting 10.2.0.12:80 > 10.2.0.1:5000'],
    ],
  },
]

function quote(skb: Skb): Skb {
  return fresh(cloneSkb(skb))
}

describe.each(CASES)('ICMP errors about a flow with $name', test => {
  const bench = new Bench()
  const first = udp(...test.first)
  bench.forward(first, {
    ...(test.dnat === undefined ? {} : { dnat: test.dnat }),
    ...(test.snat === undefined ? {} : { snat: test.snat }),
  })
  it('the first packet leaves translated', () => expect(show(first)).toBe(test.sent))

  it.each(test.errors)('%i/%i from %s to %s', (type, code, src, dst, result) => {
    const error = icmp(src, dst, type, code, 0, quote(first))
    const verdict = bench.forward(error)
    expect(verdict).toBe(result === null ? NF_DROP : NF_ACCEPT)
    if (result !== null) expect(`${stateOf(error)} ${show(error)}`).toBe(result)
  })

  it('the reply leaves translated', () => {
    const reply = udp(...test.reply)
    bench.forward(reply)
    expect(show(reply)).toBe(test.answered)
  })

  it.each(test.replyErrors)('%i/%i about the reply from %s to %s', (type, code, src, dst, result) => {
    const quoted = udp(...test.reply)
    bench.forward(quoted)
    // The last row of a table may quote what no flow has.
    if (result.includes('quoting 198.51.100.1:53')) {
      quoted.src = parseAddr('198.51.100.1')
      quoted.sport = 53
    }
    const error = icmp(src, dst, type, code, 0, quote(quoted))
    expect(bench.forward(error)).toBe(NF_ACCEPT)
    expect(`${stateOf(error)} ${show(error)}`).toBe(result)
  })
})

describe('ICMP errors', () => {
  it('about an unknown flow are INVALID and unchanged', () => {
    const bench = new Bench()
    const error = icmp('10.2.0.2', '10.1.0.2', 3, 3, 0, udp('10.1.0.2', 1001, '10.2.0.2', 53))
    expect(bench.forward(error)).toBe(NF_ACCEPT)
    expect(stateOf(error)).toBe('INVALID')
  })

  it('about a masqueraded echo get its identifier back', () => {
    const bench = new Bench()
    const ping = icmp('10.1.0.2', '10.2.0.2', 8, 0, 7)
    bench.forward(ping, { snat: { to: '10.2.0.1', random: true } })
    expect(ping.sport).not.toBe(7)
    const error = icmp('10.2.0.13', '10.2.0.1', 11, 0, 0, quote(ping))
    bench.forward(error)
    expect(show(error)).toBe('10.2.0.13:0 > 10.1.0.2:0 quoting 10.1.0.2:7 > 10.2.0.2:7'.replaceAll(':0', ''))
  })

  it('do not change a quotation that another copy of the packet shares', () => {
    const bench = new Bench()
    const first = udp('10.1.0.2', 1000, '198.51.100.1', 53)
    bench.forward(first, { dnat: { to: '10.2.0.12', ports: [80, 80] } })
    const quoted = quote(first)
    bench.forward(icmp('10.2.0.12', '10.1.0.2', 3, 3, 0, quoted))
    expect(show(quoted)).toBe('10.1.0.2:1000 > 10.2.0.12:80')
  })

  it('of ICMPv6 are translated alike', () => {
    const bench = new Bench()
    const first = udp('fd00:1::2', 1000, 'fd00:96::a', 53)
    bench.forward(first, { dnat: { to: 'fd00:2::c', ports: [80, 80] } })
    const error = icmp('fd00:2::c', 'fd00:1::2', 1, 4, 0, quote(first))
    bench.forward(error)
    expect(`${stateOf(error)} ${show(error)}`).toBe(
      'RELATED fd00:96::a > fd00:1::2 quoting fd00:1::2:1000 > fd00:96::a:53',
    )
  })

  it('made by the translating node itself come from the ClusterIP (S20d)', () => {
    const bench = new Bench()
    const skb = udp('10.244.1.11', 40_011, '10.96.0.10', 80)
    bench.conntrack.track(skb, HOOK_PREROUTING)
    bench.nat(skb, HOOK_PREROUTING, 'dst', { to: '10.244.2.10', ports: [8080, 8080] })
    const error = icmp('10.244.1.1', '10.244.1.11', 3, 4, 0, quote(skb))
    bench.conntrack.attach(error, skb)
    bench.conntrack.track(error, HOOK_OUTPUT)
    expect(bench.nat(error, HOOK_OUTPUT, 'dst', undefined)).toBe(NF_ACCEPT)
    expect(bench.nat(error, HOOK_POSTROUTING, 'src', undefined)).toBe(NF_ACCEPT)
    expect(bench.conntrack.confirm(error)).toBe(NF_ACCEPT)
    expect(show(error)).toBe('10.96.0.10 > 10.244.1.11 quoting 10.244.1.11:40011 > 10.96.0.10:80')
    expect(bench.conntrack.entries()).toEqual([])
  })
})

describe('ICMP redirects (S27)', () => {
  const redirectFor = (bench: Bench, cause: Skb) => {
    const redirect = icmp('10.244.1.1', '10.244.1.10', 5, 1, 0, quote(cause))
    bench.conntrack.attach(redirect, cause)
    bench.conntrack.track(redirect, HOOK_OUTPUT)
    return bench.nat(redirect, HOOK_OUTPUT, 'dst', undefined)
  }

  it('about the first packet are dropped, for the NAT of its flow is not set up; later ones pass', () => {
    const bench = new Bench().record()
    const first = icmp('10.244.1.10', '10.244.1.11', 8, 0, 7)
    bench.conntrack.track(first, HOOK_PREROUTING)
    bench.nat(first, HOOK_PREROUTING, 'dst', undefined)
    expect(redirectFor(bench, first)).toBe(NF_DROP)
    expect(bench.events.at(-1)).toMatchObject({ kind: 'drop', reason: 'nat_incomplete' })
    bench.nat(first, HOOK_POSTROUTING, 'src', undefined)
    bench.conntrack.confirm(first)
    const second = icmp('10.244.1.10', '10.244.1.11', 8, 0, 7)
    bench.conntrack.track(second, HOOK_PREROUTING)
    expect(redirectFor(bench, second)).toBe(NF_ACCEPT)
  })

  it('about a flow that NAT changes are dropped always', () => {
    const bench = new Bench()
    for (let i = 0; i < 2; i++) {
      const skb = udp('10.244.1.10', 4000, '10.96.0.10', 80)
      bench.forward(skb, { dnat: { to: '10.244.1.11', ports: [8080, 8080] } })
      expect(redirectFor(bench, skb)).toBe(NF_DROP)
    }
  })
})

/** Id, first packet, address and port of the DNAT and of the SNAT (as it was drawn there), the entry. */
const ENTRIES: readonly (readonly [
  id: string,
  first: readonly [src: string, sport: number, dst: string, dport: number],
  dnat: readonly [addr: string, port: number] | null,
  snat: readonly [addr: string, port: number] | null,
  entry: string,
])[] = [
  [
    'S07a',
    ['10.244.1.10', 40_000, '10.0.0.2', 7000],
    null,
    ['10.0.0.1', 25_574],
    'src=10.244.1.10 dst=10.0.0.2 sport=40000 dport=7000 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 sport=7000 dport=25574',
  ],
  [
    'S08',
    ['10.244.1.10', 40_000, '10.96.0.10', 80],
    ['10.244.1.11', 8080],
    null,
    'src=10.244.1.10 dst=10.96.0.10 sport=40000 dport=80 [UNREPLIED] src=10.244.1.11 dst=10.244.1.10 sport=8080 dport=40000',
  ],
  [
    'S11',
    ['10.244.1.10', 40_000, '10.96.0.10', 80],
    ['10.244.1.10', 8080],
    ['10.244.1.1', 41_334],
    'src=10.244.1.10 dst=10.96.0.10 sport=40000 dport=80 [UNREPLIED] src=10.244.1.10 dst=10.244.1.1 sport=8080 dport=41334',
  ],
  [
    'S12',
    ['10.0.0.1', 40_000, '10.96.0.10', 80],
    ['10.244.2.10', 8080],
    ['10.0.0.1', 56_329],
    'src=10.0.0.1 dst=10.96.0.10 sport=40000 dport=80 [UNREPLIED] src=10.244.2.10 dst=10.0.0.1 sport=8080 dport=56329',
  ],
  [
    'S13',
    ['10.0.0.100', 40_000, '10.0.0.1', 30_080],
    ['10.244.2.10', 8080],
    ['10.0.0.1', 2153],
    'src=10.0.0.100 dst=10.0.0.1 sport=40000 dport=30080 [UNREPLIED] src=10.244.2.10 dst=10.0.0.1 sport=8080 dport=2153',
  ],
]

describe('entries as conntrack -E printed them', () => {
  it.each(ENTRIES)('%s', (_id, [src, sport, dst, dport], dnat, snat, entry) => {
    const bench = new Bench()
    bench.forward(udp(src, sport, dst, dport), {
      ...(dnat === null ? {} : { dnat: { to: dnat[0], ports: [dnat[1], dnat[1]] as const } }),
      ...(snat === null ? {} : { snat: { to: snat[0], ports: [snat[1], snat[1]] as const } }),
    })
    expect(tuples(bench)).toEqual([entry])
  })
})

describe('trace', () => {
  it('tells what was rewritten, and of replies that no rule was asked', () => {
    const bench = new Bench().record()
    bench.forward(udp('10.244.1.10', 40_000, '10.96.0.10', 80), { dnat: { to: '10.244.1.11', ports: [8080, 8080] } })
    bench.forward(udp('10.244.1.11', 8080, '10.244.1.10', 40_000))
    const nat = bench.events.filter(event => event.kind === 'nat')
    expect(nat).toMatchObject([
      { hook: 'PREROUTING', what: 'dst', oldPort: 80, newPort: 8080, reverse: false },
      { hook: 'POSTROUTING', what: 'src', oldPort: 8080, newPort: 80, reverse: true },
    ])
    const ct = bench.events.filter(event => event.kind === 'conntrack')
    expect(ct.map(event => `${event.action} ${event.state} ${event.direction}`)).toEqual([
      'new NEW original',
      'confirm NEW original',
      'match ESTABLISHED reply',
      'update ESTABLISHED reply',
    ])
    expect(ct[1]?.entry?.text).toBe(
      'udp      17 30 src=10.244.1.10 dst=10.96.0.10 sport=40000 dport=80 [UNREPLIED] src=10.244.1.11 dst=10.244.1.10 sport=8080 dport=40000',
    )
  })
})

import { describe, expect, it } from 'vitest'
import {
  HOOK_OUTPUT,
  HOOK_POSTROUTING,
  HOOK_PREROUTING,
  NF_ACCEPT,
  NF_DROP,
} from '../../../src/netns/model/netfilter.ts'
import { CT_RELATED, DIR_REPLY } from '../../../src/netns/model/skb.ts'
import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from '../../../src/wire/protocol.ts'
import { Bench, fresh, icmp, other, stateOf, tcp, tuples, udp } from './support.ts'

const A = '10.1.0.2'
const B = '10.2.0.2'

/** Measured on Linux 6.18 with each type as the first packet of a namespace. */
const ICMP_FIRST: readonly (readonly [types: readonly number[], state: string])[] = [
  [[8, 13, 15, 17], 'NEW'],
  [[0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 14, 16, 18, 19, 30, 40], 'INVALID'],
]
const ICMPV6_FIRST: readonly (readonly [types: readonly number[], state: string])[] = [
  [[128, 139], 'NEW'],
  [[130, 131, 132, 133, 134, 135, 136, 143, 151, 152], 'UNTRACKED'],
  [[0, 1, 2, 3, 4, 5, 100, 127, 129, 137, 138, 140, 141, 142, 144, 148, 150, 153, 159, 200, 255], 'INVALID'],
]

describe('the first message of an ICMP type', () => {
  for (const [types, state] of ICMP_FIRST) {
    it.each(types)(`ICMP type %i is ${state}`, type => {
      const skb = icmp(A, B, type, 0, 7)
      expect(new Bench().pass(skb)).toBe(NF_ACCEPT)
      expect(stateOf(skb)).toBe(state)
    })
  }
  for (const [types, state] of ICMPV6_FIRST) {
    it.each(types)(`ICMPv6 type %i is ${state}`, type => {
      const bench = new Bench()
      const skb = icmp('fd01::2', 'fd02::2', type, 0, 7)
      bench.pass(skb)
      expect(stateOf(skb)).toBe(state)
      expect(bench.conntrack.entries()).toHaveLength(state === 'NEW' ? 1 : 0)
    })
  }
})

/** A plain TCP connection: state, seconds, flags as `conntrack -E` prints them (S08t). */
const CONNECTION: readonly (readonly [dir: number, flags: number, seq: number, ack: number, line: string])[] = [
  [0, TCP_SYN, 100, 0, '120 SYN_SENT [UNREPLIED]'],
  [1, TCP_SYN | TCP_ACK, 500, 101, '60 SYN_RECV'],
  [0, TCP_ACK, 101, 501, '432000 ESTABLISHED [ASSURED]'],
  [0, TCP_FIN | TCP_ACK, 101, 501, '120 FIN_WAIT [ASSURED]'],
  [1, TCP_FIN | TCP_ACK, 501, 102, '30 LAST_ACK [ASSURED]'],
  [0, TCP_ACK, 102, 502, '120 TIME_WAIT [ASSURED]'],
]

describe('tcp', () => {
  it('a connection goes through the states and timeouts of conntrack -E', () => {
    const bench = new Bench()
    for (const [dir, flags, seq, ack, line] of CONNECTION) {
      const skb = dir === 0 ? tcp(A, 4000, B, 80, flags, seq, ack) : tcp(B, 80, A, 4000, flags, seq, ack)
      bench.pass(skb)
      const [, , timeout, state] = bench.conntrack.list().split(/\s+/)
      const flagsText = bench.conntrack.list().match(/\[[A-Z]+\]/g) ?? []
      expect([timeout, state, ...flagsText].join(' ')).toBe(line)
    }
  })

  it('a stray ACK begins a flow of 300 s that is NEW for NAT (S36c)', () => {
    const bench = new Bench()
    const skb = tcp(A, 48_001, B, 8080, TCP_ACK, 1, 1)
    bench.pass(skb)
    expect(stateOf(skb)).toBe('NEW')
    expect(tuples(bench)[0]).toMatch(/^ESTABLISHED src=10\.1\.0\.2 .*\[UNREPLIED\]/)
    expect(bench.conntrack.list()).toContain('tcp      6 300 ESTABLISHED')
    bench.pass(tcp(B, 8080, A, 48_001, TCP_RST, 1, 0))
    expect(bench.conntrack.entries()).toEqual([])
  })

  it('a stray ACK is INVALID with nf_conntrack_tcp_loose=0 (S36b)', () => {
    const bench = new Bench()
    bench.sysctl.tcpLoose = false
    const skb = tcp(A, 48_000, B, 8080, TCP_ACK, 1, 1)
    expect(bench.pass(skb)).toBe(NF_ACCEPT)
    expect(stateOf(skb)).toBe('INVALID')
    expect(skb.ct).toBeNull()
  })

  it('a RST that answers the SYN removes the flow, and still counts as its packet (S29)', () => {
    const bench = new Bench()
    bench.pass(tcp(A, 4000, B, 80, TCP_SYN, 100))
    const rst = tcp(B, 80, A, 4000, TCP_RST | TCP_ACK, 0, 101)
    expect(bench.pass(rst)).toBe(NF_ACCEPT)
    expect(stateOf(rst)).toBe('ESTABLISHED')
    expect(bench.conntrack.entries()).toEqual([])
  })

  it('a new SYN after TIME_WAIT begins a new flow', () => {
    const bench = new Bench()
    for (const [dir, flags, seq, ack] of CONNECTION) {
      bench.pass(dir === 0 ? tcp(A, 4000, B, 80, flags, seq, ack) : tcp(B, 80, A, 4000, flags, seq, ack))
    }
    const before = bench.conntrack.entries()[0]
    const syn = tcp(A, 4000, B, 80, TCP_SYN, 9000)
    bench.pass(syn)
    expect(stateOf(syn)).toBe('NEW')
    expect(bench.conntrack.entries()).toHaveLength(1)
    expect(bench.conntrack.entries()[0]).not.toBe(before)
  })

  it('a repeated SYN does not keep the flow alive', () => {
    const bench = new Bench()
    bench.pass(tcp(A, 4000, B, 80, TCP_SYN, 100))
    bench.wait(119)
    bench.pass(tcp(A, 4000, B, 80, TCP_SYN, 100))
    bench.wait(1)
    expect(bench.conntrack.entries()).toEqual([])
  })
})

describe('udp', () => {
  it('lives 30 s, and 120 s with [ASSURED] once both sides speak after two seconds', () => {
    const bench = new Bench()
    bench.pass(udp(A, 4000, B, 53))
    expect(tuples(bench)[0]).toContain('[UNREPLIED]')
    bench.wait(1)
    bench.pass(udp(B, 53, A, 4000))
    const second = udp(A, 4000, B, 53)
    bench.pass(second)
    expect(stateOf(second)).toBe('ESTABLISHED')
    expect(bench.conntrack.list()).toBe(
      'udp      17 30 src=10.1.0.2 dst=10.2.0.2 sport=4000 dport=53 src=10.2.0.2 dst=10.1.0.2 sport=53 dport=4000 mark=0 use=1\n',
    )
    bench.wait(1.1)
    bench.pass(udp(A, 4000, B, 53))
    expect(bench.conntrack.list()).toMatch(/^udp {6}17 120 .*\[ASSURED\] mark=0 use=1\n$/)
    bench.wait(120)
    expect(bench.conntrack.list()).toBe('')
  })

  it('stays NEW while nobody answers, and expires', () => {
    const bench = new Bench()
    for (let i = 0; i < 3; i++) {
      const skb = udp(A, 4000, B, 53)
      bench.pass(skb)
      expect(stateOf(skb)).toBe('NEW')
      bench.wait(20)
    }
    bench.wait(10)
    expect(bench.conntrack.entries()).toEqual([])
  })
})

describe('any packet', () => {
  it.each([
    [2, 600],
    [4, 600],
    [50, 600],
    [47, 30],
    [253, 600],
  ])('protocol %i without a tracker lives %i s', (proto, seconds) => {
    const bench = new Bench()
    bench.pass(other(proto, A, B))
    expect(bench.conntrack.list()).toContain(` ${proto} ${seconds} src=10.1.0.2 dst=10.2.0.2 `)
  })

  it('is left alone while conntrack is off', () => {
    const bench = new Bench()
    bench.conntrack.enabled = false
    const skb = udp(A, 1, B, 2)
    expect(bench.pass(skb)).toBe(NF_ACCEPT)
    expect([skb.ct, stateOf(skb)]).toEqual([null, 'NONE'])
  })

  it('that was dropped before the end leaves no entry', () => {
    const bench = new Bench()
    bench.conntrack.track(udp(A, 1, B, 2), HOOK_PREROUTING)
    const again = udp(A, 1, B, 2)
    bench.conntrack.track(again, HOOK_PREROUTING)
    expect(stateOf(again)).toBe('NEW')
    expect(bench.conntrack.entries()).toEqual([])
  })

  it('over lo keeps the entry of its output side, and asks no nat rules again', () => {
    const bench = new Bench()
    const skb = udp('127.0.0.1', 1, '127.0.0.1', 2)
    bench.output(skb)
    const entry = skb.ct
    skb.looped = true
    bench.conntrack.track(skb, HOOK_PREROUTING)
    expect(skb.ct).toBe(entry)
    expect(stateOf(skb)).toBe('NEW')
    expect(bench.conntrack.needsNatRules(skb, 'dst')).toBe(false)
    expect(bench.conntrack.needsNatRules(skb, 'src')).toBe(false)
  })

  it('marked NOTRACK is UNTRACKED: nat does not apply (S36)', () => {
    const bench = new Bench()
    const skb = udp(A, 1, B, 2)
    bench.conntrack.untrack(skb)
    bench.forward(skb, { dnat: { to: '10.9.9.9' } })
    expect(stateOf(skb)).toBe('UNTRACKED')
    expect(bench.conntrack.needsNatRules(skb, 'dst')).toBe(false)
    expect(bench.conntrack.entries()).toEqual([])
  })

  it('of a deleted entry is NEW again', () => {
    const bench = new Bench()
    bench.pass(udp(A, 1, B, 2))
    bench.pass(udp(A, 3, B, 2))
    expect(bench.conntrack.delete(entry => entry.original.sport === 1)).toBe(1)
    expect(tuples(bench)).toHaveLength(1)
    bench.conntrack.flush()
    expect(bench.conntrack.entries()).toEqual([])
  })

  it('whose entry was deleted on its way is dropped at the end', () => {
    const bench = new Bench()
    const first = udp(A, 1, B, 2)
    bench.conntrack.track(first, HOOK_PREROUTING)
    const second = fresh(udp(A, 1, B, 2))
    bench.pass(second)
    expect(bench.conntrack.confirm(first)).toBe(NF_ACCEPT)
    expect(first.ct).toStrictEqual(second.ct)
  })

  it('of TCP is dropped at the end when its tuple was taken on the way', () => {
    const bench = new Bench()
    const first = tcp(A, 1, B, 2, TCP_SYN)
    bench.conntrack.track(first, HOOK_PREROUTING)
    bench.pass(tcp(A, 1, B, 2, TCP_SYN))
    expect(bench.conntrack.confirm(first)).toBe(NF_DROP)
  })
})

describe('a full table', () => {
  it('gives up flows without [ASSURED], and drops packets when there are none near', () => {
    const bench = new Bench()
    bench.conntrack.max = 20
    for (let port = 1; port <= 200; port++) bench.pass(udp(A, port, B, 53))
    expect(bench.conntrack.entries().length).toBeLessThanOrEqual(20)
    expect(bench.conntrack.entries().length).toBeGreaterThan(0)
  })

  it('drops packets while every flow is [ASSURED]', () => {
    const bench = new Bench().record()
    bench.conntrack.max = 2
    for (const port of [1, 2]) {
      bench.pass(tcp(A, port, B, 80, TCP_SYN, 0))
      bench.pass(tcp(B, 80, A, port, TCP_SYN | TCP_ACK, 0, 1))
      bench.pass(tcp(A, port, B, 80, TCP_ACK, 1, 1))
    }
    expect(bench.pass(udp(A, 9, B, 53))).toBe(NF_DROP)
    expect(bench.events.at(-1)).toMatchObject({ kind: 'drop', reason: 'conntrack_full' })
    expect(bench.conntrack.entries()).toHaveLength(2)
  })
})

describe('answers that the stack makes', () => {
  it('belong to the flow of their cause, in the other direction, and never confirm it', () => {
    const bench = new Bench()
    const cause = tcp(A, 4000, B, 80, TCP_SYN)
    bench.conntrack.track(cause, HOOK_PREROUTING)
    bench.nat(cause, HOOK_PREROUTING, 'dst', undefined)
    const rst = tcp(B, 80, A, 4000, TCP_RST | TCP_ACK, 0, 1)
    bench.conntrack.attach(rst, cause)
    expect([rst.ct, rst.ctState, rst.ctDir]).toEqual([cause.ct, CT_RELATED, DIR_REPLY])
    expect(bench.conntrack.track(rst, HOOK_OUTPUT)).toBe(NF_ACCEPT)
    expect(bench.nat(rst, HOOK_POSTROUTING, 'src', undefined)).toBe(NF_ACCEPT)
    expect(bench.conntrack.confirm(rst)).toBe(NF_ACCEPT)
    expect(bench.conntrack.entries()).toEqual([])
  })
})

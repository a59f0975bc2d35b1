import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { HOOK_INPUT, HOOK_PREROUTING, NF_ACCEPT, NF_DROP, NF_STOLEN } from '../../../src/netns/model/netfilter.ts'
import { cloneSkb, type Skb } from '../../../src/netns/model/skb.ts'
import { ipHeaderLength } from '../../../src/netns/skb-bytes.ts'
import { Bench, icmp, show, stateOf, udp } from './support.ts'

/** Cuts a datagram at these offsets (multiples of 8), as the output path does. */
function cut(whole: Skb, offsets: readonly number[]): Skb[] {
  const total = whole.length - ipHeaderLength(whole)
  const starts = [0, ...offsets.filter(offset => offset > 0 && offset < total)]
  return starts.map((from, index) => {
    const to = starts[index + 1] ?? total
    const piece = cloneSkb(whole)
    piece.fragOf = whole
    piece.fragOffset = from
    piece.mf = to < total
    piece.sport = 0
    piece.dport = 0
    piece.payloadLength = to - from
    piece.length = ipHeaderLength(piece) + to - from
    return piece
  })
}

function datagram(family: 4 | 6, payload: number, id = 7): Skb {
  const skb =
    family === 4 ? udp('10.1.0.2', 4000, '10.2.0.2', 53, payload) : udp('fd01::2', 4000, 'fd02::2', 53, payload)
  skb.ipId = id
  return skb
}

describe.each([4, 6] as const)('IPv%i fragments', family => {
  test.prop([
    fc.integer({ min: 100, max: 60_000 }),
    fc.uniqueArray(fc.integer({ min: 2, max: 7000 }), { maxLength: 12 }),
    fc.infiniteStream(fc.nat(1000)),
  ])('become the datagram again in any order, and none is left', (payload, cuts, order) => {
    const bench = new Bench()
    const whole = datagram(family, payload)
    const pieces = cut(
      whole,
      [1, ...cuts].map(n => n * 8).sort((a, b) => a - b),
    )
    const longest = Math.max(...pieces.map(piece => piece.length))
    const shuffled = pieces
      .map(piece => ({ piece, key: order.next().value as number }))
      .sort((a, b) => a.key - b.key)
      .map(({ piece }) => piece)
    const verdicts = shuffled.map(piece => bench.conntrack.track(piece, HOOK_PREROUTING))
    expect(verdicts.slice(0, -1).every(verdict => verdict === NF_STOLEN)).toBe(true)
    expect(verdicts.at(-1)).toBe(NF_ACCEPT)
    const last = shuffled.at(-1)
    expect(last).toMatchObject({
      length: whole.length,
      payloadLength: payload,
      mf: false,
      fragOffset: 0,
      fragOf: null,
      sport: 4000,
      dport: 53,
      fragMaxSize: longest,
    })
    expect(bench.timers).toBe(0)
    expect(last === undefined ? '' : stateOf(last)).toBe('NEW')
  })

  it('of several datagrams do not mix', () => {
    const bench = new Bench()
    const [a1, a2] = cut(datagram(family, 2000, 1), [1000])
    const [b1, b2] = cut(datagram(family, 2000, 2), [1000])
    const verdicts = [a1, b2, b1, a2].map(piece =>
      piece === undefined ? NF_DROP : bench.conntrack.track(piece, HOOK_PREROUTING),
    )
    expect(verdicts).toEqual([NF_STOLEN, NF_STOLEN, NF_ACCEPT, NF_ACCEPT])
  })

  it('of different places of reassembly do not mix', () => {
    const bench = new Bench()
    const [first, second] = cut(datagram(family, 2000), [1000]) as [Skb, Skb]
    expect(bench.conntrack.defragment(first, HOOK_PREROUTING)).toBe(NF_STOLEN)
    expect(bench.conntrack.defragment(second, HOOK_INPUT)).toBe(NF_STOLEN)
  })

  it('that overlap cost the datagram; a copy costs itself only', () => {
    const bench = new Bench()
    const [first, second, third] = cut(datagram(family, 3000), [1000, 2000]) as [Skb, Skb, Skb]
    expect(bench.conntrack.track(cloneSkb(first), HOOK_PREROUTING)).toBe(NF_STOLEN)
    expect(bench.conntrack.track(cloneSkb(first), HOOK_PREROUTING)).toBe(NF_DROP)
    const overlapping = cloneSkb(second)
    overlapping.fragOffset = 992
    expect(bench.conntrack.track(overlapping, HOOK_PREROUTING)).toBe(NF_DROP)
    // The queue is gone: the other pieces wait in vain.
    expect(bench.conntrack.track(second, HOOK_PREROUTING)).toBe(NF_STOLEN)
    expect(bench.conntrack.track(third, HOOK_PREROUTING)).toBe(NF_STOLEN)
  })

  it('that stay alone are dropped in time', () => {
    const bench = new Bench().record()
    const [first] = cut(datagram(family, 2000), [1000]) as [Skb]
    bench.conntrack.track(first, HOOK_PREROUTING)
    bench.wait(family === 4 ? 29 : 59)
    expect(bench.timers).toBe(1)
    bench.wait(2)
    expect(bench.timers).toBe(0)
    expect(bench.events.at(-1)).toMatchObject({ kind: 'drop', reason: 'frag_timeout' })
  })
})

describe('fragments', () => {
  it('are answered after the timeout only where the datagram is for this host, and the first is here', () => {
    for (const [ours, firstToo, answers] of [
      [true, true, 1],
      [true, false, 0],
      [false, true, 0],
    ] as const) {
      const bench = new Bench()
      const pieces = cut(datagram(4, 3000), [1000, 2000]) as [Skb, Skb, Skb]
      if (ours) bench.local.add(pieces[0].dst)
      for (const piece of firstToo ? pieces.slice(0, 2) : pieces.slice(1)) {
        // What it arrived by does not matter, that it did does.
        piece.dev = {} as never
        bench.conntrack.track(piece, HOOK_PREROUTING)
      }
      bench.wait(30)
      expect(bench.errors.map(({ type, code }) => `${type}/${code}`)).toEqual(answers === 1 ? ['11/1'] : [])
    }
  })

  it('are held while conntrack is off too, where somebody asks', () => {
    const bench = new Bench()
    bench.conntrack.enabled = false
    const [first, second] = cut(datagram(4, 2000), [1000]) as [Skb, Skb]
    expect(bench.conntrack.track(first, HOOK_PREROUTING)).toBe(NF_ACCEPT)
    expect(bench.conntrack.defragment(first, HOOK_INPUT)).toBe(NF_STOLEN)
    expect(bench.conntrack.defragment(second, HOOK_INPUT)).toBe(NF_ACCEPT)
    expect(show(second)).toBe('10.1.0.2:4000 > 10.2.0.2:53')
  })

  it('of an echo are one packet of its flow', () => {
    const bench = new Bench()
    const ping = icmp('10.1.0.2', '10.2.0.2', 8, 0, 9)
    ping.payloadLength = 2000
    ping.length = 2028
    const [first, second] = cut(ping, [1000]) as [Skb, Skb]
    bench.forward(first)
    bench.forward(second)
    expect(stateOf(second)).toBe('NEW')
    expect(bench.conntrack.entries()).toMatchObject([{ packets: [1, 0], bytes: [2028, 0] }])
  })

  it('keep DF when the longest of them had it', () => {
    const bench = new Bench()
    const whole = datagram(4, 2000)
    whole.df = true
    const [first, second] = cut(whole, [1000]) as [Skb, Skb]
    bench.conntrack.track(first, HOOK_PREROUTING)
    second.df = false
    bench.conntrack.track(second, HOOK_PREROUTING)
    expect(second.df).toBe(first.length > second.length)
  })
})

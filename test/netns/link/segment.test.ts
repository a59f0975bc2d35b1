import { describe, expect, it } from 'vitest'
import {
  createPhysical,
  deleteLink,
  type Physical,
  Segment,
  type SegmentOptions,
} from '../../../src/netns/link/index.ts'
import { EventLoop } from '../../../src/netns/sim/simulation.ts'
import type { TraceEvent } from '../../../src/trace/recorder.ts'
import { formatAddr } from '../../../src/wire/addr.ts'
import { MAC_BROADCAST, type Mac } from '../../../src/wire/mac.ts'
import { ETHERTYPE_ARP } from '../../../src/wire/protocol.ts'
import { FakeNamespace } from './support/fake-namespace.ts'
import { arpRequest, frame, mac } from './support/frames.ts'

class Lab {
  readonly sim = new EventLoop()
  readonly segment: Segment
  readonly nodes: FakeNamespace[] = []
  readonly cards: Physical[] = []
  readonly events: TraceEvent[] = []

  constructor(count: number, options: SegmentOptions = {}) {
    this.sim.recorder = { misses: false, frames: false, record: event => this.events.push(event) }
    this.segment = new Segment(this.sim, 'underlay', options)
    for (let i = 1; i <= count; i++) this.add(i)
  }

  add(last: number): Physical {
    const node = new FakeNamespace(`n${last}`, this.sim)
    const card = createPhysical(node.asNamespace, { name: 'eth0', mac: mac(last), segment: this.segment })
    this.nodes.push(node)
    this.cards.push(card)
    return card
  }

  /** Sends from the first card; who saw the frame, as `n2:In n3:P`. */
  send(dst: Mac, options: Parameters<typeof frame>[2] = {}): string {
    this.cards[0]?.transmit(frame(mac(1), dst, options))
    return this.run()
  }

  run(): string {
    this.events.length = 0
    this.sim.run()
    return this.events.flatMap(event => (event.kind === 'rx' ? [`${event.ns}:${event.pktType}`] : [])).join(' ')
  }

  drops(action: () => void): string[] {
    this.events.length = 0
    action()
    this.sim.run()
    return this.events.flatMap(event => (event.kind === 'drop' ? [event.reason] : []))
  }
}

describe('a segment', () => {
  it('delivers by address, and everything else to every other card', () => {
    const lab = new Lab(3)
    expect(lab.send(mac(2))).toBe('n2:In')
    expect(lab.send(MAC_BROADCAST)).toBe('n2:B n3:B')
    expect(lab.send(mac(9))).toBe('n2:P n3:P')
  })

  it('remembers addresses behind a card', () => {
    const lab = new Lab(3)
    lab.cards[1]?.transmit(frame(mac(9), mac(1)))
    expect(lab.run()).toBe('n1:In')
    expect(lab.send(mac(9))).toBe('n2:P')
  })

  it('gives each receiver a packet of its own, what it carries included', () => {
    const lab = new Lab(3)
    const outer = frame(mac(1), MAC_BROADCAST)
    outer.inner = frame(mac(7), mac(8))
    lab.cards[0]?.transmit(outer)
    lab.run()
    const [one, two] = [lab.nodes[1]?.received[0]?.skb, lab.nodes[2]?.received[0]?.skb]
    expect(one).not.toBe(two)
    expect(one?.id).toBe(two?.id)
    expect(one?.inner).not.toBe(two?.inner)
    expect(one?.inner?.id).toBe(two?.inner?.id)
  })

  it('takes the mark away', () => {
    const lab = new Lab(2)
    const skb = frame(mac(1), mac(2))
    skb.mark = 7
    lab.cards[0]?.transmit(skb)
    lab.run()
    expect(lab.nodes[1]?.received[0]?.skb.mark).toBe(0)
  })

  it('takes its time', () => {
    const lab = new Lab(2, { latency: 250 })
    lab.send(mac(2))
    expect(lab.sim.now).toBe(250)
    expect(lab.nodes[1]?.received).toHaveLength(1)
  })

  it.each([
    [1504, 'n2:In', []],
    [1505, '', ['link_mtu']],
  ])('MTU 1500: %i bytes', (length, seen, drops) => {
    const lab = new Lab(2, { mtu: 1500 })
    for (const card of lab.cards) card.mtu = 9000
    expect(lab.send(mac(2), { length })).toBe(seen)
    expect(lab.drops(() => lab.cards[0]?.transmit(frame(mac(1), mac(2), { length })))).toEqual(drops)
  })

  it('can be cut, and can lose frames by a rule', () => {
    const lab = new Lab(3)
    lab.segment.loses = (skb, _, to) => skb.dport === 2000 && to.ns.name === 'n3'
    expect(lab.send(MAC_BROADCAST)).toBe('n2:B')
    expect(lab.drops(() => lab.cards[0]?.transmit(frame(mac(1), mac(3))))).toEqual(['frame_lost'])
    lab.segment.up = false
    expect(lab.drops(() => lab.cards[0]?.transmit(frame(mac(1), mac(2))))).toEqual(['link_down'])
    lab.segment.up = true
    expect(lab.send(mac(2))).toBe('n2:In')
  })

  it('has no cards of deleted links, and does not deliver to cards that are down', () => {
    const lab = new Lab(3)
    if (lab.cards[1] !== undefined) deleteLink(lab.cards[1])
    expect(lab.send(mac(2))).toBe('n3:P')
    const [, , third] = lab.cards
    if (third !== undefined) third.up = false
    expect(lab.drops(() => lab.cards[0]?.transmit(frame(mac(1), mac(3))))).toEqual(['link_down'])
  })
})

describe('materialise', () => {
  /** A segment on which nodes 2 … 5000 come into being when a frame or an ARP request is for them. */
  function cluster(): { lab: Lab; made: number[] } {
    const lab = new Lab(1)
    const made: number[] = []
    const exists = new Set([1])
    lab.segment.materialise = skb => {
      const last = skb.etherType === ETHERTYPE_ARP ? Number(formatAddr(skb.dst).split('.')[3]) : skb.ethDst - mac(0)
      if (last < 2 || last > 5000 || exists.has(last)) return
      exists.add(last)
      made.push(last)
      lab.add(last)
    }
    return { lab, made }
  }

  it('attaches the node that a frame is for, once, and delivers to it', () => {
    const { lab, made } = cluster()
    expect(lab.send(mac(4711))).toBe('n4711:In')
    expect(lab.send(mac(4711))).toBe('n4711:In')
    expect(made).toEqual([4711])
  })

  it('attaches the node that an ARP request asks for', () => {
    const { lab, made } = cluster()
    lab.cards[0]?.transmit(arpRequest(mac(1), '10.0.0.1', '10.0.0.42'))
    expect(lab.run()).toBe('n42:B')
    expect(made).toEqual([42])
  })

  it('is not asked about addresses that are known', () => {
    const { lab } = cluster()
    lab.add(2)
    lab.segment.materialise = () => expect.unreachable('the address is known')
    expect(lab.send(mac(2))).toBe('n2:In')
  })
})

import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { attachPort, type Bridge, createBridge, createVeth, type Veth } from '../../../src/netns/link/index.ts'
import { EventLoop } from '../../../src/netns/sim/simulation.ts'
import type { TraceEvent } from '../../../src/trace/recorder.ts'
import { isGroupMac, MAC_BROADCAST, type Mac } from '../../../src/wire/mac.ts'
import { BridgeLab } from './support/bridge-lab.ts'
import { FakeNamespace } from './support/fake-namespace.ts'
import { frame, mac } from './support/frames.ts'

const PORTS = 4
const AGEING = 300_000_000

/** Addresses: hosts 1 … 6 that may be anywhere, the bridge, two ports, broadcast. */
const address = fc.constantFrom(
  ...[1, 2, 3, 4, 5, 6, 0x200, 0x101, 0x102].map(mac),
  MAC_BROADCAST,
  0x0100_5e00_00fb as Mac,
)

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('frame' as const), port: fc.nat(PORTS - 1), src: address, dst: address }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.nat(400) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('flag' as const),
      port: fc.nat(PORTS - 1),
      flag: fc.constantFrom('hairpin', 'learning', 'flood', 'mcastFlood', 'bcastFlood', 'isolated'),
      on: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('promisc' as const), on: fc.boolean() }) },
)

type Flags = {
  hairpin: boolean
  learning: boolean
  flood: boolean
  mcastFlood: boolean
  bcastFlood: boolean
  isolated: boolean
}

/** A bridge as its documentation describes it, without any care for speed: a list of what was heard, newest last. */
class NaiveBridge {
  readonly flags: Flags[] = Array.from({ length: PORTS }, () => ({
    hairpin: false,
    learning: true,
    flood: true,
    mcastFlood: true,
    bcastFlood: true,
    isolated: false,
  }))
  promisc = false
  readonly own = new Set<Mac>([mac(0x200), ...Array.from({ length: PORTS }, (_, i) => mac(0x100 + PORTS - i))])
  heard: { mac: Mac; port: number; time: number }[] = []

  /** Ports that the frame leaves by, and whether it goes up. */
  handle(port: number, src: Mac, dst: Mac, time: number): { out: number[]; up: boolean } {
    if (isGroupMac(src)) return { out: [], up: false }
    if (this.flags[port]?.learning && !this.own.has(src)) this.heard.push({ mac: src, port, time })
    if (this.own.has(dst)) return { out: [], up: true }
    const last = this.heard.filter(entry => entry.mac === dst).at(-1)
    const known = last !== undefined && time - last.time < AGEING ? last.port : undefined
    const candidates =
      known !== undefined ? [known] : this.flags.flatMap((flags, i) => (this.floods(flags, dst) ? [i] : []))
    const from = this.flags[port]
    const out = candidates.filter(to => {
      const flags = this.flags[to]
      return (to !== port || flags?.hairpin) && !(flags?.isolated && from?.isolated)
    })
    return { out, up: isGroupMac(dst) || this.promisc }
  }

  floods(flags: Flags, dst: Mac): boolean {
    if (dst === MAC_BROADCAST) return flags.bcastFlood
    return isGroupMac(dst) ? flags.mcastFlood : flags.flood
  }
}

describe('a bridge and its naive model', () => {
  test.prop([fc.array(step, { minLength: 1, maxLength: 60 })])('send every frame out of the same ports', steps => {
    const lab = new BridgeLab(PORTS)
    lab.node.sysctl.bridgeNfCallIptables = false
    const naive = new NaiveBridge()
    for (const at of steps) {
      if (at.kind === 'wait') lab.sim.run(lab.sim.now + at.seconds * 1_000_000)
      else if (at.kind === 'promisc') lab.bridge.promiscuous = naive.promisc = at.on
      else if (at.kind === 'flag') {
        lab.port(at.port)[at.flag] = at.on
        const flags = naive.flags[at.port]
        if (flags !== undefined) flags[at.flag] = at.on
      } else {
        lab.events.length = 0
        lab.end(at.port).transmit(frame(at.src, at.dst))
        lab.sim.run()
        const expected = naive.handle(at.port, at.src, at.dst, lab.sim.now)
        const out = lab.events.flatMap(e => (e.kind === 'tx' && e.ns === 'n' ? [Number(e.dev.slice(1))] : []))
        expect(out.sort()).toEqual(expected.out.sort())
        expect(lab.events.some(e => e.kind === 'rx' && e.dev === 'br0')).toBe(expected.up)
      }
    }
  })
})

/** A tree of bridges, each in its own namespace, with hosts at the leaves. */
function tree(parents: readonly number[]): {
  sim: EventLoop
  events: TraceEvent[]
  hosts: FakeNamespace[]
  ends: Veth[]
} {
  const sim = new EventLoop({ maxEvents: 20_000 })
  const events: TraceEvent[] = []
  sim.recorder = { misses: false, frames: false, record: event => events.push(event) }
  const bridges: Bridge[] = []
  const hosts: FakeNamespace[] = []
  const ends: Veth[] = []
  const nodes: FakeNamespace[] = []
  for (let i = 0; i <= parents.length; i++) {
    const node = new FakeNamespace(`s${i}`, sim)
    const bridge = createBridge(node.asNamespace, { name: 'br0' })
    nodes.push(node)
    bridges.push(bridge)
    const above = i === 0 ? -1 : (parents[i - 1] ?? 0) % i
    const [up, upNode] = [bridges[above], nodes[above]]
    if (up !== undefined && upNode !== undefined) {
      const [one, two] = createVeth({ ns: node.asNamespace, name: 'up' }, { ns: upNode.asNamespace, name: `d${i}` })
      attachPort(bridge, one)
      attachPort(up, two)
    }
    const host = new FakeNamespace(`h${i}`, sim)
    const [port, end] = createVeth(
      { ns: node.asNamespace, name: 'v' },
      { ns: host.asNamespace, name: 'eth0', mac: mac(i + 1) },
    )
    attachPort(bridge, port)
    hosts.push(host)
    ends.push(end)
  }
  return { sim, events, hosts, ends }
}

describe('frames are conserved', () => {
  const topology = fc.array(fc.nat(20), { maxLength: 6 })
  const traffic = fc.array(fc.record({ from: fc.nat(6), to: fc.nat(7) }), { minLength: 1, maxLength: 20 })

  test.prop([topology, traffic])(
    'in a tree of bridges: each reaches its host once, nobody else takes it, none is left',
    (parents, sends) => {
      const { sim, events, hosts, ends } = tree(parents)
      for (const { from, to } of sends) {
        events.length = 0
        const end = ends[from % ends.length]
        const group = to % (ends.length + 1) === ends.length
        const dst = group ? MAC_BROADCAST : mac((to % (ends.length + 1)) + 1)
        if (end === undefined || end.mac === dst) continue
        for (const host of hosts) host.received.length = 0
        end.transmit(frame(end.mac, dst))
        expect(sim.run()).toBe('idle')
        const takers = hosts.filter(host => host.received.length > 0)
        expect(takers.every(host => host.received.length === 1)).toBe(true)
        expect(takers.length).toBe(group ? ends.length - 1 : 1)
        const sent = events.filter(event => event.kind === 'tx').length
        const arrived = events.filter(event => event.kind === 'rx' && event.dev !== 'br0').length
        expect(arrived).toBe(sent)
      }
    },
  )
})

describe('a loop of bridges', () => {
  it('does not carry a frame for ever', () => {
    const sim = new EventLoop()
    const one = new FakeNamespace('s1', sim)
    const two = new FakeNamespace('s2', sim)
    const bridges = [one, two].map(node => createBridge(node.asNamespace, { name: 'br0' }))
    for (const name of ['a', 'b']) {
      const pair = createVeth({ ns: one.asNamespace, name }, { ns: two.asNamespace, name })
      pair.forEach((end, i) => {
        const bridge = bridges[i]
        if (bridge !== undefined) attachPort(bridge, end)
      })
    }
    const reasons: string[] = []
    sim.recorder = {
      misses: false,
      frames: false,
      record: event => {
        if (event.kind === 'drop') reasons.push(event.reason)
      },
    }
    bridges[0]?.transmit(frame(mac(1), MAC_BROADCAST))
    expect(sim.run()).toBe('idle')
    expect(reasons).toEqual(['nested_too_deep', 'nested_too_deep'])
  })
})

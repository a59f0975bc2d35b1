import { describe, expect, it } from 'vitest'
import { KubehopError } from '../../../src/errors.ts'
import {
  createVeth,
  createVxlan,
  deleteLink,
  setMtu,
  type Vxlan,
  type VxlanOptions,
} from '../../../src/netns/link/index.ts'
import type { Skb } from '../../../src/netns/model/skb.ts'
import { EventLoop } from '../../../src/netns/sim/simulation.ts'
import type { TraceEvent } from '../../../src/trace/recorder.ts'
import { formatAddr, parseAddr } from '../../../src/wire/addr.ts'
import { MAC_BROADCAST, MAC_ZERO, type Mac } from '../../../src/wire/mac.ts'
import { decision, FakeNamespace } from './support/fake-namespace.ts'
import { arpRequest, frame, mac } from './support/frames.ts'

const to = (text: string) => ({ addr: parseAddr(text), port: 0, vni: -1, via: null })

/** A node with eth0 (MTU 1500) and vx0 (VNI 7, 02:…:07:01) over it. */
class Node extends FakeNamespace {
  readonly events: TraceEvent[] = []
  readonly vx: Vxlan
  constructor(last = 1, options: Partial<VxlanOptions> = {}, sim = new EventLoop()) {
    super(`n${last}`, sim)
    if (sim.recorder === null) {
      sim.recorder = { misses: false, frames: false, record: event => this.events.push(event) }
    }
    const [eth0] = createVeth({ ns: this.asNamespace, name: 'eth0' }, { ns: this.asNamespace, name: 'other' })
    this.vx = createVxlan(this.asNamespace, {
      name: 'vx0',
      vni: 7,
      local: parseAddr(`10.0.0.${last}`),
      dev: eth0,
      mac: mac(0x700 + last),
      learning: false,
      ...options,
    })
  }

  /** Transmits a frame by vx0; where the packets went, as `10.0.0.3 8472 7`. */
  out(skb: Skb): string[] {
    this.sent.length = 0
    this.vx.transmit(skb)
    return this.sent.map(({ skb: outer }) => `${formatAddr(outer.dst)} ${outer.dport} ${outer.vni}`)
  }

  get drops(): string[] {
    return this.events.flatMap(event => (event.kind === 'drop' ? [event.reason] : []))
  }
}

const A = mac(0x701)
const B = mac(0x702)

describe('the outer packet (recorded with Linux 6.18)', () => {
  it('is UDP from the local address, TTL 64, without DF, 50 bytes longer than the inner packet', () => {
    const node = new Node()
    node.vx.addFdb(B, to('10.0.0.2'))
    const inner = frame(A, B, { length: 48 })
    inner.mark = 0x4000
    inner.ttl = 63
    node.out(inner)
    const [sent] = node.sent
    expect(sent?.oif).toBe(0)
    expect(sent?.skb).toMatchObject({
      src: parseAddr('10.0.0.1'),
      dst: parseAddr('10.0.0.2'),
      proto: 17,
      dport: 8472,
      ttl: 64,
      tos: 0,
      df: false,
      length: 98,
      mark: 0x4000,
      vni: 7,
      inner,
      dev: node.vx,
      causeId: inner.id,
    })
    expect(sent?.skb.id).not.toBe(inner.id)
  })

  it.each([
    ['a tagged frame', frame(A, B, { length: 48, vlan: 5 }), 102],
    ['ARP', arpRequest(A, '10.7.0.1', '10.7.0.2'), 78],
  ])('%s', (_, inner, length) => {
    const node = new Node(1, { remote: parseAddr('10.0.0.2') })
    node.out(inner)
    expect(node.sent[0]?.skb.length).toBe(length)
  })

  it('is 70 bytes longer over IPv6', () => {
    const node = new Node(1, { local: parseAddr('fd00::1'), remote: parseAddr('fd00::2') })
    expect(node.vx.mtu).toBe(1430)
    node.out(frame(A, B, { length: 48 }))
    expect(node.sent[0]?.skb).toMatchObject({ length: 118, src: parseAddr('fd00::1'), etherType: 0x86dd })
  })

  it.each([
    [0x00, 0x00],
    [0x03, 0x02],
    [0xb9, 0x01],
    [0x02, 0x02],
  ])('inner TOS 0x%s gives outer TOS 0x%s: only the congestion bits, and CE becomes ECT(0)', (inner, outer) => {
    const node = new Node(1, { remote: parseAddr('10.0.0.2') })
    const skb = frame(A, B)
    skb.tos = inner
    node.out(skb)
    expect(node.sent[0]?.skb.tos).toBe(outer)
  })

  it('has a source port in ip_local_port_range that follows from the flow, the same in both directions', () => {
    const node = new Node(1, { remote: parseAddr('10.0.0.2') })
    const port = (change: (skb: Skb) => void): number => {
      const skb = frame(A, B)
      change(skb)
      node.out(skb)
      return node.sent[0]?.skb.sport ?? -1
    }
    const ports = new Set<number>()
    for (let sport = 1; sport <= 200; sport++) {
      const there = port(skb => void Object.assign(skb, { sport }))
      const back = port(skb => void Object.assign(skb, { src: skb.dst, dst: skb.src, sport: skb.dport, dport: sport }))
      expect(back).toBe(there)
      expect(there).toBeGreaterThanOrEqual(32768)
      expect(there).toBeLessThan(60999)
      ports.add(there)
    }
    expect(ports.size).toBeGreaterThan(190)
  })

  it('of all fragments of a datagram has the same source port', () => {
    const node = new Node(1, { remote: parseAddr('10.0.0.2') })
    const ports = [0, 1424].map(fragOffset => {
      const skb = frame(A, B)
      Object.assign(skb, { fragOffset, mf: fragOffset === 0, sport: fragOffset === 0 ? 1000 : 0 })
      node.out(skb)
      return node.sent[0]?.skb.sport
    })
    expect(ports[0]).toBe(ports[1])
  })
})

describe('the forwarding database (recorded with Linux 6.18)', () => {
  it('without an entry the frame is dropped silently', () => {
    const node = new Node()
    expect(node.out(frame(A, B))).toEqual([])
    expect(node.drops).toEqual(['no_fdb'])
    expect(node.vx).toMatchObject({ txDropped: 1, txPackets: 0 })
  })

  it('the default entry may have several remotes, the first of which is served last', () => {
    const node = new Node()
    node.vx.addFdb(MAC_ZERO, to('10.0.0.2'))
    node.vx.addFdb(MAC_ZERO, to('10.0.0.3'))
    node.vx.addFdb(MAC_ZERO, to('10.0.0.3'))
    expect(node.out(frame(A, B))).toEqual(['10.0.0.3 8472 7', '10.0.0.2 8472 7'])
    expect(node.out(frame(A, MAC_BROADCAST))).toHaveLength(2)
    expect(node.sent[0]?.skb.inner).not.toBe(node.sent[1]?.skb.inner)
    expect(node.vx.txPackets).toBe(4)
  })

  it('an entry goes before the default', () => {
    const node = new Node(1, { remote: parseAddr('10.0.0.9') })
    node.vx.addFdb(B, to('10.0.0.2'))
    expect(node.out(frame(A, B))).toEqual(['10.0.0.2 8472 7'])
    expect(node.out(frame(A, mac(0x703)))).toEqual(['10.0.0.9 8472 7'])
    expect(node.sent[0]?.oif).toBe(node.device('eth0')?.index)
  })

  it('an entry may name another port and VNI', () => {
    const node = new Node()
    node.vx.addFdb(B, { addr: parseAddr('10.0.0.2'), port: 4789, vni: 9, via: null })
    expect(node.out(frame(A, B))).toEqual(['10.0.0.2 4789 9'])
  })

  it('append changes nothing for a unicast address that is known; replace does; del removes', () => {
    const node = new Node()
    node.vx.addFdb(B, to('10.0.0.2'))
    node.vx.addFdb(B, to('10.0.0.3'))
    expect(node.out(frame(A, B))).toEqual(['10.0.0.2 8472 7'])
    node.vx.addFdb(B, to('10.0.0.3'), { replace: true })
    expect(node.out(frame(A, B))).toEqual(['10.0.0.3 8472 7'])
    expect(node.vx.deleteFdb(B, parseAddr('10.0.0.9'))).toBe(false)
    expect(node.vx.deleteFdb(B, parseAddr('10.0.0.3'))).toBe(true)
    expect(node.vx.deleteFdb(B)).toBe(false)
    expect(node.out(frame(A, B))).toEqual([])
  })

  it('lists a line for each remote', () => {
    const node = new Node(1, { remote: parseAddr('10.0.0.2') })
    node.vx.addFdb(B, to('10.0.0.3'))
    expect(node.vx.fdbEntries()).toEqual([
      { mac: MAC_ZERO, dev: 'vx0', dst: parseAddr('10.0.0.2'), self: true, permanent: true, via: 'eth0' },
      { mac: B, dev: 'vx0', dst: parseAddr('10.0.0.3'), self: true, permanent: true },
    ])
  })

  it.each([
    ['ENETUNREACH', ['no_vtep'], 1, 0],
    ['EPERM', [], 0, 1],
  ] as const)('a VTEP that cannot be reached (%s)', (errno, drops, txDropped, txPackets) => {
    const node = new Node(1, { remote: parseAddr('192.0.2.1') })
    node.onSend = () => errno
    node.out(frame(A, B))
    expect(node.drops).toEqual(drops)
    expect(node.vx).toMatchObject({ txDropped, txPackets })
  })

  it('a route to the VTEP that leads into the device itself ends there', () => {
    const node = new Node(1, { remote: parseAddr('10.7.0.2') })
    node.onSend = outer => {
      outer.ethDst = B
      node.vx.transmit(outer)
      return null
    }
    node.out(frame(A, B))
    expect(node.drops).toEqual(['nested_too_deep'])
  })

  it('tunnels in tunnels end at the eighth', () => {
    const node = new Node(1, { remote: parseAddr('10.0.0.2') })
    const second = createVxlan(node.asNamespace, { name: 'vx1', vni: 8, remote: parseAddr('10.0.0.2') })
    let next: Vxlan = second
    node.onSend = outer => {
      const dev = next
      next = next === second ? node.vx : second
      dev.transmit(outer)
      return null
    }
    node.out(frame(A, B))
    expect(node.sent.length).toBe(8)
    expect(node.drops).toEqual(['nested_too_deep'])
  })
})

describe('receiving', () => {
  /** Two nodes whose packets for each other's address reach the other's UDP port. */
  function pair(options: Partial<VxlanOptions> = {}): [Node, Node] {
    const one = new Node(1, options)
    const two = new Node(2, options, one.sim)
    const nodes = new Map([
      [parseAddr('10.0.0.1'), one],
      [parseAddr('10.0.0.2'), two],
    ])
    for (const node of nodes.values()) {
      node.onSend = outer => {
        nodes.get(outer.dst)?.tunnels.get(outer.dport)?.(outer)
        return null
      }
    }
    return [one, two]
  }

  it('unwraps the frame: a new arrival on the device of the VNI, with the mark of the outer packet', () => {
    const [one, two] = pair()
    one.vx.addFdb(B, to('10.0.0.2'))
    const skb = frame(A, B)
    skb.mark = 0x10
    skb.preroutingDone = true
    one.vx.transmit(skb)
    one.sim.run()
    expect(two.received).toHaveLength(1)
    expect(two.received[0]?.dev.name).toBe('vx0')
    expect(two.received[0]?.skb).toMatchObject({ id: skb.id, mark: 0x10, preroutingDone: false, pktType: 0, ct: null })
    expect(one.events.map(event => event.kind)).toEqual(['tx', 'fdb', 'encap', 'decap', 'rx'])
  })

  it.each([
    ['of another VNI', { addr: parseAddr('10.0.0.2'), port: 0, vni: 9, via: null }, A, 'no_vtep'],
    ["with the receiver's own source address (a loop)", to('10.0.0.2'), B, 'malformed'],
  ])('a frame %s is dropped', (_, remote, src, reason) => {
    const [one, two] = pair()
    one.vx.addFdb(B, remote)
    one.vx.transmit(frame(src as Mac, B))
    one.sim.run()
    expect(two.received).toEqual([])
    expect(one.drops).toEqual([reason])
  })

  it('devices with other VNIs share the port, and each gets its own', () => {
    const [one, two] = pair({ remote: parseAddr('10.0.0.2') })
    const other = createVxlan(two.asNamespace, { name: 'vx1', vni: 8, mac: mac(0x802) })
    const sender = createVxlan(one.asNamespace, { name: 'vx1', vni: 8, remote: parseAddr('10.0.0.2') })
    sender.transmit(frame(A, mac(0x802)))
    one.vx.transmit(frame(A, B))
    one.sim.run()
    expect(two.received.map(({ dev }) => dev.name)).toEqual(['vx1', 'vx0'])
    deleteLink(other)
    sender.transmit(frame(A, mac(0x802)))
    expect(one.drops).toEqual(['no_vtep'])
  })

  it('learns the VTEP of a source address, follows it, and forgets it after 300 s without frames', () => {
    const [one, two] = pair({ learning: true })
    one.vx.addFdb(MAC_ZERO, to('10.0.0.2'))
    one.vx.transmit(frame(A, B))
    one.sim.run()
    expect(two.vx.fdbEntries()).toEqual([
      { mac: A, dev: 'vx0', dst: parseAddr('10.0.0.1'), self: true, permanent: false },
    ])
    expect(two.out(frame(B, A))).toEqual(['10.0.0.1 8472 7'])
    const moved = frame(A, B)
    const outer = frame(mac(1), mac(2), { src: '10.0.0.3' })
    Object.assign(outer, { inner: moved, vni: 7 })
    two.vx.receiveEncapsulated(outer)
    expect(two.out(frame(B, A))).toEqual(['10.0.0.3 8472 7'])
    one.sim.run(299_999_999)
    expect(two.out(frame(B, A))).toHaveLength(1)
    one.sim.run(300_000_000)
    expect(two.out(frame(B, A))).toEqual([])
  })

  it('drops a frame whose source belongs to another VTEP by a permanent entry', () => {
    const [one, two] = pair({ learning: true })
    two.vx.addFdb(A, to('10.0.0.9'))
    one.vx.addFdb(B, to('10.0.0.2'))
    one.vx.transmit(frame(A, B))
    one.sim.run()
    expect(two.received).toEqual([])
    expect(one.drops).toEqual(['no_fdb'])
  })

  it('with nolearning nothing is learnt', () => {
    const [one, two] = pair()
    one.vx.addFdb(B, to('10.0.0.2'))
    one.vx.transmit(frame(A, B))
    one.sim.run()
    expect(two.vx.fdbEntries()).toEqual([])
  })
})

describe('MTU', () => {
  it('is that of the bound device less 50, also when more is asked for at creation', () => {
    expect(new Node().vx.mtu).toBe(1450)
    expect(new Node(1, { mtu: 1500 }).vx.mtu).toBe(1450)
    expect(new Node(1, { mtu: 1400 }).vx.mtu).toBe(1400)
    expect(createVxlan(new FakeNamespace('n').asNamespace, { name: 'vx0', vni: 1 }).mtu).toBe(1500)
  })

  it.each([
    [1451, /RTNETLINK answers: Invalid argument/],
    [67, /less than device minimum/],
    [70_000, /greater than device maximum/],
  ])('setting it to %i is refused', (mtu, message) => {
    const { vx } = new Node()
    expect(() => setMtu(vx, mtu)).toThrow(message)
    expect(() => setMtu(vx, mtu)).toThrow(KubehopError)
    expect(vx.mtu).toBe(1450)
  })

  it('the route of a packet that is too long for the way to the VTEP learns what fits, and the packet goes on', () => {
    const node = new Node(1, { remote: parseAddr('10.0.0.2') })
    const eth0 = node.device('eth0')
    node.routes.set(parseAddr('10.0.0.2'), decision({ action: 'forward', dev: eth0 ?? null }))
    const skb = frame(A, B, { length: 1500 })
    skb.route = decision({ action: 'forward', dev: node.vx })
    expect(node.out(skb)).toHaveLength(1)
    expect(node.learntMtu).toEqual([{ dst: skb.dst, mtu: 1450 }])
  })
})

describe('what Linux refuses', () => {
  it.each([
    ['a VNI that exists on the port', { vni: 7 }, /exists already/],
    ['a VNI of more than 24 bits', { vni: 16_777_216 }, /VNI/],
    ['port 0', { port: 0 }, /UDP port/],
    ['a group address', { mac: MAC_BROADCAST }, /group address/],
    ['an MTU under 68', { mtu: 67 }, /minimum/],
  ])('%s', (_, options, message) => {
    const node = new Node()
    const make = (): Vxlan => createVxlan(node.asNamespace, { name: 'vx1', vni: 8, ...options })
    expect(make).toThrow(message)
    expect(make).toThrow(KubehopError)
  })

  it('not the same VNI on another port', () => {
    const node = new Node()
    createVxlan(node.asNamespace, { name: 'vx1', vni: 7, port: 4789 })
    expect([...node.tunnels.keys()]).toEqual([8472, 4789])
  })
})

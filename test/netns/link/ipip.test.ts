import { describe, expect, it } from 'vitest'
import { createIpip, createVeth, deleteLink, type IpipOptions } from '../../../src/netns/link/index.ts'
import type { Skb } from '../../../src/netns/model/skb.ts'
import type { TraceEvent } from '../../../src/trace/recorder.ts'
import { parseAddr } from '../../../src/wire/addr.ts'
import { decision, FakeNamespace } from './support/fake-namespace.ts'
import { frame, mac } from './support/frames.ts'

const LOCAL = parseAddr('10.0.0.1')
const REMOTE = parseAddr('10.0.0.2')

function lab(options: Partial<IpipOptions> = {}) {
  const node = new FakeNamespace('n1')
  const events: TraceEvent[] = []
  node.sim.recorder = { misses: false, frames: false, record: event => events.push(event) }
  const [eth0] = createVeth({ ns: node.asNamespace, name: 'eth0' }, { ns: node.asNamespace, name: 'other' })
  const dev = createIpip(node.asNamespace, { name: 'ipip0', local: LOCAL, remote: REMOTE, dev: eth0, ...options })
  node.routes.set(REMOTE, decision({ action: 'forward', dev: eth0 }))
  const drops = (): string[] => events.flatMap(event => (event.kind === 'drop' ? [event.reason] : []))
  return { node, dev, eth0, drops }
}

function packet(length = 84, df = true): Skb {
  const skb = frame(mac(0), mac(0), { src: '10.7.0.1', dst: '10.7.0.2', length, df })
  skb.ttl = 63
  return skb
}

describe('IPIP (ip_tunnel_xmit)', () => {
  it('wraps a packet: protocol 4, 20 bytes more, TTL of the inner packet, always DF', () => {
    const { node, dev } = lab()
    const skb = packet(84, false)
    skb.tos = 0xba
    skb.mark = 5
    dev.transmit(skb)
    expect(dev).toMatchObject({ mtu: 1480, noarp: true, txPackets: 1 })
    expect(node.sent[0]?.skb).toMatchObject({
      proto: 4,
      src: LOCAL,
      dst: REMOTE,
      length: 104,
      ttl: 63,
      tos: 2,
      df: true,
      mark: 5,
      inner: skb,
    })
  })

  it('tunl0, which the kernel makes without pmtudisc, copies DF', () => {
    const { node, dev } = lab({ name: 'tunl0' })
    dev.transmit(packet(84, false))
    dev.transmit(packet(84, true))
    expect(node.sent.map(({ skb }) => skb.df)).toEqual([false, true])
  })

  it('without a remote the gateway of the route is the other end, else the destination itself', () => {
    const { node, dev, eth0 } = lab({ remote: parseAddr('0.0.0.0') })
    const skb = packet()
    skb.route = decision({ action: 'forward', dev, gateway: REMOTE })
    dev.transmit(skb)
    node.routes.set(parseAddr('10.7.0.2'), decision({ action: 'forward', dev: eth0 }))
    dev.transmit(packet())
    expect(node.sent.map(({ skb: outer }) => outer.dst)).toEqual([REMOTE, parseAddr('10.7.0.2')])
  })

  it.each([
    [1480, true, 1, [], []],
    [1481, true, 0, ['3/4 1480'], ['mtu_exceeded']],
    [1481, false, 1, [], []],
  ])('%i bytes, DF %s', (length, df, sent, errors, dropped) => {
    const { node, dev, drops } = lab()
    dev.transmit(packet(length, df))
    expect(node.sent).toHaveLength(sent)
    expect(node.errors).toEqual(errors)
    expect(drops()).toEqual(dropped)
    expect(node.learntMtu).toEqual(length > 1480 ? [{ dst: parseAddr('10.7.0.2'), mtu: 1480 }] : [])
  })

  it('drops silently without a route, or with one into itself', () => {
    const { node, dev, drops } = lab()
    node.routes.set(REMOTE, decision({ action: 'forward', dev }))
    dev.transmit(packet())
    node.routes.clear()
    dev.transmit(packet())
    expect(node.errors).toEqual([])
    expect(drops()).toEqual(['no_vtep', 'no_vtep'])
    expect(dev.txDropped).toBe(2)
  })

  it('carries IPv4 only', () => {
    const { dev, drops } = lab()
    dev.transmit(frame(mac(0), mac(0), { src: 'fd00::1', dst: 'fd00::2' }))
    expect(drops()).toEqual(['no_vtep'])
  })
})

describe('receiving', () => {
  function arrive(node: FakeNamespace, src: string, dst: string): void {
    const outer = frame(mac(1), mac(2), { src, dst })
    outer.proto = 4
    outer.mark = 9
    outer.inner = packet()
    node.protocols.get(4)?.(outer)
    node.sim.run()
  }

  it('the most exact tunnel takes the packet', () => {
    const { node, dev } = lab()
    createIpip(node.asNamespace, { name: 'tunl0' })
    createIpip(node.asNamespace, { name: 'ipip1', remote: parseAddr('10.0.0.3') })
    arrive(node, '10.0.0.2', '10.0.0.1')
    arrive(node, '10.0.0.3', '10.0.0.1')
    arrive(node, '10.0.0.4', '10.0.0.1')
    expect(node.received.map(got => got.dev.name)).toEqual(['ipip0', 'ipip1', 'tunl0'])
    expect(node.received[0]?.skb).toMatchObject({ mark: 9, pktType: 0 })
    deleteLink(dev)
    arrive(node, '10.0.0.2', '10.0.0.1')
    expect(node.received.at(-1)?.dev.name).toBe('tunl0')
  })

  it('a packet that no tunnel is for is answered with port unreachable', () => {
    const { node } = lab()
    arrive(node, '10.0.0.9', '10.0.0.1')
    expect(node.received).toEqual([])
    expect(node.errors).toEqual(['3/3 0'])
  })
})

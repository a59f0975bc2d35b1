import { describe, expect, it } from 'vitest'
import { KubehopError } from '../../../src/errors.ts'
import {
  attachPort,
  createBridge,
  createDummy,
  createIpip,
  createVeth,
  deleteLink,
  detachPort,
  deviceAddress,
  setMac,
  setMtu,
} from '../../../src/netns/link/index.ts'
import { isGroupMac, MAC_BROADCAST, MAC_ZERO } from '../../../src/wire/mac.ts'
import { FakeNamespace } from './support/fake-namespace.ts'
import { frame, mac } from './support/frames.ts'

function node() {
  const fake = new FakeNamespace('n')
  return { fake, ns: fake.asNamespace }
}

describe('addresses', () => {
  it('of devices that were not given one are unicast, locally administered, and follow from the names', () => {
    const seen = new Set<number>()
    for (let n = 0; n < 100; n++) {
      for (let d = 0; d < 100; d++) {
        const address = deviceAddress(`node-${n}`, `veth${d}`)
        expect(isGroupMac(address)).toBe(false)
        expect(Math.floor(address / 0x200_0000_0000) & 1).toBe(1)
        seen.add(address)
      }
    }
    expect(seen.size).toBe(10_000)
    expect(deviceAddress('node-1', 'veth1')).toBe(deviceAddress('node-1', 'veth1'))
  })

  it('of a bridge are the smallest of its ports, unless it was given one', () => {
    const { fake, ns } = node()
    const bridge = createBridge(ns, { name: 'br0' })
    for (const last of [0x103, 0x102, 0x101]) {
      const [port] = createVeth({ ns, name: `v${last}`, mac: mac(last) }, { ns, name: `p${last}` })
      attachPort(bridge, port)
      expect(bridge.mac).toBe(mac(last))
    }
    const third = fake.device('v257')
    if (third !== undefined) detachPort(third)
    expect(bridge.mac).toBe(mac(0x102))
    setMac(bridge, mac(0x999))
    expect(bridge.mac).toBe(mac(0x999))
    expect(bridge.fdbEntries().map(({ mac: address }) => address)).toEqual([mac(0x103), mac(0x102), mac(0x999)])
  })

  it('of a port that change are known to the bridge', () => {
    const { ns } = node()
    const bridge = createBridge(ns, { name: 'br0', mac: mac(0x200) })
    const [port] = createVeth({ ns, name: 'v0', mac: mac(0x100) }, { ns, name: 'p0' })
    attachPort(bridge, port)
    setMac(port, mac(0x111))
    expect(bridge.fdb.find(mac(0x111), 0)?.local).toBe(true)
    expect(bridge.fdb.find(mac(0x100), 0)).toBeUndefined()
    expect(() => setMac(port, MAC_BROADCAST)).toThrow(KubehopError)
  })
})

describe('MTU', () => {
  it('of a bridge is the smallest of its ports, unless it was set', () => {
    const { ns } = node()
    const bridge = createBridge(ns, { name: 'br0' })
    const [small] = createVeth({ ns, name: 'v0', mtu: 1000 }, { ns, name: 'p0' })
    attachPort(bridge, small)
    expect(bridge.mtu).toBe(1000)
    setMtu(bridge, 1400)
    const [smaller] = createVeth({ ns, name: 'v1', mtu: 900 }, { ns, name: 'p1' })
    attachPort(bridge, smaller)
    expect(bridge.mtu).toBe(1400)
  })
})

describe('MTU of an IPIP tunnel', () => {
  it('is at most 65516', () => {
    const dev = createIpip(node().ns, { name: 'tunl0' })
    setMtu(dev, 65_516)
    expect(dev.mtu).toBe(65_516)
    expect(() => setMtu(dev, 65_517)).toThrow(KubehopError)
  })
})

describe('what Linux refuses', () => {
  it.each([
    ['lo as a port', () => node(), (l: ReturnType<typeof node>) => l.fake.loopback],
    ['a bridge as a port', node, (l: ReturnType<typeof node>) => createBridge(l.ns, { name: 'br1' })],
    ['an IPIP tunnel as a port', node, (l: ReturnType<typeof node>) => createIpip(l.ns, { name: 'tunl0' })],
    ['a device of another namespace as a port', node, () => createDummy(node().ns, { name: 'd0' })],
  ])('%s', (_, make, device) => {
    const l = make()
    const bridge = createBridge(l.ns, { name: 'br0' })
    expect(() => attachPort(bridge, device(l))).toThrow(KubehopError)
  })

  it('a port of another bridge', () => {
    const { ns } = node()
    const dev = createDummy(ns, { name: 'd0' })
    attachPort(createBridge(ns, { name: 'br0' }), dev)
    expect(() => attachPort(createBridge(ns, { name: 'br1' }), dev)).toThrow(/a port of br0 already/)
    expect(() => attachPort(dev, dev)).toThrow(/not a bridge/)
  })

  it.each([67, 65_536, 1.5])('MTU %d', mtu => {
    expect(() => createDummy(node().ns, { name: 'd0', mtu })).toThrow(KubehopError)
  })

  it.each([MAC_ZERO, MAC_BROADCAST])('address %d', address => {
    expect(() => createDummy(node().ns, { name: 'd0', mac: address })).toThrow(KubehopError)
  })

  it('half a veth pair: nothing is left when the second name is taken', () => {
    const { fake, ns } = node()
    createDummy(ns, { name: 'eth0' })
    expect(() => createVeth({ ns, name: 'v0' }, { ns, name: 'eth0' })).toThrow()
    expect(fake.device('v0')).toBeUndefined()
  })
})

describe('lo, veth and dummy', () => {
  it('lo gives packets back with mark, route and conntrack entry, and says so', () => {
    const { fake } = node()
    const skb = frame(mac(1), mac(2))
    skb.mark = 3
    skb.ctState = 2
    fake.loopback.transmit(skb)
    fake.sim.run()
    expect(fake.received[0]?.skb).toMatchObject({ looped: true, mark: 3, ctState: 2, pktType: 0 })
    expect(fake.loopback).toMatchObject({ mtu: 65_536, rxPackets: 1, txPackets: 1 })
  })

  it('a veth is running while both ends are up, and loses what is sent otherwise', () => {
    const { fake, ns } = node()
    const [one, two] = createVeth({ ns, name: 'v0' }, { ns, name: 'v1' })
    expect(one.running).toBe(true)
    two.up = false
    expect(one.running).toBe(false)
    one.transmit(frame(one.mac, two.mac))
    fake.sim.run()
    expect(one.txDropped).toBe(1)
    expect(fake.received).toEqual([])
  })

  it('the mark survives a veth pair inside one namespace', () => {
    const { fake, ns } = node()
    const [one, two] = createVeth({ ns, name: 'v0' }, { ns, name: 'v1' })
    const skb = frame(one.mac, two.mac)
    skb.mark = 3
    one.transmit(skb)
    fake.sim.run()
    expect(fake.received[0]?.skb.mark).toBe(3)
  })

  it('deleting one end deletes the other and leaves the bridge', () => {
    const { fake, ns } = node()
    const bridge = createBridge(ns, { name: 'br0' })
    const [one, two] = createVeth({ ns, name: 'v0' }, { ns, name: 'v1' })
    attachPort(bridge, one)
    deleteLink(two)
    expect(fake.devices.map(({ name }) => name)).toEqual(['lo', 'br0'])
    expect(bridge.ports).toEqual([])
  })

  it('a dummy swallows', () => {
    const { fake, ns } = node()
    const dev = createDummy(ns, { name: 'd0' })
    dev.transmit(frame(dev.mac, mac(1)))
    expect(fake.sim.run()).toBe('idle')
    expect(dev.txPackets).toBe(1)
  })
})

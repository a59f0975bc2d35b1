import { describe, expect, it } from 'vitest'
import {
  HOOK_FORWARD,
  HOOK_POSTROUTING,
  HOOK_PREROUTING,
  NF_ACCEPT,
  NF_DROP,
} from '../../../src/netns/model/netfilter.ts'
import { CT_ESTABLISHED, CT_INVALID } from '../../../src/netns/model/skb.ts'
import { parseAddr } from '../../../src/wire/addr.ts'
import { MAC_BROADCAST } from '../../../src/wire/mac.ts'
import { BridgeLab } from './support/bridge-lab.ts'
import { decision } from './support/fake-namespace.ts'
import { frame, mac } from './support/frames.ts'

const A = mac(1)
const B = mac(2)
const BRIDGE = mac(0x200)
const UNKNOWN = mac(0x99)
const VIP = '10.96.0.1'
const ADDR_B = parseAddr('10.9.0.2')

/** All hosts are known; PREROUTING gives packets to the virtual address this new destination. */
function lab(dnat: string = VIP): BridgeLab {
  const made = new BridgeLab()
  const { node } = made
  for (let i = 0; i < 3; i++) made.send(i, frame(mac(i + 1), BRIDGE))
  node.hooks.length = 0
  node.received.length = 0
  node.onHook = (hook, skb) => {
    if (hook === HOOK_PREROUTING && skb.dst === parseAddr(VIP)) skb.dst = parseAddr(dnat)
    return NF_ACCEPT
  }
  for (let i = 0; i < 3; i++) {
    const addr = parseAddr(`10.9.0.${i + 1}`)
    node.routes.set(addr, decision({ action: 'forward', dev: made.bridge }))
    node.macs.set(addr, mac(i + 1))
  }
  return made
}

describe('ip hooks inside the bridge', () => {
  it('are PREROUTING, FORWARD and POSTROUTING for a bridged packet, with the bridge as device', () => {
    const l = lab()
    expect(l.send(0, frame(A, B))).toBe('b:HOST v0:OTHER v1:OUT')
    expect(l.node.hooks).toEqual(['PREROUTING br0> v0>', 'FORWARD br0>br0 v0>v1', 'POSTROUTING >br0 v0>v1'])
    expect(l.host(1).received[0]?.skb.ttl).toBe(64)
  })

  it('are not entered while bridge-nf-call-iptables is 0, family by family', () => {
    const l = lab()
    l.node.sysctl.bridgeNfCallIptables = false
    l.send(0, frame(A, B))
    expect(l.node.hooks).toEqual([])
    l.send(0, frame(A, B, { src: 'fd00::1', dst: 'fd00::2' }))
    expect(l.node.hooks).toHaveLength(3)
    l.node.sysctl.bridgeNfCallIp6tables = false
    l.send(0, frame(A, B, { src: 'fd00::1', dst: 'fd00::2' }))
    expect(l.node.hooks).toHaveLength(3)
  })

  it('do not see tagged frames', () => {
    const l = lab()
    expect(l.send(0, frame(A, B, { vlan: 5 }))).toBe('b:HOST v0:OTHER v1:OUT')
    expect(l.node.hooks).toEqual([])
  })

  it.each([
    ['broadcast', MAC_BROADCAST, 1],
    ['unknown unicast', UNKNOWN, 0],
  ])('see each copy of a flooded packet: %s', (_, dst, up) => {
    const l = lab()
    l.send(0, frame(A, dst))
    expect(l.node.hooks).toEqual([
      'PREROUTING br0> v0>',
      'FORWARD br0>br0 v0>v2',
      'POSTROUTING >br0 v0>v2',
      'FORWARD br0>br0 v0>v1',
      'POSTROUTING >br0 v0>v1',
    ])
    expect(l.node.received).toHaveLength(up)
  })

  it('leave a mark on what goes up, so that PREROUTING is not repeated', () => {
    const l = lab()
    l.send(0, frame(A, BRIDGE))
    expect(l.node.hooks).toEqual(['PREROUTING br0> v0>'])
    expect(l.node.received[0]?.skb).toMatchObject({ preroutingDone: true, pktType: 0 })
    expect(l.node.received[0]?.skb.physIn?.name).toBe('v0')
  })

  it.each([
    [HOOK_PREROUTING, 1],
    [HOOK_FORWARD, 2],
    [HOOK_POSTROUTING, 3],
  ])('end a packet that hook %i does not accept', (at, entered) => {
    const l = lab()
    l.node.onHook = hook => (hook === at ? NF_DROP : NF_ACCEPT)
    expect(l.send(0, frame(A, B))).toBe('v0:OTHER')
    expect(l.node.hooks).toHaveLength(entered)
  })
})

describe('DNAT in the bridge (recorded with Linux 6.18)', () => {
  it('to a host behind the same bridge: bridged to its address, source and TTL as they were', () => {
    const l = lab('10.9.0.2')
    expect(l.send(0, frame(A, BRIDGE, { dst: VIP }))).toBe('b:HOST v0:OTHER v1:OUT')
    expect(l.host(1).received[0]?.skb).toMatchObject({ ethSrc: A, ethDst: B, dst: ADDR_B, ttl: 64 })
    expect(l.node.hooks).toEqual(['PREROUTING br0> v0>', 'FORWARD br0>br0 v0>v1', 'POSTROUTING >br0 v0>v1'])
  })

  it.each([B, mac(3), UNKNOWN])('whatever the frame was addressed to', dst => {
    expect(lab('10.9.0.2').send(0, frame(A, dst, { dst: VIP }))).toBe('b:HOST v0:OTHER v1:OUT')
  })

  it('to a host behind the same bridge whose address must be asked for: waits, then goes the same way', () => {
    const l = lab('10.9.0.2')
    l.node.macs.clear()
    expect(l.send(0, frame(A, BRIDGE, { dst: VIP }))).toBe('v0:OTHER')
    const [waiting] = l.node.queued
    expect(waiting?.dev.name).toBe('br0')
    expect(waiting?.nextHop).toBe(ADDR_B)
    const skb = waiting?.skb ?? frame(A, A)
    skb.ethSrc = BRIDGE
    skb.ethDst = B
    l.events.length = 0
    l.bridge.transmit(skb)
    l.sim.run()
    expect(l.taps()).toBe('b:HOST br0:OUT v1:OUT')
    expect(l.host(1).received[0]?.skb).toMatchObject({ ethSrc: A, ethDst: B, bridgedDnat: 0 })
    expect(l.node.hooks).toEqual(['PREROUTING br0> v0>', 'FORWARD br0>br0 v0>v1', 'POSTROUTING >br0 v0>v1'])
  })

  it('to a gateway behind the same bridge: addressed to the gateway', () => {
    const l = lab('172.30.0.1')
    l.node.routes.set(parseAddr('172.30.0.1'), decision({ action: 'forward', dev: l.bridge, gateway: ADDR_B }))
    expect(l.send(0, frame(A, BRIDGE, { dst: VIP }))).toBe('b:HOST v0:OTHER v1:OUT')
  })

  it('to somewhere else: goes up with the bridge as destination, and the route that was found', () => {
    const l = lab('172.30.0.1')
    const out = decision({ action: 'forward', dev: l.node.loopback })
    l.node.routes.set(parseAddr('172.30.0.1'), out)
    expect(l.send(0, frame(A, B, { dst: VIP }))).toBe('br0:HOST v0:OTHER')
    expect(l.node.received[0]?.skb).toMatchObject({ ethDst: BRIDGE, preroutingDone: true, route: out })
  })

  it.each([
    ['no route', decision({ action: 'error', errno: 'ENETUNREACH', icmpType: 3, icmpCode: 0 })],
    ['forwarding is off', decision({ action: 'drop', reason: 'forwarding_disabled' })],
    ['this host', decision({ action: 'local' })],
  ])('%s: goes up, where the IP layer decides', (_, route) => {
    const l = lab('172.30.0.1')
    l.node.routes.set(parseAddr('172.30.0.1'), route)
    expect(l.send(0, frame(A, BRIDGE, { dst: VIP }))).toBe('br0:HOST v0:OTHER')
  })

  it.each(['martian_source', 'martian_destination', 'rp_filter'] as const)('%s: ends in the bridge', reason => {
    const l = lab('127.0.0.1')
    l.node.routes.set(parseAddr('127.0.0.1'), decision({ action: 'drop', reason }))
    expect(l.send(0, frame(A, BRIDGE, { dst: VIP }))).toBe('v0:OTHER')
    expect(l.drops).toEqual([reason])
  })

  it('IPv6 without a route: ends in the bridge without an answer', () => {
    const l = lab()
    const to = parseAddr('fd00::9')
    l.node.onHook = (hook, skb) => {
      if (hook === HOOK_PREROUTING) skb.dst = to
      return NF_ACCEPT
    }
    l.node.routes.set(to, decision({ action: 'error', errno: 'ENETUNREACH' }))
    expect(l.send(0, frame(A, BRIDGE, { src: 'fd00::1', dst: 'fd00::2' }))).toBe('v0:OTHER')
    expect(l.drops).toEqual(['no_route'])
  })
})

describe('a pod that reaches itself through a Service', () => {
  it.each([
    [false, false, 'v0:OTHER', ['hairpin_off'], 1],
    [true, false, 'a:HOST v0:OTHER v0:OUT', [], 3],
    [false, true, 'br0:HOST v0:OTHER', ['hairpin_off'], 1],
  ])('hairpin %s, promiscuous %s', (hairpin, promiscuous, taps, drops, hooks) => {
    const l = lab('10.9.0.1')
    l.port(0).hairpin = hairpin
    l.bridge.promiscuous = promiscuous
    expect(l.send(0, frame(A, BRIDGE, { dst: VIP }))).toBe(taps)
    expect(l.drops).toEqual(drops)
    expect(l.node.hooks).toHaveLength(hooks)
  })

  it('what goes up only because the bridge is promiscuous has lost its conntrack entry and counts as INVALID', () => {
    const l = lab('10.9.0.1')
    l.bridge.promiscuous = true
    const entry = {} as NonNullable<ReturnType<typeof frame>['ct']>
    l.node.onHook = (_, skb) => {
      skb.dst = parseAddr('10.9.0.1')
      skb.ct = entry
      skb.ctState = CT_ESTABLISHED
      return NF_ACCEPT
    }
    l.send(0, frame(A, BRIDGE, { dst: VIP }))
    expect(l.node.received[0]?.skb).toMatchObject({ ct: null, ctState: CT_INVALID, pktType: 0 })
  })
})

describe('a packet longer than the MTU of the port, with bridge netfilter', () => {
  /** Stands for the IP layer: passes on what it is asked to fragment, and notes the MTU. */
  function labWithFragments(): { l: BridgeLab; mtus: number[] } {
    const l = lab()
    const mtus: number[] = []
    l.port(1).device.mtu = 1000
    l.bridge.setMtu(1000)
    Object.assign(l.node.ip, {
      finishOutput: (skb: ReturnType<typeof frame>, route: ReturnType<typeof decision>): void => {
        mtus.push(route.dev?.mtu ?? 0)
        skb.length = 996
        route.dev?.transmit(skb)
      },
    })
    return { l, mtus }
  }

  it.each([
    [1000, true, 'b:HOST v0:OTHER v1:OUT', [], []],
    [1001, true, 'v0:OTHER', ['mtu_exceeded'], []],
    [1001, false, 'b:HOST v0:OTHER v1:OUT', [], [1000]],
  ])('%i bytes, DF %s', (length, df, taps, drops, cut) => {
    const { l, mtus } = labWithFragments()
    expect(l.send(0, frame(A, B, { length, df }))).toBe(taps)
    expect(l.drops).toEqual(drops)
    expect(mtus).toEqual(cut)
  })

  it('one that was put together from fragments is cut again, with the Ethernet header that it had', () => {
    const { l, mtus } = labWithFragments()
    l.node.onHook = (_, skb) => {
      skb.fragMaxSize = 900
      return NF_ACCEPT
    }
    l.send(0, frame(A, B, { length: 1000 }))
    expect(mtus).toEqual([1000])
    expect(l.host(1).received[0]?.skb).toMatchObject({ ethSrc: A, ethDst: B })
  })
})

import { describe, expect, it } from 'vitest'
import { PACKET_HOST } from '../../../src/netns/model/skb.ts'
import { MAC_BROADCAST, parseMac } from '../../../src/wire/mac.ts'
import { BridgeLab } from './support/bridge-lab.ts'
import { arpRequest, frame, mac } from './support/frames.ts'

const A = mac(1)
const B = mac(2)
const C = mac(3)
const BRIDGE = mac(0x200)
const UNKNOWN = mac(0x99)
const MDNS = parseMac('01:00:5e:00:00:fb')

/** A lab in which the bridge has heard a, b and c, and bridge netfilter is off. */
function lab(): BridgeLab {
  const made = new BridgeLab()
  made.node.sysctl.bridgeNfCallIptables = false
  made.send(0, frame(A, UNKNOWN))
  made.send(1, frame(B, UNKNOWN))
  made.send(2, frame(C, UNKNOWN))
  return made
}

describe('a bridge does with a frame what Linux 6.18 does (taps recorded with packet sockets)', () => {
  const cases: readonly [name: string, setUp: (l: BridgeLab) => void, host: number, dst: number, taps: string][] = [
    ['unknown unicast is flooded, and does not go up', () => {}, 0, UNKNOWN, 'b:OTHER c:OTHER v0:OTHER v1:OUT v2:OUT'],
    ['a frame for the bridge goes up', () => {}, 0, BRIDGE, 'br0:HOST v0:OTHER'],
    ["a frame for the port's own address goes up", () => {}, 0, mac(0x103), 'br0:HOST v0:HOST'],
    [
      "a frame for another port's address goes up as one for another host",
      () => {},
      0,
      mac(0x102),
      'br0:OTHER v0:OTHER',
    ],
    [
      'broadcast goes everywhere and up',
      () => {},
      0,
      MAC_BROADCAST,
      'b:BCAST c:BCAST br0:BCAST v0:BCAST v1:OUT v2:OUT',
    ],
    ['multicast goes everywhere and up', () => {}, 0, MDNS, 'b:MCAST c:MCAST br0:MCAST v0:MCAST v1:OUT v2:OUT'],
    [
      'the STP group is forwarded while STP is off',
      () => {},
      0,
      parseMac('01:80:c2:00:00:00'),
      'b:MCAST c:MCAST br0:MCAST v0:MCAST v1:OUT v2:OUT',
    ],
    ['the LLDP group is not forwarded', () => {}, 0, parseMac('01:80:c2:00:00:0e'), 'v0:MCAST'],
    ['known unicast leaves by its port alone', () => {}, 0, B, 'b:HOST v0:OTHER v1:OUT'],
    ['nothing goes back where it came from', () => {}, 0, A, 'v0:OTHER'],
    ['with hairpin it does', hairpin, 0, A, 'a:HOST v0:OTHER v0:OUT'],
    ['hairpin applies to floods too', hairpin, 0, UNKNOWN, 'a:OTHER b:OTHER c:OTHER v0:OTHER v0:OUT v1:OUT v2:OUT'],
    [
      'hairpin applies to broadcasts too',
      hairpin,
      0,
      MAC_BROADCAST,
      'a:BCAST b:BCAST c:BCAST br0:BCAST v0:BCAST v0:OUT v1:OUT v2:OUT',
    ],
    [
      'a promiscuous bridge also gets unknown unicast',
      promisc,
      0,
      UNKNOWN,
      'b:OTHER c:OTHER br0:OTHER v0:OTHER v1:OUT v2:OUT',
    ],
    ['a promiscuous bridge also gets known unicast', promisc, 0, B, 'b:HOST br0:OTHER v0:OTHER v1:OUT'],
    ['a promiscuous bridge gets what hairpin forbids', promisc, 0, A, 'br0:OTHER v0:OTHER'],
    ['isolated ports do not reach each other', isolate, 0, B, 'v0:OTHER'],
    [
      'isolated ports do not reach each other by broadcast',
      isolate,
      0,
      MAC_BROADCAST,
      'c:BCAST br0:BCAST v0:BCAST v2:OUT',
    ],
    ['an isolated port is reached from others', isolate, 2, B, 'b:HOST v1:OUT v2:OTHER'],
    ['an isolated port reaches others', isolate, 0, C, 'c:HOST v0:OTHER v2:OUT'],
    ['an isolated port reaches the host', isolate, 0, BRIDGE, 'br0:HOST v0:OTHER'],
    ['flood off keeps unknown unicast away', without('flood'), 0, UNKNOWN, 'c:OTHER v0:OTHER v2:OUT'],
    [
      'flood off does not concern broadcast',
      without('flood'),
      0,
      MAC_BROADCAST,
      'b:BCAST c:BCAST br0:BCAST v0:BCAST v1:OUT v2:OUT',
    ],
    [
      'bcast_flood off keeps broadcast away',
      without('bcastFlood'),
      0,
      MAC_BROADCAST,
      'c:BCAST br0:BCAST v0:BCAST v2:OUT',
    ],
    [
      'bcast_flood off does not concern multicast',
      without('bcastFlood'),
      0,
      MDNS,
      'b:MCAST c:MCAST br0:MCAST v0:MCAST v1:OUT v2:OUT',
    ],
    ['mcast_flood off keeps multicast away', without('mcastFlood'), 0, MDNS, 'c:MCAST br0:MCAST v0:MCAST v2:OUT'],
  ]
  it.each(cases)('%s', (_, setUp, host, dst, taps) => {
    const l = lab()
    setUp(l)
    const src = l.end(host).mac
    expect(l.send(host, frame(src, dst as typeof src))).toBe(taps)
  })

  it.each([
    ['a tagged frame is bridged', B, 5, 'b:HOST v0:OTHER v1:OUT'],
    ['a tagged frame goes up', BRIDGE, 5, 'br0:HOST v0:OTHER'],
    ['a priority-tagged frame goes up', BRIDGE, 0, 'br0:HOST v0:OTHER'],
  ])('%s', (_, dst, vlan, taps) => {
    expect(lab().send(0, frame(A, dst, { vlan }))).toBe(taps)
  })

  it.each([
    ['zero', 0],
    ['a group address', MDNS],
  ])('a frame whose source is %s ends at the port', (_, src) => {
    const l = lab()
    expect(l.send(0, frame(src as typeof A, B))).toBe('v0:OTHER')
    expect(l.drops).toEqual(['malformed'])
  })

  it('with learning off the source stays unknown', () => {
    const l = lab()
    l.port(1).learning = false
    l.send(1, frame(mac(0x77), A))
    expect(l.send(0, frame(A, mac(0x77)))).toBe('b:OTHER c:OTHER v0:OTHER v1:OUT v2:OUT')
  })
})

function without(flag: 'flood' | 'bcastFlood' | 'mcastFlood'): (l: BridgeLab) => void {
  return l => {
    l.port(1)[flag] = false
  }
}

function hairpin(l: BridgeLab): void {
  l.port(0).hairpin = true
}

function promisc(l: BridgeLab): void {
  l.bridge.promiscuous = true
}

function isolate(l: BridgeLab): void {
  l.port(0).isolated = true
  l.port(1).isolated = true
}

describe('what the trace says', () => {
  it.each([
    ['flood', UNKNOWN, ['flood v2,v1'], []],
    ['forward', B, ['forward v1'], []],
    ['local', BRIDGE, ['local'], []],
    ['hairpin', A, ['forward v0'], ['hairpin_off']],
  ])('%s', (_, dst, fdb, drops) => {
    const l = lab()
    l.send(0, frame(A, dst))
    expect(l.fdb).toEqual(fdb)
    expect(l.drops).toEqual(drops)
  })

  it('names the entry that decided, and the one that was learnt', () => {
    const l = new BridgeLab()
    l.send(0, frame(A, UNKNOWN))
    expect(l.events.find(event => event.kind === 'fdb' && event.action === 'learn')).toMatchObject({
      dev: 'br0',
      ports: ['v0'],
      entry: { text: '02:00:00:00:00:01 dev v0 master br0' },
    })
  })

  it("names the bridge's own entry as `bridge fdb show` does", () => {
    const l = lab()
    l.send(0, frame(A, BRIDGE))
    expect(l.events.find(event => event.kind === 'fdb')).toMatchObject({
      action: 'local',
      entry: { text: '02:00:00:00:02:00 dev br0 master br0 permanent' },
    })
  })

  it('an isolated destination and a flood that nobody takes have their own reasons', () => {
    const l = lab()
    isolate(l)
    l.send(0, frame(A, B))
    expect(l.drops).toEqual(['isolated_port'])
    for (const port of l.ports) port.flood = false
    l.send(0, frame(A, UNKNOWN))
    expect(l.fdb).toEqual(['none'])
    expect(l.drops).toEqual(['no_fdb'])
  })
})

describe('the forwarding database', () => {
  it('lists own addresses as permanent and forgets what was not heard for 300 s', () => {
    const l = lab()
    const lines = (): string[] =>
      l.bridge.fdbEntries().map(e => `${e.mac & 0xffff} ${e.dev}${e.permanent ? ' permanent' : ''}`)
    expect(lines()).toEqual([
      '259 v0 permanent',
      '258 v1 permanent',
      '257 v2 permanent',
      '512 br0 permanent',
      '1 v0',
      '2 v1',
      '3 v2',
    ])
    l.sim.run(299_999_999)
    l.send(0, frame(A, BRIDGE))
    l.sim.run(300_000_000)
    expect(lines().slice(4)).toEqual(['1 v0'])
    expect(l.send(0, frame(A, B))).toBe('b:HOST c:OTHER v0:OTHER v1:OUT v2:OUT')
  })

  it('a static entry moves when its source is heard elsewhere and stays static; a permanent one does not move', () => {
    const l = lab()
    l.bridge.addFdb(mac(0x55), l.port(1).device, false)
    l.bridge.addFdb(mac(0x66), l.port(1).device, true)
    expect(l.send(0, frame(A, mac(0x55)))).toBe('b:OTHER v0:OTHER v1:OUT')
    expect(l.send(0, frame(A, mac(0x66)))).toBe('br0:OTHER v0:OTHER')
    l.send(2, frame(mac(0x55), A))
    l.send(2, frame(mac(0x66), A))
    l.sim.run(400_000_000)
    const entries = l.bridge.fdbEntries()
    expect(entries.find(entry => entry.mac === mac(0x55))).toMatchObject({ dev: 'v2', permanent: false })
    expect(entries.find(entry => entry.mac === mac(0x66))).toMatchObject({ dev: 'v1', permanent: true })
  })

  it('ageing 0 makes the bridge a hub', () => {
    const l = new BridgeLab()
    l.bridge.fdb.ageing = 0
    l.send(1, frame(B, UNKNOWN))
    expect(l.send(0, frame(A, B))).toContain('c:OTHER')
  })

  it('forgets a port that goes down or leaves', () => {
    const l = lab()
    l.node.sysctl.bridgeNfCallIptables = false
    l.end(1).up = false
    expect(l.send(0, frame(A, B))).toBe('c:OTHER v0:OTHER v2:OUT')
    l.bridge.detach(l.port(2).device)
    expect(l.bridge.fdbEntries().map(entry => entry.dev)).not.toContain('v2')
    l.send(0, frame(A, C))
    expect(l.drops).toEqual(['no_fdb'])
  })
})

describe('frames of the host itself', () => {
  it('are flooded while the address is unknown, whatever the multicast flags say', () => {
    const l = lab()
    l.port(1).mcastFlood = false
    l.port(1).bcastFlood = false
    l.events.length = 0
    l.bridge.transmit(frame(BRIDGE, MDNS))
    l.sim.run()
    expect(l.taps()).toBe('a:MCAST b:MCAST c:MCAST br0:OUT v0:OUT v1:OUT v2:OUT')
  })

  it('go to the port of the address, also the one that a frame came in by', () => {
    const l = lab()
    l.events.length = 0
    const skb = frame(BRIDGE, A)
    skb.physIn = l.port(0).device
    skb.physOut = null
    l.bridge.transmit(skb)
    l.sim.run()
    expect(l.taps()).toBe('a:HOST br0:OUT v0:OUT')
    expect(l.node.hooks).toEqual([])
  })
})

describe('links', () => {
  it.each([
    [1004, 'b:HOST v0:OTHER v1:OUT', []],
    [1005, 'v0:OTHER', ['link_mtu']],
  ])(
    'a bridge drops silently what is more than four bytes longer than the MTU of the port: %i bytes',
    (length, taps, drops) => {
      const l = lab()
      l.port(1).device.mtu = 1000
      expect(l.send(0, frame(A, B, { length }))).toBe(taps)
      expect(l.drops).toEqual(drops)
    },
  )

  it.each([
    [1004, 'b:HOST v0:OTHER v1:OUT', []],
    [1005, 'v0:OTHER v1:OUT', ['link_mtu']],
  ])(
    'a veth drops silently what is more than four bytes longer than the MTU of the peer: %i bytes',
    (length, taps, drops) => {
      const l = lab()
      l.end(1).mtu = 1000
      expect(l.send(0, frame(A, B, { length }))).toBe(taps)
      expect(l.drops).toEqual(drops)
    },
  )

  it('crossing into another namespace takes mark, conntrack entry, route and bridge ports away', () => {
    const l = lab()
    const skb = frame(A, B)
    skb.mark = 0x4000
    skb.ctState = 3
    skb.physIn = l.bridge
    skb.preroutingDone = true
    skb.nfTrace = true
    l.send(0, skb)
    const got = l.host(1).received.at(-1)?.skb
    expect(got).toMatchObject({ mark: 0, ctState: 0, ct: null, route: null, physIn: null, preroutingDone: false })
    expect(got).toMatchObject({ nfTrace: false, pktType: PACKET_HOST, id: skb.id })
  })

  it('ARP goes to the neighbour table and never through netfilter', () => {
    const l = new BridgeLab()
    l.send(0, arpRequest(A, '10.9.0.1', '10.9.0.2'))
    expect(l.host(1).arps).toHaveLength(1)
    expect(l.host(2).arps).toHaveLength(1)
    expect(l.node.arps.map(({ dev }) => dev.name)).toEqual(['br0'])
    expect(l.node.hooks).toEqual([])
  })

  it('a frame for a VLAN that nobody has, and an unknown EtherType, end at the device', () => {
    const l = lab()
    l.send(0, frame(A, B, { vlan: 5 }))
    expect(l.events.at(-1)).toMatchObject({ kind: 'drop', reason: 'other_host', ns: 'b' })
    const strange = frame(A, B)
    strange.etherType = 0x88cc
    l.send(0, strange)
    expect(l.drops).toEqual(['no_handler'])
  })
})

import { describe, expect, test } from 'vitest'
import type { NeighbourState } from '../../../src/netns/model/namespace.ts'
import { HOOK_OUTPUT, NF_ACCEPT, NF_DROP } from '../../../src/netns/model/netfilter.ts'
import { formatAddr, parseAddr } from '../../../src/wire/addr.ts'
import { formatMac, MAC_BROADCAST, parseMac } from '../../../src/wire/mac.ts'
import { ETHERTYPE_ARP } from '../../../src/wire/protocol.ts'
import { cable, type Host, type Lab, lab, type Port, settle, udp } from '../ip/support/lab.ts'

const families = [
  { family: 'ARP', src: '10.1.0.10', router: '10.1.0.1', own: '10.2.0.1', nobody: '10.2.0.77', error: '3/1' },
  { family: 'ND', src: 'fd01::10', router: 'fd01::1', own: 'fd02::1', nobody: 'fd02::77', error: '1/3' },
]

function state(host: Host, addr: string): NeighbourState | undefined {
  return host.neighbours.entries().find(entry => entry.addr === parseAddr(addr))?.state
}

/** Requests that left a port: `seconds to-MAC`. */
function requests(port: Port, target: string): string[] {
  const found: string[] = []
  for (const [i, skb] of port.sent.entries()) {
    const asks =
      skb.etherType === ETHERTYPE_ARP
        ? skb.arpOp === 1 && skb.dst === parseAddr(target)
        : skb.icmpType === 135 && skb.icmpTarget === parseAddr(target)
    if (asks) found.push(`${(port.times[i] ?? 0) / 1_000_000}s ${formatMac(skb.ethDst)}`)
  }
  return found
}

function group(target: string): string {
  return target.includes(':') ? `33:33:ff:00:00:${target.slice(-2)}` : 'ff:ff:ff:ff:ff:ff'
}

describe.each(families)('$family', ({ src, router, nobody, error }) => {
  const far = router.includes(':') ? 'fd02::10' : '10.2.0.10'

  test('who asks knows the answer; who was asked knows of the asker, but does not trust it', () => {
    const l = lab()
    l.a.ip.send(udp(l.sim, src, router))
    settle(l.sim)
    expect(l.r.take()).toHaveLength(1)
    expect(state(l.a, router)).toBe('REACHABLE')
    // Where the answer is itself an IPv6 packet, it is the first to use the entry.
    expect(state(l.r, src)).toBe(router.includes(':') ? 'DELAY' : 'STALE')
    expect(l.a.neighbours.lookup(l.a0, parseAddr(router))).toBe(l.r0.mac)
    expect(l.r.neighbours.lookup(l.r0, parseAddr(src))).toBe(l.a0.mac)
  })

  test('REACHABLE lasts 30 s, DELAY 5 s, then one unicast request renews it', () => {
    const l = lab()
    l.a.ip.send(udp(l.sim, src, router))
    settle(l.sim, 30)
    expect(state(l.a, router)).toBe('REACHABLE')
    settle(l.sim, 1)
    expect(state(l.a, router)).toBe('STALE')
    l.a.ip.send(udp(l.sim, src, router))
    expect(state(l.a, router)).toBe('DELAY')
    settle(l.sim, 4)
    expect(state(l.a, router)).toBe('DELAY')
    settle(l.sim, 1)
    expect(state(l.a, router)).toBe('REACHABLE')
    expect(requests(l.a0, router)).toEqual([`0s ${group(router.replace(/1$/, '01'))}`, `36s ${formatMac(l.r0.mac)}`])
    expect(l.r.take()).toHaveLength(2)
  })

  test('a neighbour that went away fails after three unicast requests; packets keep going meanwhile', () => {
    const l = lab()
    l.a.ip.send(udp(l.sim, src, router))
    settle(l.sim, 31)
    cable(l.a0)
    l.a.ip.send(udp(l.sim, src, router))
    settle(l.sim, 7.9)
    expect(state(l.a, router)).toBe('PROBE')
    settle(l.sim, 0.2)
    expect(state(l.a, router)).toBe('FAILED')
    expect(requests(l.a0, router).slice(1)).toEqual([36, 37, 38].map(s => `${s}s ${formatMac(l.r0.mac)}`))
  })

  test('three requests a second apart, then the sender behind the router learns that nobody is there', () => {
    const l = lab()
    l.a.ip.send(udp(l.sim, src, nobody))
    settle(l.sim, 2.9)
    expect(state(l.r, nobody)).toBe('INCOMPLETE')
    expect(l.a.take()).toEqual([])
    settle(l.sim, 0.2)
    expect(requests(l.r1, nobody)).toEqual([0, 1, 2].map(s => `${s}s ${group(nobody)}`))
    expect(state(l.r, nobody)).toBe('FAILED')
    expect(l.a.take().map(skb => `${formatAddr(skb.src)} ${skb.icmpType}/${skb.icmpCode} ${skb.inner?.ttl}`)).toEqual([
      `${router} ${error} 63`,
    ])
  })

  test('a local sender is told over lo', () => {
    const l = lab()
    expect(l.r.ip.send(udp(l.sim, nobody.includes(':') ? '::' : '0.0.0.0', nobody))).toBeNull()
    settle(l.sim, 3)
    const own = nobody.includes(':') ? 'fd02::1' : '10.2.0.1'
    expect(
      l.r.take().map(skb => `${formatAddr(skb.src)}>${formatAddr(skb.dst)} ${skb.icmpType}/${skb.icmpCode}`),
    ).toEqual([`${own}>${own} ${error}`])
  })

  test('a failed neighbour is asked for again by the next packet', () => {
    const l = lab()
    l.a.ip.send(udp(l.sim, src, nobody))
    settle(l.sim, 4)
    l.a.ip.send(udp(l.sim, src, nobody))
    settle(l.sim, 4)
    expect(requests(l.r1, nobody)).toHaveLength(6)
    expect(l.a.take()).toHaveLength(2)
  })

  test('packets wait in their order', () => {
    const l = lab()
    for (const payload of [1, 2, 3]) l.a.ip.send(udp(l.sim, src, far, payload))
    settle(l.sim)
    expect(l.b.take().map(skb => skb.payloadLength)).toEqual([1, 2, 3])
  })

  test.each([
    [3, 256],
    [500, 166],
    [1400, 92],
  ])('of packets with %i bytes the newest %i wait, as measured', (payload, kept) => {
    const l = lab()
    // The neighbour behind the router is there, but its answers are lost at first.
    cable(l.r1)
    for (let i = 0; i < 400; i++) {
      l.r.ip.receive(udp(l.sim, src, far, payload), l.r0)
    }
    cable(l.r1, l.b0)
    settle(l.sim, 1)
    expect(l.b.take()).toHaveLength(kept)
  })

  test('a permanent neighbour is neither asked nor overwritten', () => {
    const l = lab()
    const mac = parseMac('8e:00:00:00:00:01')
    l.a.neighbours.set(l.a0, parseAddr(router), mac, 'PERMANENT')
    l.a.ip.send(udp(l.sim, src, router))
    l.r.ip.send(udp(l.sim, router, src))
    settle(l.sim, 100)
    expect(requests(l.a0, router)).toEqual([])
    expect(l.a.neighbours.entries()).toMatchObject([{ mac, state: 'PERMANENT' }])
  })

  test('a deleted neighbour is asked for again', () => {
    const l = lab()
    l.a.ip.send(udp(l.sim, src, router))
    settle(l.sim)
    l.a.neighbours.delete(l.a0, parseAddr(router))
    expect(l.a.neighbours.lookup(l.a0, parseAddr(router))).toBe(0)
    l.a.ip.send(udp(l.sim, src, router))
    settle(l.sim)
    expect(requests(l.a0, router)).toHaveLength(2)
  })

  test('the table holds 1024 neighbours; the next one cannot be reached', () => {
    const l = lab({ record: true })
    const v6 = src.includes(':')
    for (let i = 1; i <= 1024; i++) {
      const addr = parseAddr(v6 ? `fd01::1:${i.toString(16)}` : `10.3.${i >> 8}.${i & 255}`)
      l.a.neighbours.set(l.a0, addr, l.r0.mac, 'REACHABLE')
    }
    l.a.neighbours.output(udp(l.sim, src, router), l.a0, parseAddr(router))
    expect(l.a.neighbours.entries()).toHaveLength(1024)
    expect(l.a0.sent).toEqual([])
    const drops = l.events.filter(event => event.kind === 'drop').map(event => event.detail)
    expect(drops).toEqual(['neighbour table overflow'])
    settle(l.sim, 6)
    l.a.neighbours.output(udp(l.sim, src, router), l.a0, parseAddr(router))
    expect(state(l.a, router)).toBe('INCOMPLETE')
  })
})

describe('groups need no asking', () => {
  test.each([
    ['224.0.0.251', '01:00:5e:00:00:fb'],
    ['239.255.255.250', '01:00:5e:7f:ff:fa'],
    ['255.255.255.255', 'ff:ff:ff:ff:ff:ff'],
    ['10.1.0.255', 'ff:ff:ff:ff:ff:ff'],
    ['ff02::1:ff00:10', '33:33:ff:00:00:10'],
  ])('%s is %s', (dst, mac) => {
    const l = lab()
    l.a.neighbours.output(udp(l.sim, dst.includes(':') ? 'fd01::10' : '10.1.0.10', dst), l.a0, parseAddr(dst))
    expect(l.a0.sent.map(skb => formatMac(skb.ethDst))).toEqual([mac])
    expect(l.a.neighbours.entries()).toMatchObject([{ state: 'NOARP' }])
  })
})

describe('ARP frames', () => {
  test('request and reply as tcpdump shows them', () => {
    const l = lab({ record: true })
    l.a.ip.send(udp(l.sim, '10.1.0.10', '10.1.0.1'))
    settle(l.sim)
    expect(l.a0.sent[0]).toMatchObject({
      ethSrc: l.a0.mac,
      ethDst: MAC_BROADCAST,
      arpOp: 1,
      arpSha: l.a0.mac,
      arpTha: 0,
      src: parseAddr('10.1.0.10'),
      dst: parseAddr('10.1.0.1'),
      length: 28,
    })
    expect(l.r0.sent[0]).toMatchObject({
      ethSrc: l.r0.mac,
      ethDst: l.a0.mac,
      arpOp: 2,
      arpSha: l.r0.mac,
      arpTha: l.a0.mac,
      src: parseAddr('10.1.0.1'),
      dst: parseAddr('10.1.0.10'),
    })
    const actions = l.events.filter(event => event.kind === 'neighbour').map(event => `${event.ns} ${event.action}`)
    expect(actions).toEqual(['a queued', 'a ask', 'r learn', 'a learn', 'a hit'])
  })

  /** Asks r for an address over e0 and says whether it answered, and with what. */
  function ask(target: string, change: (l: Lab) => void = () => {}, sender = '10.1.0.10'): string[] {
    const l = lab()
    change(l)
    l.a.address(l.a0, '172.16.0.5/24')
    l.a.neighbours.output(udp(l.sim, sender, target), l.a0, parseAddr(target))
    settle(l.sim, 0.9)
    return l.r0.sent.filter(skb => skb.arpOp === 2).map(skb => formatAddr(skb.src))
  }

  test('every address of the namespace is answered for on every device (arp_ignore 0)', () => {
    expect(ask('10.1.0.1')).toEqual(['10.1.0.1'])
    expect(ask('10.2.0.1')).toEqual(['10.2.0.1'])
    expect(ask('10.1.0.99')).toEqual([])
  })

  test('arp_ignore 1: only addresses of the device', () => {
    const one = (l: Lab): void => {
      l.r0.conf.arpIgnore = 1
    }
    expect(ask('10.1.0.1', one)).toEqual(['10.1.0.1'])
    expect(ask('10.2.0.1', one)).toEqual([])
    expect(
      ask('10.1.0.1', l => {
        l.r.sysctl.all.arpIgnore = 8
      }),
    ).toEqual([])
  })

  test('arp_ignore 2: only for senders of the same subnet', () => {
    const two = (l: Lab): void => {
      l.r0.conf.arpIgnore = 2
    }
    expect(ask('10.1.0.1', two)).toEqual(['10.1.0.1'])
    expect(ask('10.1.0.1', two, '172.16.0.5')).toEqual([])
  })

  test('proxy_arp answers for what is routed out of another device, not the same one', () => {
    const proxy = (l: Lab): void => {
      l.r0.conf.proxyArp = true
    }
    expect(ask('10.2.0.10', proxy)).toEqual(['10.2.0.10'])
    expect(ask('10.1.0.99', proxy)).toEqual([])
    expect(ask('10.2.0.10')).toEqual([])
  })

  test('proxy_arp without forwarding answers nothing', () => {
    expect(
      ask('10.2.0.10', l => {
        l.r0.conf.proxyArp = true
        l.r0.conf.forwarding = false
      }),
    ).toEqual([])
  })

  test('somebody who claims our own address gets no answer', () => {
    const l = lab()
    l.a.address(l.a0, '10.2.0.1/24')
    l.a.neighbours.output(udp(l.sim, '10.2.0.1', '10.1.0.1'), l.a0, parseAddr('10.1.0.1'))
    settle(l.sim, 0.5)
    expect(l.r0.sent).toEqual([])
    expect(l.r.neighbours.entries()).toEqual([])
  })

  test('the source of the waiting packet asks, unless arp_announce says otherwise', () => {
    const asked = (announce: number): string[] => {
      const l = lab()
      l.r1.conf.arpAnnounce = announce
      l.r.ip.send(udp(l.sim, '10.1.0.1', '10.2.0.77'))
      return l.r1.sent.map(skb => formatAddr(skb.src))
    }
    expect(asked(0)).toEqual(['10.1.0.1'])
    expect(asked(1)).toEqual(['10.2.0.1'])
    expect(asked(2)).toEqual(['10.2.0.1'])
  })

  test('a gratuitous request changes a known address at once, and makes no new entries', () => {
    const l = lab()
    l.a.ip.send(udp(l.sim, '10.1.0.10', '10.1.0.1'))
    settle(l.sim)
    const mac = parseMac('02:00:00:00:99:99')
    const announce = (addr: string): void => {
      l.r.neighbours.output(udp(l.sim, '10.1.0.1', '10.1.0.200'), l.r0, parseAddr('10.1.0.200'))
      const skb = l.r0.sent.pop()
      if (skb === undefined) throw new Error('no request')
      Object.assign(skb, { src: parseAddr(addr), dst: parseAddr(addr), arpSha: mac, pktType: 1 })
      l.a.neighbours.receiveArp(skb, l.a0)
      l.r.neighbours.delete(l.r0, parseAddr('10.1.0.200'))
    }
    announce('10.1.0.1')
    announce('10.1.0.55')
    expect(l.a.neighbours.entries()).toMatchObject([{ addr: parseAddr('10.1.0.1'), mac, state: 'STALE' }])
  })

  test('of two different answers within a second the first is believed', () => {
    const l = lab()
    const c = l.r.addPort('e2', '02:00:00:00:01:02')
    l.r.address(c, '10.9.0.1/24')
    // Two stations on one wire have the same address.
    const twin = lab()
    twin.r0.mac = parseMac('02:00:00:00:77:77')
    l.a.ip.send(udp(l.sim, '10.1.0.10', '10.1.0.1'))
    const request = l.a0.sent[0]
    if (request === undefined) throw new Error('no request')
    settle(l.sim)
    twin.r.neighbours.receiveArp(Object.assign(request, { pktType: 1 }), twin.r0)
    const late = twin.r0.sent[0]
    if (late === undefined) throw new Error('no answer')
    l.a.neighbours.receiveArp(Object.assign(late, { pktType: 0 }), l.a0)
    expect(l.a.neighbours.lookup(l.a0, parseAddr('10.1.0.1'))).toBe(l.r0.mac)
    settle(l.sim, 2)
    l.a.neighbours.receiveArp(Object.assign(late, { pktType: 0 }), l.a0)
    expect(l.a.neighbours.lookup(l.a0, parseAddr('10.1.0.1'))).toBe(twin.r0.mac)
  })
})

describe('ND messages', () => {
  test('solicitation and advertisement as tcpdump shows them', () => {
    const l = lab()
    l.a.ip.send(udp(l.sim, 'fd01::10', 'fd01::1'))
    settle(l.sim)
    expect(l.a0.sent[0]).toMatchObject({
      ethDst: parseMac('33:33:ff:00:00:01'),
      src: parseAddr('fd01::10'),
      dst: parseAddr('ff02::1:ff00:1'),
      ttl: 255,
      icmpType: 135,
      icmpTarget: parseAddr('fd01::1'),
      ndLladdr: l.a0.mac,
      length: 72,
    })
    expect(l.r0.sent[0]).toMatchObject({
      src: parseAddr('fd01::1'),
      dst: parseAddr('fd01::10'),
      ttl: 255,
      icmpType: 136,
      ndFlags: 7,
      ndLladdr: l.r0.mac,
      length: 72,
    })
  })

  test('a host is no router, and the answer to a unicast question carries no address', () => {
    const l = lab()
    l.r.ip.send(udp(l.sim, 'fd02::1', 'fd02::10'))
    settle(l.sim, 31)
    l.r.ip.send(udp(l.sim, 'fd02::1', 'fd02::10'))
    settle(l.sim, 6)
    const asked = l.r1.sent.filter(skb => skb.icmpType === 135)
    const answers = l.b0.sent.filter(skb => skb.icmpType === 136)
    expect(asked.map(skb => formatAddr(skb.src))).toEqual(['fd02::1', 'fe80::101'])
    expect(answers.map(skb => [skb.ndFlags, skb.length])).toEqual([
      [3, 72],
      [2, 64],
    ])
    expect(state(l.r, 'fd02::10')).toBe('REACHABLE')
  })

  test('a router asks for a forwarded packet from its link-local address', () => {
    const l = lab()
    l.a.ip.send(udp(l.sim, 'fd01::10', 'fd02::10'))
    settle(l.sim)
    expect(l.r1.sent[0]).toMatchObject({ icmpType: 135, src: parseAddr('fe80::101') })
  })

  test('addresses of other devices are not answered for', () => {
    const l = lab()
    l.a.neighbours.output(udp(l.sim, 'fd01::10', 'fd02::1'), l.a0, parseAddr('fd02::1'))
    settle(l.sim, 0.5)
    expect(l.r0.sent).toEqual([])
  })

  test('ip6tables that drops ICMPv6 at OUTPUT breaks resolution', () => {
    const l = lab()
    l.r.verdicts.set(HOOK_OUTPUT, skb => (skb.proto === 58 ? NF_DROP : NF_ACCEPT))
    l.a.ip.send(udp(l.sim, 'fd01::10', 'fd01::1'))
    settle(l.sim, 2)
    expect(state(l.a, 'fd01::1')).toBe('INCOMPLETE')
  })

  test('a message that crossed a router is ignored', () => {
    const l = lab()
    l.a.ip.send(udp(l.sim, 'fd01::10', 'fd01::1'))
    const question = l.a0.sent[0]
    if (question === undefined) throw new Error('no question')
    question.ttl = 254
    l.r.neighbours.receiveNd(question, l.r0)
    expect(l.r0.sent).toEqual([])
  })
})

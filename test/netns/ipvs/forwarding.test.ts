import { describe, expect, test } from 'vitest'
import { formatAddr, parseAddr } from '../../../src/wire/addr.ts'
import { Lab, type LabOptions } from '../../support/lab.ts'

const MARK_RULES = [
  '*nat',
  ':MASQ - [0:0]',
  '-A PREROUTING -s 10.0.0.100/32 -j MARK --set-xmark 0x4000/0x4000',
  '-A OUTPUT -d 10.96.0.0/16 -j MARK --set-xmark 0x4000/0x4000',
  '-A POSTROUTING -m mark --mark 0x4000/0x4000 -j MASQ',
  '-A MASQ -j MARK --set-xmark 0x4000/0x0',
  '-A MASQ -j MASQUERADE',
  'COMMIT',
  '',
].join('\n')

const VIP = '10.96.0.10'

/** The lab with a dummy that has the virtual address, and these lines of ipvsadm-save on n1. */
function balanced(ipvs: readonly string[], options: LabOptions = {}): Lab {
  const lab = new Lab(options)
  lab.warm()
  const n1 = lab.config('n1')
  lab.change('n1', {
    sysctls: [
      ...n1.sysctls,
      ['net.ipv4.vs.conntrack', '1'],
      ['net.ipv4.vs.expire_nodest_conn', '1'],
      ['net.ipv4.vs.expire_quiescent_template', '1'],
    ],
    links: [...n1.links, { kind: 'dummy', name: 'kube-ipvs0', up: false }],
    addresses: [
      ...n1.addresses,
      `${VIP}/32 dev kube-ipvs0`,
      ...(options.ipv6 === true ? ['fd00:96::a/128 dev kube-ipvs0'] : []),
    ],
    ipvs: ipvs.map(line => `${line}\n`).join(''),
  })
  lab.rules('n1', MARK_RULES)
  return lab
}

const TCP = [
  `-A -t ${VIP}:80 -s rr`,
  `-a -t ${VIP}:80 -r 10.244.1.11:8080 -m -w 1`,
  `-a -t ${VIP}:80 -r 10.244.2.10:8080 -m -w 1`,
]
const UDP = TCP.map(line => line.replace('-t', '-u'))

function connect(lab: Lab, from: string, dst = VIP): { result: string; from: string; ttl: number } {
  const client = lab.ns(from).sockets.connectTcp({ dst: parseAddr(dst), dport: 80, payloadLength: 10 })
  lab.world.run(lab.world.sim.now + 5_000_000)
  return {
    result: client.result,
    from: client.from === null ? '' : `${formatAddr(client.from)}:${client.fromPort}`,
    ttl: client.ttl,
  }
}

describe('a TCP connection to a virtual service', () => {
  const lab = balanced(TCP)
  const near = lab.listen('p1b', { protocol: 'tcp', port: 8080 })
  const far = lab.listen('p2a', { protocol: 'tcp', port: 8080 })
  const seen = (): string[] => [near, far].map(({ seen: all }) => all.map(({ peer }) => formatAddr(peer)).join(' '))

  test('from a pod: answered by the virtual address, unmasqueraded; the server that was added last comes first', () => {
    expect(connect(lab, 'p1a')).toEqual({ result: 'ok', from: `${VIP}:80`, ttl: 62 })
    expect(seen()).toEqual(['', '10.244.1.10'])
  })
  test('the next one goes to the other server', () => {
    expect(connect(lab, 'p1a')).toMatchObject({ result: 'ok', from: `${VIP}:80` })
    expect(seen()).toEqual(['10.244.1.10', '10.244.1.10'])
  })
  test('from the node itself: its source would be the virtual address, but for masquerading', () => {
    expect(connect(lab, 'n1')).toMatchObject({ result: 'ok', from: `${VIP}:80` })
    expect(connect(lab, 'n1')).toMatchObject({ result: 'ok', from: `${VIP}:80` })
    expect(seen()).toEqual(['10.244.1.10 10.244.1.1', '10.244.1.10 10.0.0.1'])
  })
  test('conntrack expects the answer of the server, and does not call it DNAT', () => {
    const flows = lab
      .ns('n1')
      .conntrack.entries()
      .filter(({ original }) => original.dst === parseAddr(VIP))
    expect(flows.map(({ dnat, snat }) => [dnat, snat])).toEqual([
      [false, false],
      [false, false],
      [false, true],
      [false, true],
    ])
    expect(new Set(flows.map(({ reply }) => `${formatAddr(reply.src)}:${reply.sport}`))).toEqual(
      new Set(['10.244.1.11:8080', '10.244.2.10:8080']),
    )
  })
  test('the connections end in TIME_WAIT or what comes before', () => {
    const states = (lab.ns('n1').ipvs.connections() ?? []).map(({ state }) => state)
    expect(states.length).toBe(4)
    expect(states.every(state => state !== 'SYN_RECV' && state !== 'NONE')).toBe(true)
  })
})

describe('a UDP exchange', () => {
  const ask = (lab: Lab, sport: number): string => {
    const client = lab.ns('p1a').sockets.sendUdp({ dst: parseAddr(VIP), dport: 80, sport, timeout: 1_000_000 })
    lab.world.run(lab.world.sim.now + 2_000_000)
    return client.result
  }
  test('goes to the same server while it lasts', () => {
    const lab = balanced(UDP)
    const near = lab.listen('p1b', { protocol: 'udp', port: 8080 })
    const far = lab.listen('p2a', { protocol: 'udp', port: 8080 })
    expect([ask(lab, 5000), ask(lab, 5000), ask(lab, 5000)]).toEqual(['ok', 'ok', 'ok'])
    expect([near.seen.length, far.seen.length]).toEqual([0, 3])
  })
  test('loses one packet when its server goes, and then has another', () => {
    const lab = balanced(UDP)
    const near = lab.listen('p1b', { protocol: 'udp', port: 8080 })
    lab.listen('p2a', { protocol: 'udp', port: 8080 })
    expect(ask(lab, 5000)).toBe('ok')
    lab.change('n1', { ipvs: `${UDP.slice(0, 2).join('\n')}\n` })
    expect(ask(lab, 5000)).toBe('timeout')
    expect(ask(lab, 5000)).toBe('ok')
    expect(near.seen.length).toBe(1)
  })
})

test('a TCP server that goes keeps its connections, takes no new ones, and leaves with the last', () => {
  const lab = balanced(TCP)
  const near = lab.listen('p1b', { protocol: 'tcp', port: 8080 })
  lab.listen('p2a', { protocol: 'tcp', port: 8080 })
  const client = lab.ns('p1a').sockets.connectTcp({ dst: parseAddr(VIP), dport: 80, keepOpen: true })
  lab.world.run(lab.world.sim.now + 1_000_000)
  expect(client.result).toBe('ok')
  lab.change('n1', { ipvs: `${TCP.slice(0, 2).join('\n')}\n` })
  expect(lab.ns('n1').ipvs.save()).toContain('-r 10.244.2.10:8080 -m -w 0')
  connect(lab, 'p1a')
  connect(lab, 'p1a')
  expect(near.seen.length).toBe(2)
  // ESTABLISHED times out after 15 minutes; kube-proxy looks once a minute.
  lab.world.run(lab.world.sim.now + 17 * 60_000_000)
  expect(lab.ns('n1').ipvs.save()).not.toContain('10.244.2.10')
})

describe('what nobody serves', () => {
  test('a service without servers answers TCP with port unreachable', () => {
    const lab = balanced([`-A -t ${VIP}:80 -s rr`])
    expect(connect(lab, 'p1a').result).toBe('ECONNREFUSED')
    expect(connect(lab, 'n1').result).toBe('ECONNREFUSED')
  })
  test('another port of the virtual address is a closed port of the node', () => {
    const lab = balanced(TCP)
    const client = lab.ns('p1a').sockets.connectTcp({ dst: parseAddr(VIP), dport: 81 })
    lab.world.run(lab.world.sim.now + 1_000_000)
    expect(client.result).toBe('ECONNREFUSED')
  })
  test('the virtual address answers ping: it is the node’s', () => {
    const lab = balanced(TCP)
    const client = lab.ns('p1a').sockets.ping({ dst: parseAddr(VIP), timeout: 1_000_000 })
    lab.world.run(lab.world.sim.now + 2_000_000)
    expect(client.replies.map(({ from, ttl }) => [formatAddr(from), ttl])).toEqual([[VIP, 64]])
  })
})

test('a server on the node itself gets the packet without another round through OUTPUT', () => {
  const lab = balanced([`-A -t ${VIP}:80 -s rr`, `-a -t ${VIP}:80 -r 10.0.0.1:6443 -m -w 1`])
  const api = lab.listen('n1', { protocol: 'tcp', port: 6443 })
  expect(connect(lab, 'p1a')).toMatchObject({ result: 'ok', from: `${VIP}:80`, ttl: 64 })
  expect(connect(lab, 'n1')).toMatchObject({ result: 'ok', from: `${VIP}:80` })
  expect(connect(lab, 'ext', VIP)).toMatchObject({ result: 'ENETUNREACH' })
  expect(api.seen.length).toBe(2)
})

describe('persistence', () => {
  const persistent = TCP.map(line => (line.startsWith('-A') ? `${line} -p 600` : line))
  test('keeps a client with its server until the timeout after its last connection', () => {
    const lab = balanced(persistent)
    const near = lab.listen('p1b', { protocol: 'tcp', port: 8080 })
    const far = lab.listen('p2a', { protocol: 'tcp', port: 8080 })
    for (let i = 0; i < 3; i++) connect(lab, 'p1a')
    expect([near.seen.length, far.seen.length]).toEqual([0, 3])
    lab.world.run(lab.world.sim.now + 599_000_000 - 5_000_000)
    connect(lab, 'p1a')
    expect([near.seen.length, far.seen.length]).toEqual([0, 4])
    lab.world.run(lab.world.sim.now + 800_000_000)
    connect(lab, 'p1a')
    expect([near.seen.length, far.seen.length]).toEqual([1, 4])
  })
  test('is forgotten when its server takes no more connections', () => {
    const lab = balanced(persistent)
    const near = lab.listen('p1b', { protocol: 'tcp', port: 8080 })
    lab.listen('p2a', { protocol: 'tcp', port: 8080 })
    connect(lab, 'p1a')
    lab.change('n1', { ipvs: `${persistent.join('\n').replace('2.10:8080 -m -w 1', '2.10:8080 -m -w 0')}\n` })
    connect(lab, 'p1a')
    expect(near.seen.length).toBe(1)
  })
})

test('IPv6', () => {
  const lab = balanced(['-A -t [fd00:96::a]:80 -s rr', '-a -t [fd00:96::a]:80 -r [fd00:2::a]:8080 -m -w 1'], {
    ipv6: true,
  })
  lab.listen('p2a', { protocol: 'tcp', port: 8080 })
  expect(connect(lab, 'p1a', 'fd00:96::a')).toMatchObject({ result: 'ok', from: 'fd00:96::a:80' })
})

test('an error about a packet that was sent on comes to the client as one about the service', () => {
  const lab = balanced(UDP)
  const client = lab.ns('p1a').sockets.sendUdp({ dst: parseAddr(VIP), dport: 80, timeout: 1_000_000 })
  lab.world.run(lab.world.sim.now + 2_000_000)
  expect(client.result).toBe('ECONNREFUSED')
  expect(client.errors.map(({ type, code, from }) => [type, code, formatAddr(from)])).toEqual([[3, 3, VIP]])
})

import { describe, expect, it } from 'vitest'
import type { NamespaceConfig } from '../../../src/netns/config.ts'
import { emptyConfig } from '../../../src/netns/config.ts'
import { World } from '../../../src/netns/index.ts'
import { formatAddr, parseAddr } from '../../../src/wire/addr.ts'
import { kubeRules } from '../../support/kube-rules.ts'
import { Lab } from '../../support/lab.ts'

function routesOf(lab: Lab, name: string): string[] {
  return lab
    .ns(name)
    .fib.table(254, 4)
    .map(route => `${route.dst} ${route.gateway === null ? '' : formatAddr(route.gateway)}`)
}

describe('applying a configuration again', () => {
  it('changes nothing when it says the same', () => {
    const lab = new Lab({ backend: 'vxlan' })
    lab.rules('n1', kubeRules({ endpoints: ['10.244.2.10:8080'] }))
    const before = lab.ns('n1')
    const devices = [...before.devices]
    const rules = before.netfilter.save(4)
    const routes = routesOf(lab, 'n1')
    lab.apply({ ...lab.config('n1') })
    expect(lab.ns('n1')).toBe(before)
    expect(before.devices).toEqual(devices)
    expect(before.netfilter.save(4)).toBe(rules)
    expect(routesOf(lab, 'n1')).toEqual(routes)
  })

  it('replaces rules and keeps conntrack, neighbours, FDB and sockets', () => {
    const lab = new Lab()
    const seen = lab.listen('p2a', { protocol: 'udp', port: 8080 }).seen
    lab.rules('n1', kubeRules({ endpoints: ['10.244.2.10:8080'] }))
    const ask = (): string => {
      const client = lab.ns('p1a').sockets.sendUdp({ dst: parseAddr('10.96.0.10'), dport: 80, sport: 40000 })
      lab.world.run()
      return client.result
    }
    expect(ask()).toBe('ok')
    const neighbours = lab.ns('n1').neighbours.entries().length
    lab.rules('n1', kubeRules({ endpoints: ['10.244.1.11:8080'] }))
    expect(lab.ns('n1').netfilter.save(4, 'nat')).not.toContain('10.244.2.10')
    expect(lab.ns('n1').conntrack.entries()).toHaveLength(1)
    expect(lab.ns('n1').neighbours.entries()).toHaveLength(neighbours)
    expect(ask()).toBe('ok')
    expect(seen).toHaveLength(2)
  })

  it('takes away links, addresses, routes and listeners that are no longer named', () => {
    const lab = new Lab()
    lab.change('n1', {
      links: [...lab.config('n1').links, { kind: 'dummy', name: 'dummy0' }],
      addresses: [...lab.config('n1').addresses, '192.0.2.1/24 dev dummy0'],
      routes: [...lab.config('n1').routes, '198.18.0.0/15 via 192.0.2.2 dev dummy0'],
      listeners: [{ protocol: 'tcp', port: 80, program: 'x', assumed: false }],
    })
    expect(routesOf(lab, 'n1')).toContain('198.18.0.0/15 192.0.2.2')
    expect(lab.ns('n1').sockets.listeners).toHaveLength(1)
    lab.apply({ ...new Lab().config('n1') })
    expect(lab.ns('n1').device('dummy0')).toBeUndefined()
    expect(lab.ns('n1').fib.isLocal(parseAddr('192.0.2.1'))).toBe(false)
    expect(routesOf(lab, 'n1')).not.toContain('198.18.0.0/15 192.0.2.2')
    expect(lab.ns('n1').sockets.listeners).toEqual([])
    expect(routesOf(lab, 'n1')).toContain('0.0.0.0/0 10.0.0.100')
  })

  it('makes a link anew when what it is changes, with its addresses', () => {
    const lab = new Lab({ backend: 'vxlan' })
    const old = lab.ns('n1').device('flannel.1')
    const links = lab.config('n1').links.map(link => (link.kind === 'vxlan' ? { ...link, vni: 7 } : link))
    lab.change('n1', { links })
    expect(lab.ns('n1').device('flannel.1')).not.toBe(old)
    expect(lab.ns('n1').fib.isLocal(parseAddr('10.244.1.0'))).toBe(true)
    expect(routesOf(lab, 'n1')).toContain('10.244.2.0/24 10.244.2.0')
  })

  it('keeps routes that an address took along when it goes', () => {
    const lab = new Lab()
    lab.change('n1', { addresses: [...lab.config('n1').addresses, '10.0.0.7/24 dev eth0'] })
    lab.change('n1', { addresses: lab.config('n1').addresses.filter(line => !line.startsWith('10.0.0.7')) })
    expect(routesOf(lab, 'n1')).toContain('0.0.0.0/0 10.0.0.100')
  })

  it('replaces sets that rules use', () => {
    const lab = new Lab()
    const rules = '*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m set --match-set A src -j DROP\nCOMMIT\n'
    const set = (name: string, member: string): Partial<NamespaceConfig> => ({
      ipsets: [`create ${name} hash:ip\nadd ${name} ${member}\n`],
      iptables: [{ family: 4, text: rules.replace('A src', `${name} src`), source: 'test' }],
    })
    lab.change('n1', set('A', '10.0.0.1'))
    lab.change('n1', set('B', '10.0.0.2'))
    expect(lab.ns('n1').ipsets.names).toEqual(['B'])
    expect(lab.ns('n1').netfilter.save(4, 'filter')).toContain('--match-set B src')
  })
})

describe('a world', () => {
  it('has namespaces with lo up, and both ends of a pair in theirs', () => {
    const world = new World()
    world.applyConfig({
      ...emptyConfig('a'),
      links: [{ kind: 'veth', name: 'v0', peer: { namespace: 'b', name: 'v1' } }],
    })
    expect(world.namespaces.map(ns => ns.name)).toEqual(['a', 'b'])
    expect(world.namespace('b')?.device('v1')?.up).toBe(true)
    expect(world.namespace('b')?.fib.isLocal(parseAddr('127.0.0.1'))).toBe(true)
    expect(world.namespace('b')?.fib.isLocal(parseAddr('::1'))).toBe(true)
  })

  it('a namespace that is deleted takes its links along', () => {
    const lab = new Lab()
    lab.world.deleteNamespace('p1a')
    expect(lab.world.namespace('p1a')).toBeUndefined()
    expect(lab.ns('n1').device('va')).toBeUndefined()
    expect(lab.ns('n1').device('vb')?.running).toBe(true)
    const client = lab.ns('n1').sockets.ping({ dst: parseAddr('10.244.1.10'), timeout: 5_000_000 })
    lab.world.run()
    expect(client.result).toBe('EHOSTUNREACH')
  })

  it('tells which sysctls it does not simulate', () => {
    const world = new World()
    world.applyConfig({ ...emptyConfig('a'), sysctls: [['vm.swappiness', '10']] })
    expect(world.notSimulated).toEqual(['vm.swappiness'])
  })

  it.each([
    ['a master that is not there', { links: [{ kind: 'dummy', name: 'd', master: 'br0' }] }, /no device br0/],
    ['an address on no device', { addresses: ['10.0.0.1/24 dev eth9'] }, /eth9/],
    ['a route that cannot be read', { routes: ['10.0.0.0/8 over there'] }, /over/],
    ['an FDB entry of a veth', { fdb: ['02:00:00:00:00:01 dev lo dst 10.0.0.1'] }, /neither/],
    ['rules with an unknown table', { iptables: [{ family: 4, text: '*nut\nCOMMIT\n', source: 'f' }] }, /f:1/],
    [
      'a name that is too long',
      { links: [{ kind: 'dummy', name: 'a-name-of-16-char' }] },
      /device name|not a|too long/i,
    ],
  ] as const)('refuses %s', (_name, parts, message) => {
    expect(() => new World().applyConfig({ ...emptyConfig('a'), ...parts } as NamespaceConfig)).toThrow(message)
  })

  it('the same seed gives the same trace, another seed other ports', () => {
    const run = (seed: number): string => {
      const lab = new Lab({ seed })
      lab.listen('p2a', { protocol: 'tcp', port: 8080 })
      lab.watch()
      lab.ns('p1a').sockets.connectTcp({ dst: parseAddr('10.244.2.10'), dport: 8080 })
      lab.world.run()
      return JSON.stringify(lab.events)
    }
    expect(run(5)).toBe(run(5))
    expect(run(5)).not.toBe(run(6))
  })
})

describe('dual stack', () => {
  function dualStack(): Lab {
    const lab = new Lab({ ipv6: true })
    for (const name of ['p1a', 'p1b', 'p2a']) {
      for (const protocol of ['udp', 'tcp'] as const) lab.listen(name, { protocol, port: 8080 })
    }
    return lab
  }

  const RULES6 = [
    '*nat',
    ':PREROUTING ACCEPT [0:0]',
    ':POSTROUTING ACCEPT [0:0]',
    '-A PREROUTING -d fd96::10/128 -p tcp -m tcp --dport 80 -j DNAT --to-destination [fd00:2::a]:8080',
    '-A POSTROUTING -s fd00:1::/64 -d fd00:2::/64 -j MASQUERADE',
    'COMMIT',
    '',
  ].join('\n')

  it('pods reach each other over IPv6 across nodes: TCP, UDP and ping', () => {
    const lab = dualStack()
    const { sockets } = lab.ns('p1a')
    const dst = parseAddr('fd00:2::a')
    const clients = [
      sockets.connectTcp({ dst, dport: 8080, payloadLength: 10 }),
      sockets.sendUdp({ dst, dport: 8080 }),
      sockets.ping({ dst }),
      sockets.sendUdp({ dst, dport: 9 }),
      sockets.ping({ dst, ttl: 1 }),
    ]
    lab.world.run()
    expect(clients.map(client => client.result)).toEqual(['ok', 'ok', 'ok', 'ECONNREFUSED', 'EHOSTUNREACH'])
    expect(clients[2]?.replies[0]?.ttl).toBe(62)
    expect(formatAddr(clients[4]?.errors[0]?.from ?? dst)).toBe('fd00:1::1')
  })

  it('a Service and masquerading work over IPv6 as over IPv4', () => {
    const lab = dualStack()
    lab.change('n1', { iptables: [{ family: 6, text: RULES6, source: 'test' }] })
    const client = lab.ns('p1a').sockets.connectTcp({ dst: parseAddr('fd96::10'), dport: 80, sport: 40000 })
    lab.world.run()
    expect(client.result).toBe('ok')
    expect(formatAddr(client.from ?? client.remote)).toBe('fd96::10')
    const [entry] = lab.ns('n1').conntrack.entries()
    expect([entry?.reply.src, entry?.reply.dst].map(addr => formatAddr(addr ?? client.remote))).toEqual([
      'fd00:2::a',
      'fd00::1',
    ])
  })
})

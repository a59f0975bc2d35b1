import { beforeEach, describe, expect, test } from 'vitest'
import type { NamespaceConfig } from '../../../src/netns/config.ts'
import type { NetNamespace } from '../../../src/netns/sim/namespace.ts'
import { World } from '../../../src/netns/sim/world.ts'
import type { TraceEvent } from '../../../src/trace/recorder.ts'
import { formatAddr, parseAddr } from '../../../src/wire/addr.ts'

/*
 * The IP layer among the real other parts:  a ── e0 r e1 ── b. Expected values were measured with the same addresses, routes
 * and rules in network namespaces of Linux 6.18.
 */

function config(name: string, parts: Partial<NamespaceConfig>): NamespaceConfig {
  const none = { sysctls: [], links: [], addresses: [], routes: [], rules: [], neighbours: [], fdb: [], ipsets: [] }
  return { name, ...none, iptables: [], listeners: [], ...parts }
}

let world: World
let a: NetNamespace
let r: NetNamespace
let events: TraceEvent[]

function build(rules: Partial<Record<4 | 6, string>> = {}, routes: readonly string[] = []): void {
  world = new World()
  events = []
  for (const [name, port, net] of [
    ['a', 'e0', 1],
    ['b', 'e1', 2],
  ] as const) {
    world.applyConfig(
      config(name, {
        links: [{ kind: 'veth', name: 'eth0', peer: { namespace: 'r', name: port } }],
        addresses: [`10.${net}.0.10/24 dev eth0`, `fd0${net}::10/64 dev eth0`],
        routes: [`default via 10.${net}.0.1`, `default via fd0${net}::1`],
        listeners: [{ protocol: 'udp', port: 8080, program: 'echo', assumed: false }],
      }),
    )
  }
  const text = ([4, 6] as const).flatMap(family => {
    const input = rules[family]
    return input === undefined ? [] : [{ family, text: input, source: 'test' }]
  })
  r = world.applyConfig(
    config('r', {
      sysctls: [
        ['net.ipv4.ip_forward', '1'],
        ['net.ipv6.conf.all.forwarding', '1'],
      ],
      addresses: ['10.1.0.1/24 dev e0', 'fd01::1/64 dev e0', '10.2.0.1/24 dev e1', 'fd02::1/64 dev e1'],
      routes,
      iptables: text,
    }),
  )
  a = world.createNamespace('a')
  world.sim.recorder = { misses: false, frames: false, record: event => void events.push(event) }
}

/** ICMP errors that a received: `from type/code info length`. */
function received(): string[] {
  const found: string[] = []
  for (const event of events) {
    if (event.kind !== 'rx' || event.ns !== 'a' || event.dev !== 'eth0' || event.packet.inner === null) continue
    const { src, icmpType, icmpCode, icmpInfo, length } = event.packet
    found.push(`${formatAddr(src)} ${icmpType}/${icmpCode} ${icmpInfo} ${length}`)
  }
  return found
}

function udp(dst: string, options: { size?: number; ttl?: number; from?: NetNamespace } = {}): string | null {
  const client = (options.from ?? a).sockets.sendUdp({
    dst: parseAddr(dst),
    dport: 8080,
    payloadLength: options.size ?? 4,
    ...(options.ttl === undefined ? {} : { ttl: options.ttl }),
  })
  world.run(world.sim.now + 5_000_000)
  return client.result
}

beforeEach(() => build())

describe('who answers what', () => {
  const table = [
    { what: 'hop limit', dst: '10.2.0.10', ttl: 1, route: [], errors: ['10.1.0.1 11/0 0 60'] },
    { what: 'hop limit', dst: 'fd02::10', ttl: 1, route: [], errors: ['fd01::1 3/0 0 100'] },
    { what: 'no route', dst: '10.9.0.1', ttl: 64, route: [], errors: ['10.1.0.1 3/0 0 60'] },
    { what: 'no route', dst: 'fd09::1', ttl: 64, route: [], errors: ['fd01::1 1/0 0 100'] },
    {
      what: 'unreachable',
      dst: '10.9.0.1',
      ttl: 64,
      route: ['unreachable 10.9.0.0/16'],
      errors: ['10.1.0.1 3/1 0 60'],
    },
    { what: 'unreachable', dst: 'fd09::1', ttl: 64, route: ['unreachable fd09::/16'], errors: ['fd01::1 1/0 0 100'] },
    { what: 'prohibit', dst: '10.9.0.1', ttl: 64, route: ['prohibit 10.9.0.0/16'], errors: ['10.1.0.1 3/13 0 60'] },
    { what: 'prohibit', dst: 'fd09::1', ttl: 64, route: ['prohibit fd09::/16'], errors: ['fd01::1 1/1 0 100'] },
    { what: 'blackhole', dst: '10.9.0.1', ttl: 64, route: ['blackhole 10.9.0.0/16'], errors: [] },
    { what: 'blackhole', dst: 'fd09::1', ttl: 64, route: ['blackhole fd09::/16'], errors: [] },
    { what: 'nobody', dst: '10.2.0.77', ttl: 64, route: [], errors: ['10.1.0.1 3/1 0 60'] },
    { what: 'nobody', dst: 'fd02::77', ttl: 64, route: [], errors: ['fd01::1 1/3 0 100'] },
  ]
  test.each(table)('$what to $dst: $errors', ({ dst, ttl, route, errors }) => {
    build({}, route)
    udp(dst, { ttl })
    expect(received()).toEqual(errors)
  })

  test.each([
    ['unreachable', 'EHOSTUNREACH'],
    ['prohibit', 'EACCES'],
    ['blackhole', 'EINVAL'],
    ['throw', 'ENETUNREACH'],
  ])('%s to a local sender is %s', (kind, errno) => {
    build({}, [`${kind} 10.9.0.0/16`, `${kind} fd09::/16`])
    expect(udp('10.9.0.1', { from: r })).toBe(errno)
    expect(udp('fd09::1', { from: r })).toBe(errno)
  })

  test('nobody there, asked locally: EHOSTUNREACH after three seconds', () => {
    for (const dst of ['10.2.0.77', 'fd02::77']) {
      const client = r.sockets.connectTcp({ dst: parseAddr(dst), dport: 80 })
      world.run(world.sim.now + 5_000_000)
      expect(client.result).toBe('EHOSTUNREACH')
    }
  })
})

describe('the router rejects', () => {
  const filter = (rule: string): string => `*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD ${rule}\nCOMMIT\n`

  test.each([
    ['10.2.0.10', 'icmp-port-unreachable', '10.1.0.1 3/3 0 60', 'ECONNREFUSED'],
    ['10.2.0.10', 'icmp-admin-prohibited', '10.1.0.1 3/13 0 60', 'EHOSTUNREACH'],
    ['fd02::10', 'icmp6-port-unreachable', 'fd01::1 1/4 0 100', 'ECONNREFUSED'],
    ['fd02::10', 'icmp6-adm-prohibited', 'fd01::1 1/1 0 100', 'EACCES'],
  ])('%s with %s', (dst, kind, error, result) => {
    build({ [dst.includes(':') ? 6 : 4]: filter(`-p udp -j REJECT --reject-with ${kind}`) })
    expect(udp(dst)).toBe(result)
    expect(received()).toEqual([error])
    const quoted = events.find(event => event.kind === 'originate' && event.by === 'icmp_error')?.packet.inner
    expect(quoted?.ttl).toBe(63)
  })

  test.each(['10.2.0.10', 'fd02::10'])('TCP to %s with tcp-reset', dst => {
    build({ [dst.includes(':') ? 6 : 4]: filter('-p tcp -j REJECT --reject-with tcp-reset') })
    const client = a.sockets.connectTcp({ dst: parseAddr(dst), dport: 8080 })
    world.run(world.sim.now + 1_000_000)
    expect(client.result).toBe('ECONNREFUSED')
  })
})

describe('sizes', () => {
  test.each([
    ['10.2.0.10', '10.1.0.1 3/4 1400 576'],
    ['fd02::10', 'fd01::1 2/0 1400 1280'],
  ])('a datagram to %s over a small link: the error first, fragments at the second try', (dst, error) => {
    for (const [ns, name] of [
      ['r', 'e1'],
      ['b', 'eth0'],
    ] as const) {
      const dev = world.createNamespace(ns).device(name)
      if (dev === undefined) throw new Error(name)
      dev.mtu = 1400
    }
    const size = dst.includes(':') ? 1452 : 1472
    expect(udp(dst, { size })).toBe('EMSGSIZE')
    expect(received()).toEqual([error])
    expect(udp(dst, { size })).toBe('ok')
  })

  test.each(['10.2.0.10', 'fd02::10'])('with conntrack on the router, rules see one datagram to %s', dst => {
    const rules = '*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m conntrack --ctstate NEW -j ACCEPT\nCOMMIT\n'
    build({ 4: rules, 6: rules })
    for (const name of ['a', 'b']) {
      const dev = world.createNamespace(name).device('eth0')
      if (dev === undefined) throw new Error('eth0')
      dev.mtu = 1400
    }
    const size = dst.includes(':') ? 1452 : 1472
    expect(udp(dst, { size })).toBe('ok')
    const there = events.filter(
      e => e.kind === 'tx' && e.ns === 'r' && e.packet.dst === parseAddr(dst) && e.packet.proto === 17,
    )
    expect(there.map(e => `${e.packet.fragOffset}+${e.packet.length}`)).toEqual(
      dst.includes(':') ? ['0+1400', '1352+156'] : ['0+1396', '1376+124'],
    )
    const forward = events.filter(e => e.kind === 'hook' && e.hook === 'FORWARD' && e.packet.dst === parseAddr(dst))
    expect(forward.map(e => e.packet.length)).toEqual([1500])
  })
})

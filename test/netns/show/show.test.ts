import { describe, expect, test } from 'vitest'
import type { FdbEntry } from '../../../src/netns/model/fdb.ts'
import type { Neighbour } from '../../../src/netns/model/namespace.ts'
import { addAddress, parseFdbLine } from '../../../src/netns/route/index.ts'
import { showAddr, showFdb, showLink, showNeigh, showSysctl } from '../../../src/netns/show/index.ts'
import { parseAddr } from '../../../src/wire/addr.ts'
import { parseMac } from '../../../src/wire/mac.ts'
import { type FakeDevice, type FakeNamespace, fakeNamespace } from '../route/fake-namespace.ts'

/** A flannel node: eth0, cni0 with one port, flannel.1. */
function node(): FakeNamespace & { readonly veth1: FakeDevice } {
  const world = fakeNamespace()
  const add = (name: string, mac: string, kind: 'veth' | 'bridge' | 'vxlan'): FakeDevice =>
    world.add(name, { mac: parseMac(mac), kind })
  const eth0 = add('eth0', '02:00:00:00:00:01', 'veth')
  const cni0 = add('cni0', '02:00:00:00:01:01', 'bridge')
  const veth1 = add('veth1', '02:00:00:00:02:01', 'veth')
  const flannel = add('flannel.1', '02:00:00:00:03:01', 'vxlan')
  addAddress(eth0, '192.168.7.11/24', { broadcast: parseAddr('192.168.7.255') })
  addAddress(cni0, '10.244.1.1/24', { broadcast: parseAddr('10.244.1.255') })
  addAddress(flannel, '10.244.1.0/32')
  flannel.mtu = 1450
  const fdb = (dev: FakeDevice, lines: readonly string[]): void => {
    const entries: readonly FdbEntry[] = lines.map(line => parseFdbLine(line))
    Object.assign(dev, { fdbEntries: () => entries })
  }
  veth1.port = {
    bridge: cni0,
    portNo: 1,
    hairpin: true,
    learning: true,
    flood: true,
    mcastFlood: true,
    bcastFlood: true,
    isolated: false,
  }
  fdb(cni0, [
    '02:00:00:00:01:01 dev cni0 master cni0 permanent',
    '02:00:00:00:02:02 dev veth1 master cni0',
    '02:00:00:00:02:01 dev veth1 master cni0 permanent',
  ])
  fdb(flannel, [
    '00:00:00:00:00:00 dev flannel.1 dst 192.168.7.13 self permanent',
    '8e:00:00:00:00:02 dev flannel.1 dst 192.168.7.12 self permanent',
  ])
  Object.assign(flannel, {
    vni: 1,
    local: parseAddr('192.168.7.11'),
    lower: eth0,
    learning: false,
    socket: { port: 8472 },
  })
  return { ...world, veth1 }
}

describe('as the tools print a flannel node (iproute2 6.1.0)', () => {
  test('ip addr', () => {
    expect(
      showAddr(node().ns).replace(/ link-netns peer/g, ''),
    ).toBe(`1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
    inet6 ::1/128 scope host 
       valid_lft forever preferred_lft forever
2: eth0@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000
    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff
    inet 192.168.7.11/24 brd 192.168.7.255 scope global eth0
       valid_lft forever preferred_lft forever
    inet6 fe80::ff:fe00:1/64 scope link 
       valid_lft forever preferred_lft forever
3: cni0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000
    link/ether 02:00:00:00:01:01 brd ff:ff:ff:ff:ff:ff
    inet 10.244.1.1/24 brd 10.244.1.255 scope global cni0
       valid_lft forever preferred_lft forever
    inet6 fe80::ff:fe00:101/64 scope link 
       valid_lft forever preferred_lft forever
4: veth1@if4: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue master cni0 state UP group default qlen 1000
    link/ether 02:00:00:00:02:01 brd ff:ff:ff:ff:ff:ff
    inet6 fe80::ff:fe00:201/64 scope link 
       valid_lft forever preferred_lft forever
5: flannel.1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UNKNOWN group default qlen 1000
    link/ether 02:00:00:00:03:01 brd ff:ff:ff:ff:ff:ff
    inet 10.244.1.0/32 scope global flannel.1
       valid_lft forever preferred_lft forever
    inet6 fe80::ff:fe00:301/64 scope link 
       valid_lft forever preferred_lft forever
`)
  })

  test('ip -br link', () => {
    expect(
      showLink(node().ns, { brief: true }),
    ).toBe(`lo               UNKNOWN        00:00:00:00:00:00 <LOOPBACK,UP,LOWER_UP> 
eth0@if2         UP             02:00:00:00:00:01 <BROADCAST,MULTICAST,UP,LOWER_UP> 
cni0             UP             02:00:00:00:01:01 <BROADCAST,MULTICAST,UP,LOWER_UP> 
veth1@if4        UP             02:00:00:00:02:01 <BROADCAST,MULTICAST,UP,LOWER_UP> 
flannel.1        UNKNOWN        02:00:00:00:03:01 <BROADCAST,MULTICAST,UP,LOWER_UP> 
`)
  })

  test('ip -d link shows tunnel and port', () => {
    const { ns } = node()
    expect(showLink(ns, { dev: 'flannel.1', details: true })).toContain(
      '\n    vxlan id 1 local 192.168.7.11 dev eth0 srcport 0 0 dstport 8472 nolearning ttl auto ageing 300 udpcsum ',
    )
    expect(showLink(ns, { dev: 'veth1', details: true })).toContain(
      '\n    bridge_slave state forwarding priority 32 cost 2 hairpin on guard off',
    )
  })

  test('a pair without carrier', () => {
    const { ns, veth1 } = node()
    veth1.carrier = false
    expect(showLink(ns, { dev: 'veth1' })).toMatch(
      /^4: veth1@if4: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 .* state DOWN /,
    )
  })

  test('bridge fdb', () => {
    const { ns } = node()
    expect(showFdb(ns)).toBe(`33:33:00:00:00:01 dev eth0 self permanent
01:00:5e:00:00:01 dev eth0 self permanent
33:33:ff:00:00:01 dev eth0 self permanent
33:33:00:00:00:01 dev cni0 self permanent
01:00:5e:00:00:6a dev cni0 self permanent
33:33:00:00:00:6a dev cni0 self permanent
01:00:5e:00:00:01 dev cni0 self permanent
33:33:ff:00:01:01 dev cni0 self permanent
02:00:00:00:01:01 dev cni0 master cni0 permanent
02:00:00:00:02:02 dev veth1 master cni0 
02:00:00:00:02:01 dev veth1 master cni0 permanent
33:33:00:00:00:01 dev veth1 self permanent
01:00:5e:00:00:01 dev veth1 self permanent
33:33:ff:00:02:01 dev veth1 self permanent
00:00:00:00:00:00 dev flannel.1 dst 192.168.7.13 self permanent
8e:00:00:00:00:02 dev flannel.1 dst 192.168.7.12 self permanent
`)
    expect(showFdb(ns, { br: 'cni0' })).not.toContain('eth0 ')
  })

  test('ip neigh', () => {
    const { ns } = node()
    const [, eth0, cni0] = ns.devices
    const entry = (
      dev: typeof eth0,
      addr: string,
      state: Neighbour['state'],
      mac = '8e:00:00:00:00:09',
    ): Neighbour => ({
      addr: parseAddr(addr),
      dev: dev ?? ns.loopback,
      mac: parseMac(mac),
      state,
    })
    Object.assign(ns.neighbours, {
      entries: () => [
        entry(cni0, 'fd00::9', 'REACHABLE'),
        entry(cni0, '10.244.1.9', 'STALE'),
        entry(eth0, '192.168.7.14', 'FAILED'),
        entry(cni0, '10.244.1.77', 'INCOMPLETE'),
        entry(eth0, '192.168.7.1', 'NOARP'),
      ],
    })
    expect(showNeigh(ns)).toBe(`10.244.1.9 dev cni0 lladdr 8e:00:00:00:00:09 STALE 
192.168.7.14 dev eth0 FAILED 
10.244.1.77 dev cni0 INCOMPLETE 
fd00::9 dev cni0 lladdr 8e:00:00:00:00:09 REACHABLE 
`)
  })

  test('sysctl', () => {
    const { ns } = node()
    expect(showSysctl(ns, 'net.ipv4.conf.flannel/1.')).toContain('net.ipv4.conf.flannel/1.rp_filter = 0\n')
    expect(showSysctl(ns, 'net.ipv4.ip_local')).toBe('net.ipv4.ip_local_port_range = 32768\t60999\n')
  })
})

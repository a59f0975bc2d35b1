import { describe, expect, test } from 'vitest'
import { formatRoute } from '../../../src/netns/model/route-text.ts'
import { loadAddresses, loadRoutes, loadRules, readFdb } from '../../../src/netns/route/index.ts'
import { showAddr, showRoute, showRule } from '../../../src/netns/show/index.ts'
import { type FakeNamespace, fakeNamespace } from './fake-namespace.ts'
import { readFixture } from './fixture.ts'

/** The devices of the fixture: their links are made before anything is loaded. */
function machine(): FakeNamespace {
  const world = fakeNamespace({ loUp: false })
  for (const [name, last] of [
    ['d0', 1],
    ['d1', 2],
    ['d2', 3],
  ] as const) {
    world.add(name, { up: false, ipv6: false, mac: 0x020000000000 + last })
  }
  for (const dev of world.ns.devices) dev.up = dev.name !== 'd2'
  for (const dev of world.ns.devices) dev.conf.disableIpv6 = false
  return world
}

const recorded = (fixture: string, command: string): string =>
  readFixture(fixture).find(each => each.command === command)?.output ?? ''

describe('what ip printed on a real machine', () => {
  test('addresses and routes are loaded, and printed again as they were', () => {
    const { ns } = machine()
    loadAddresses(ns, recorded('address', 'ip addr'))
    expect(showAddr(ns).replace(/ link-netns peer/g, '')).toBe(recorded('address', 'ip addr'))
    const routes = recorded('address', 'ip route show table all')
    loadRoutes(ns, routes)
    expect(showRoute(ns, 'all')).toBe(routes)
  })

  test('routes and rules with -j too', () => {
    const { ns } = machine()
    loadAddresses(
      ns,
      '[{"ifname":"d0","flags":["UP"],"addr_info":[{"family":"inet","local":"10.0.0.1","prefixlen":24,"broadcast":"10.0.0.255","scope":"global","label":"d0"},{"family":"inet6","local":"fd00::1","prefixlen":64,"scope":"global"}]},{}]',
    )
    loadRoutes(
      ns,
      '[{"dst":"default","gateway":"10.0.0.9","dev":"d0","protocol":"static","flags":[]},{"dst":"10.0.0.0/24","dev":"d0","protocol":"kernel","scope":"link","prefsrc":"10.0.0.1","flags":["linkdown"]},{"type":"blackhole","dst":"10.77.0.0/24","table":"100","flags":[]},{"dst":"10.244.2.0/24","gateway":"10.244.2.0","dev":"d0","flags":["onlink"],"metrics":[{"mtu":1400}]},{"dst":"fd55::/64","gateway":"fd00::9","dev":"d0","metric":1024,"flags":[],"pref":"medium"}]',
    )
    expect(showRoute(ns)).toBe(
      'default via 10.0.0.9 dev d0 proto static \n10.0.0.0/24 dev d0 proto kernel scope link src 10.0.0.1 \n10.244.2.0/24 via 10.244.2.0 dev d0 onlink mtu 1400 \n',
    )
    expect(showRoute(ns, 100)).toBe('blackhole 10.77.0.0/24 \n')
    expect(ns.fib.table(254, 6).map(route => formatRoute(route))).toContain(
      'fd55::/64 via fd00::9 dev d0 metric 1024 pref medium',
    )
    loadRules(
      ns,
      '[{"priority":0,"src":"all","table":"local"},{"priority":9,"src":"all","fwmark":"0x10","table":"100","suppress_prefixlen":0},{"priority":10,"not":null,"src":"10.1.0.0","srclen":16,"fwmark":"0x20","fwmask":"0xff0","iif":"nope","iif_detached":null,"table":"100"},{"priority":11,"src":"all","dst":"1.2.3.4","action":"unreachable"},{"priority":32766,"src":"all","table":"main"},{"priority":32767,"src":"all","table":"default"}]',
    )
    expect(showRule(ns)).toBe(
      '0:\tfrom all lookup local\n9:\tfrom all fwmark 0x10 lookup 100 suppress_prefixlength 0\n10:\tnot from 10.1.0.0/16 fwmark 0x20/0xff0 iif nope [detached] lookup 100\n11:\tfrom all to 1.2.3.4 unreachable\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n',
    )
  })

  test('rules are loaded, and printed again as they were', () => {
    const { ns, add } = fakeNamespace()
    add('eth0')
    add('cni0')
    const rules = recorded('rule', 'ip rule')
    loadRules(ns, rules)
    expect(showRule(ns)).toBe(rules)
  })

  test('FDB entries are read from text and JSON alike', () => {
    const text = [
      '02:00:00:00:01:01 dev cni0 master cni0 permanent',
      '02:00:00:00:02:02 dev veth1 master cni0 ',
      '00:00:00:00:00:00 dev flannel.1 dst 192.168.7.14 port 4789 vni 7 self permanent',
    ].join('\n')
    const json =
      '[{"mac":"02:00:00:00:01:01","ifname":"cni0","flags":[],"master":"cni0","state":"permanent"},{"mac":"02:00:00:00:02:02","ifname":"veth1","flags":[],"master":"cni0","state":""},{"mac":"00:00:00:00:00:00","ifname":"flannel.1","dst":"192.168.7.14","port":4789,"vni":7,"flags":["self"],"state":"permanent"}]'
    expect(readFdb(json)).toEqual(readFdb(text))
    expect(readFdb(text)).toMatchObject([
      { dev: 'cni0', master: 'cni0', self: false, permanent: true },
      { dev: 'veth1', master: 'cni0', self: false, permanent: false },
      { dev: 'flannel.1', self: true, permanent: true, port: 4789, vni: 7 },
    ])
  })
})

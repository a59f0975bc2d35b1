import { describe, expect, it } from 'vitest'
import { planLab, requirementsOf, selectPods } from '../../src/export/index.ts'
import { emptyConfig, type LinkConfig, type NamespaceConfig } from '../../src/netns/config.ts'
import { parseMac } from '../../src/wire/mac.ts'

const MAC = parseMac('02:00:00:00:00:01')
const path = (name: string): string => `@${name}`

function linksOf(link: LinkConfig): { readonly outside: readonly string[]; readonly inside: readonly string[] } {
  const plan = planLab([{ ...emptyConfig('n1'), links: [link] }], path)
  return { outside: plan.links, inside: plan.namespaces[0]?.links.slice(1) ?? [] }
}

describe('a link becomes commands of ip', () => {
  const table: readonly (readonly [name: string, link: LinkConfig, outside: string[], inside: string[]])[] = [
    [
      'bridge',
      { kind: 'bridge', name: 'cni0', mac: MAC, mtu: 1450, ageing: 20 },
      [],
      ['link add name cni0 address 02:00:00:00:00:01 mtu 1450 type bridge ageing_time 2000', 'link set dev cni0 up'],
    ],
    ['dummy that stays down', { kind: 'dummy', name: 'd0', up: false }, [], ['link add name d0 type dummy']],
    [
      'veth: both ends at once, where they belong; the MTU of one is that of the other',
      {
        kind: 'veth',
        name: 'va',
        mtu: 1450,
        master: 'cni0',
        hairpin: true,
        peer: { namespace: 'default/web', name: 'eth0', mac: MAC },
      },
      [
        'link add name va netns @n1 mtu 1450 type veth peer name eth0 netns @default/web address 02:00:00:00:00:01 mtu 1450',
      ],
      [
        'link set dev va mtu 1450',
        'link set dev va master cni0',
        'link set dev va type bridge_slave hairpin on',
        'link set dev va up',
      ],
    ],
    [
      'vxlan',
      { kind: 'vxlan', name: 'flannel.1', vni: 1, local: '10.0.0.1', dev: 'eth0', port: 8472, learning: false },
      [],
      [
        'link add name flannel.1 type vxlan id 1 local 10.0.0.1 dev eth0 dstport 8472 nolearning',
        'link set dev flannel.1 up',
      ],
    ],
    [
      'ipip',
      { kind: 'ipip', name: 'tunl1', local: '10.0.0.1', remote: '10.0.0.2', mtu: 1480 },
      [],
      ['link add name tunl1 mtu 1480 type ipip local 10.0.0.1 remote 10.0.0.2', 'link set dev tunl1 up'],
    ],
    [
      'a card on a segment',
      { kind: 'physical', name: 'eth0', segment: 'underlay', mac: MAC },
      [
        'link add name eth0 netns @n1 address 02:00:00:00:00:01 type veth peer name port0 netns @segment/underlay mtu 65535',
      ],
      ['link set dev eth0 address 02:00:00:00:00:01', 'link set dev eth0 up'],
    ],
  ]
  it.each(table)('%s', (_name, link, outside, inside) => {
    expect(linksOf(link)).toEqual({ outside, inside })
  })

  it('makes a pair once that both ends name', () => {
    const veth = (name: string, namespace: string, other: string): LinkConfig => ({
      kind: 'veth',
      name,
      peer: { namespace, name: other },
    })
    const plan = planLab(
      [
        { ...emptyConfig('a'), links: [veth('x', 'b', 'y')] },
        { ...emptyConfig('b'), links: [veth('y', 'a', 'x')] },
      ],
      path,
    )
    expect(plan.links).toEqual(['link add name x netns @a type veth peer name y netns @b'])
    expect(plan.namespaces.map(({ devices }) => devices)).toEqual([['x'], ['y']])
  })
})

describe('a configuration becomes what each tool reads', () => {
  const config: NamespaceConfig = {
    ...emptyConfig('n1'),
    sysctls: [
      ['net.ipv4.ip_forward', '1'],
      ['net.ipv4.conf.flannel.1.rp_filter', '0'],
    ],
    addresses: ['10.0.0.1/24 dev eth0', 'fd00::1/64 dev eth0'],
    routes: ['default via 10.0.0.100 dev eth0'],
    rules: ['fwmark 0x10/0x10 lookup 100'],
    neighbours: ['10.0.0.2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent'],
    fdb: ['02:00:00:00:00:02 dev flannel.1 dst 10.0.0.2 self permanent'],
  }
  const [ns] = planLab([config], path).namespaces

  it('settings of devices come when there are devices, all others before', () => {
    expect(ns?.sysctls.at(-1)).toEqual(['net/ipv4/ip_forward', '1'])
    expect(ns?.deviceSysctls).toEqual([['net/ipv4/conf/flannel.1/rp_filter', '0']])
  })

  it('lines go to ip and bridge as they are', () => {
    expect(ns?.ip).toEqual([
      'addr add 10.0.0.1/24 dev eth0',
      'addr add fd00::1/64 dev eth0 nodad',
      'route add default via 10.0.0.100 dev eth0',
      'rule add fwmark 0x10/0x10 lookup 100',
      'neigh replace 10.0.0.2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent',
    ])
    expect(ns?.bridge).toEqual(['fdb append 02:00:00:00:00:02 dev flannel.1 dst 10.0.0.2 self permanent'])
  })

  it('a segment is a switch that knows its cards and that no rule sees', () => {
    const card = (mac: string): LinkConfig => ({ kind: 'physical', name: 'eth0', segment: 's', mac: parseMac(mac) })
    const plan = planLab(
      [
        { ...emptyConfig('a'), links: [card('02:00:00:00:00:0a')] },
        { ...emptyConfig('b'), links: [card('02:00:00:00:00:0b')] },
      ],
      path,
    )
    const segment = plan.namespaces.at(-1)
    expect(segment?.name).toBe('segment/s')
    expect(segment?.bridge).toEqual([
      'fdb replace 02:00:00:00:00:0a dev port0 master static',
      'fdb replace 02:00:00:00:00:0b dev port1 master static',
    ])
    expect(segment?.sysctls).toContainEqual(['net/bridge/bridge-nf-call-iptables', '0'])
  })

  it('needs what its links and texts need', () => {
    const plan = planLab(
      [
        {
          ...config,
          links: [{ kind: 'bridge', name: 'cni0' }],
          ipsets: ['create s hash:ip\n'],
          iptables: [{ family: 6, text: '*filter\nCOMMIT\n', source: 't' }],
        },
      ],
      path,
    )
    expect([...plan.needs].sort()).toEqual(['br_netfilter', 'ip6tables', 'ipset'])
  })

  it('carries rulesets of nftables and services of IPVS, and says that it needs them', () => {
    const plan = planLab([{ ...config, nft: ['add table ip t\n'], ipvs: '-A -t 10.96.0.1:80 -s rr\n' }], path)
    expect(plan.namespaces[0]).toMatchObject({ nft: ['add table ip t\n'], ipvs: '-A -t 10.96.0.1:80 -s rr\n' })
    expect([...plan.needs].sort()).toEqual(['ipvs', 'nft'])
    const requirements = requirementsOf(plan.needs)
    expect(requirements.flatMap(({ programs }) => programs)).toEqual(['nft', 'ipvsadm'])
    expect(requirements.every(({ trial }) => trial !== undefined)).toBe(true)
  })
})

describe('a part of a cluster', () => {
  const veth = (namespace: string): LinkConfig => ({
    kind: 'veth',
    name: `v-${namespace}`,
    peer: { namespace, name: 'eth0' },
  })
  const whole = [
    { ...emptyConfig('node'), links: [veth('a'), veth('b')] },
    emptyConfig('a'),
    emptyConfig('b'),
    emptyConfig('router'),
  ]

  it('has neither the other pods nor the links to them', () => {
    const part = selectPods(whole, new Set(['b']))
    expect(part.map(({ name }) => name)).toEqual(['node', 'b', 'router'])
    expect(part[0]?.links).toEqual([veth('b')])
  })
})

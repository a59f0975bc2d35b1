import { describe, expect, test } from 'vitest'
import { type CniNode, type FlannelConfig, planNodeNetwork } from '../../src/cni/index.ts'

const node = (n: number, over: Partial<CniNode> = {}): CniNode => ({
  name: `worker-${n}`,
  podCIDRs: [`10.244.${n}.0/24`],
  publicIPs: [`192.168.7.1${n}`],
  device: 'eth0',
  mtu: 1500,
  gateways: ['192.168.7.1'],
  onLink: ['192.168.7.0/24'],
  vtepMac: `8e:00:00:00:00:0${n}`,
  ...over,
})
const vxlan: FlannelConfig = {
  name: 'flannel',
  backend: { Type: 'vxlan', VNI: 1, Port: 0, DirectRouting: false },
  networks: ['10.244.0.0/16'],
  ipMasq: true,
}
const pods = ['a', 'b'].map(name => ({ namespace: 'default', name, uid: `uid-${name}`, ips: [], portMappings: [] }))

describe('vxlan', () => {
  const { host, results } = planNodeNetwork(vxlan, node(1), [node(2), node(3)], pods)

  test('the overlay device', () => {
    expect(host.node.links[0]).toMatchObject({
      kind: 'vxlan',
      name: 'flannel.1',
      mtu: 1450,
      vni: 1,
      local: '192.168.7.11',
      dev: 'eth0',
      port: 8472,
      learning: false,
    })
    expect(host.node.addresses[0]).toEqual({ cidr: '10.244.1.0/32', dev: 'flannel.1' })
  })

  test('for each peer a neighbour, an FDB entry and a route', () => {
    expect(host.node.neighbours[0]).toBe('10.244.2.0 lladdr 8e:00:00:00:00:02 dev flannel.1 nud permanent')
    expect(host.node.fdb[0]).toBe('8e:00:00:00:00:02 dev flannel.1 dst 192.168.7.12 self permanent')
    expect(host.node.routes).toEqual([
      '10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink',
      '10.244.3.0/24 via 10.244.3.0 dev flannel.1 onlink',
    ])
  })

  test('pods get the addresses from .2 on, the smaller MTU and three routes', () => {
    expect([...results.values()].map(result => result.ips?.[0]?.address)).toEqual(['10.244.1.2/24', '10.244.1.3/24'])
    expect(host.pod('default/a')?.routes).toEqual([
      '0.0.0.0/0 via 10.244.1.1 dev eth0',
      '10.244.0.0/16 via 10.244.1.1 dev eth0',
    ])
    expect(host.node.links.filter(link => link.kind === 'veth').map(link => [link.mtu, link.hairpin])).toEqual([
      [1450, true],
      [1450, true],
    ])
  })

  test('flanneld masquerades, so the bridge plugin does not', () => {
    expect(host.iptables.map(input => input.source)).toEqual(['flanneld'])
    expect(host.files.get('/run/flannel/subnet.env')).toBe(
      'FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n',
    )
  })

  test('without --ip-masq the bridge plugin masquerades', () => {
    const plan = planNodeNetwork({ ...vxlan, ipMasq: false }, node(1), [], pods)
    expect(plan.host.iptables.map(input => input.source)).toEqual(['flanneld', 'bridge', 'bridge'])
  })

  test('DirectRouting goes without the tunnel where the peer is on-link', () => {
    const backend = { Type: 'vxlan', VNI: 1, Port: 0, DirectRouting: true } as const
    const plan = planNodeNetwork(
      { ...vxlan, backend },
      node(1),
      [node(2), node(3, { publicIPs: ['192.168.8.13'] })],
      [],
    )
    expect(plan.host.node.routes).toEqual([
      '10.244.2.0/24 via 192.168.7.12 dev eth0',
      '10.244.3.0/24 via 10.244.3.0 dev flannel.1 onlink',
    ])
    expect(plan.host.node.fdb).toHaveLength(1)
  })
})

test('host-gw: the peers are the gateways and the MTU is that of the device', () => {
  const plan = planNodeNetwork({ ...vxlan, backend: { Type: 'host-gw' } }, node(1), [node(2)], pods)
  expect(plan.host.node.routes).toEqual(['10.244.2.0/24 via 192.168.7.12 dev eth0'])
  expect(plan.host.node.links.some(link => link.kind === 'vxlan')).toBe(false)
  expect(plan.host.node.links.find(link => link.kind === 'bridge')?.mtu).toBe(1500)
})

test('dual stack: both families get a device, routes, rules and pod addresses', () => {
  const dual = (n: number): CniNode =>
    node(n, { podCIDRs: [`10.244.${n}.0/24`, `fd00:10:244:${n}::/64`], publicIPs: [`192.168.7.1${n}`, `fd00::1${n}`] })
  const { host, results } = planNodeNetwork(
    { ...vxlan, networks: ['10.244.0.0/16', 'fd00:10:244::/48'] },
    dual(1),
    [dual(2)],
    pods,
  )
  expect(host.node.links.filter(link => link.kind === 'vxlan').map(link => link.name)).toEqual([
    'flannel.1',
    'flannel-v6.1',
  ])
  expect(host.node.routes).toContain('fd00:10:244:2::/64 via fd00:10:244:2:: dev flannel-v6.1 onlink')
  expect(results.get('default/a')?.ips?.map(ip => ip.address)).toEqual(['10.244.1.2/24', 'fd00:10:244:1::2/64'])
  expect(host.iptables.map(input => input.family)).toEqual([4, 6])
})

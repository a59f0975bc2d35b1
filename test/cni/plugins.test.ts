import { describe, expect, test } from 'vitest'
import type { CniInvocation, ConfigList, PortMapping } from '../../src/cni/index.ts'
import { CniError, cniAdd, cniCheck, cniDel, HostDraft, NamespaceDraft } from '../../src/cni/index.ts'

const mynet: ConfigList = {
  cniVersion: '1.0.0',
  name: 'mynet',
  plugins: [
    {
      type: 'bridge',
      bridge: 'cni0',
      isGateway: true,
      isDefaultGateway: true,
      ipMasq: true,
      hairpinMode: true,
      mtu: 1450,
      ipam: { type: 'host-local', ranges: [[{ subnet: '10.244.1.0/24' }]], routes: [{ dst: '10.244.0.0/16' }] },
    },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
}

function host(...pods: string[]): HostDraft {
  const draft = new HostDraft('node')
  for (const pod of pods) draft.pods.set(pod, new NamespaceDraft(pod))
  return draft
}

function invocation(containerId: string, portMappings: readonly PortMapping[] = []): CniInvocation {
  return { containerId, netns: containerId, ifName: 'eth0', args: {}, portMappings }
}

function failure(action: () => unknown): object {
  try {
    action()
  } catch (error) {
    if (error instanceof CniError) return error.toJSON()
    throw error
  }
  return { code: 0 }
}

describe('bridge, as measured with the reference plugin', () => {
  const draft = host('cnitest1', 'cnitest2')
  const first = cniAdd(draft, mynet, invocation('cnitest1'))
  cniAdd(draft, mynet, invocation('cnitest2'))

  test('result', () => {
    expect(first.interfaces?.map(({ name, sandbox }) => [name.replace(/[0-9a-f]{8}$/, '*'), sandbox])).toEqual([
      ['cni0', undefined],
      ['veth*', undefined],
      ['eth0', 'cnitest1'],
    ])
    expect(first.ips).toEqual([{ address: '10.244.1.2/24', gateway: '10.244.1.1', interface: 2 }])
    expect(first.routes).toEqual([{ dst: '10.244.0.0/16' }, { dst: '0.0.0.0/0', gw: '10.244.1.1' }])
  })

  test('addresses and routes of the pod', () => {
    const pod = draft.pod('cnitest1')
    expect(pod?.addresses).toEqual([{ cidr: '10.244.1.2/24', dev: 'eth0' }])
    expect(pod?.routes).toEqual(['0.0.0.0/0 via 10.244.1.1 dev eth0', '10.244.0.0/16 via 10.244.1.1 dev eth0'])
  })

  test('one bridge with the gateway address, one veth a pod, hairpin on', () => {
    expect(draft.node.addresses).toEqual([{ cidr: '10.244.1.1/24', dev: 'cni0' }])
    expect(draft.node.links.map(link => [link.kind, link.master, link.hairpin, link.mtu])).toEqual([
      ['bridge', undefined, undefined, 1450],
      ['veth', 'cni0', true, 1450],
      ['veth', 'cni0', true, 1450],
    ])
  })

  test('masquerade rules', () => {
    expect(draft.iptables[0]?.text.split('\n').filter(line => line.startsWith('-A'))).toEqual([
      '-A CNI-e4d0268500325291333c75f8 -d 10.244.1.0/24 -m comment --comment "name: \\"mynet\\" id: \\"cnitest1\\"" -j ACCEPT',
      '-A CNI-e4d0268500325291333c75f8 ! -d 224.0.0.0/4 -m comment --comment "name: \\"mynet\\" id: \\"cnitest1\\"" -j MASQUERADE',
      '-A POSTROUTING -s 10.244.1.2/32 -m comment --comment "name: \\"mynet\\" id: \\"cnitest1\\"" -j CNI-e4d0268500325291333c75f8',
    ])
  })

  test('DEL takes away what ADD brought, twice is no error, the bridge stays', () => {
    const one = host('cnitest1')
    cniAdd(one, mynet, invocation('cnitest1', [{ hostPort: 8080, containerPort: 80, protocol: 'tcp' }]))
    cniDel(one, mynet, invocation('cnitest1'), undefined)
    cniDel(one, mynet, invocation('cnitest1'), undefined)
    expect(one.node.links.map(link => link.name)).toEqual(['cni0'])
    expect(one.pod('cnitest1')?.addresses).toEqual([])
    expect(one.ipam('mynet').reserved.size).toBe(0)
    // The top-level chains of portmap stay, as they do in reality.
    expect(one.iptables.map(input => input.source)).toEqual(['portmap'])
    expect(one.iptables[0]?.text).not.toContain('10.244.1.2')
  })
})

test('portmap: three mappings, as measured', () => {
  const draft = host('cnitest1')
  cniAdd(
    draft,
    mynet,
    invocation('cnitest1', [
      { hostPort: 8080, containerPort: 80, protocol: 'tcp' },
      { hostPort: 8081, containerPort: 81, protocol: 'tcp', hostIP: '192.168.7.11' },
      { hostPort: 5353, containerPort: 53, protocol: 'udp' },
    ]),
  )
  const text = draft.iptables.map(input => input.text).join('')
  expect(text).toContain(
    '-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \\"mynet\\" id: \\"cnitest1\\"" -m multiport --dports 8080,8081 -j CNI-DN-e4d0268500325291333c7\n',
  )
  expect(text).toContain(
    '-A CNI-HOSTPORT-DNAT -p udp -m comment --comment "dnat name: \\"mynet\\" id: \\"cnitest1\\"" -m multiport --dports 5353 -j CNI-DN-e4d0268500325291333c7\n',
  )
  const chain = text.split('\n').filter(line => line.startsWith('-A CNI-DN-'))
  expect(chain.slice(0, 4)).toEqual([
    '-A CNI-DN-e4d0268500325291333c7 -s 10.244.1.0/24 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK',
    '-A CNI-DN-e4d0268500325291333c7 -s 127.0.0.1/32 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK',
    '-A CNI-DN-e4d0268500325291333c7 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.244.1.2:80',
    '-A CNI-DN-e4d0268500325291333c7 -s 10.244.1.0/24 -d 192.168.7.11/32 -p tcp -m tcp --dport 8081 -j CNI-HOSTPORT-SETMARK',
  ])
  expect(draft.node.sysctls).toContainEqual(['net.ipv4.conf.cni0.route_localnet', '1'])
})

describe('errors, code and text', () => {
  const bare = (over: object): ConfigList => ({ ...mynet, plugins: [{ ...mynet.plugins[0], type: 'bridge', ...over }] })
  test.each<[string, () => unknown, object]>([
    [
      'container id missing',
      () => cniAdd(host(), mynet, invocation('')),
      { code: 4, msg: 'required env variables [CNI_CONTAINERID,CNI_NETNS] missing' },
    ],
    [
      'container id with a dash in front',
      () => cniAdd(host('-x'), mynet, invocation('-x')),
      { code: 4, msg: 'invalid characters in containerID', details: '-x' },
    ],
    [
      'interface name with a slash',
      () => cniAdd(host('x'), mynet, { ...invocation('x'), ifName: 'a/b' }),
      { code: 4, msg: 'interface name contains / or : or whitespace characters' },
    ],
    [
      'a version nobody knows',
      () => cniAdd(host('x'), { ...mynet, cniVersion: '9.9.9' }, invocation('x')),
      {
        code: 1,
        msg: 'incompatible CNI versions',
        details: 'config is "9.9.9", plugin supports ["0.1.0" "0.2.0" "0.3.0" "0.3.1" "0.4.0" "1.0.0"]',
      },
    ],
    [
      'no such namespace',
      () => cniAdd(host(), mynet, invocation('x')),
      { code: 999, msg: 'failed to open netns "x": failed to Statfs "x": no such file or directory' },
    ],
    [
      'hairpin and promiscuous',
      () => cniAdd(host('x'), bare({ promiscMode: true }), invocation('x')),
      { code: 999, msg: 'cannot set hairpin mode and promiscuous mode at the same time.' },
    ],
    [
      'an unknown IPAM plugin',
      () => cniAdd(host('x'), bare({ ipam: { type: 'nosuch' } }), invocation('x')),
      { code: 999, msg: 'failed to find plugin "nosuch" in path [/opt/cni/bin]' },
    ],
    [
      'flannel before flanneld',
      () => cniAdd(host('x'), { ...mynet, plugins: [{ type: 'flannel' }] }, invocation('x')),
      {
        code: 999,
        msg: "failed to load flannel 'subnet.env' file: open /run/flannel/subnet.env: no such file or directory. Check the flannel pod log for this node.",
      },
    ],
  ])('%s', (_, action, expected) => {
    expect(failure(action)).toEqual(expected)
  })

  test('ADD twice', () => {
    const draft = host('x')
    cniAdd(draft, mynet, invocation('x'))
    expect(failure(() => cniAdd(draft, mynet, invocation('x')))).toEqual({
      code: 999,
      msg: 'container veth name provided (eth0) already exists',
    })
  })

  test('a second network with another gateway on the same bridge', () => {
    const draft = host('x', 'y')
    cniAdd(draft, mynet, invocation('x'))
    const other: ConfigList = { ...bare({ ipam: { type: 'host-local', subnet: '10.23.0.0/24' } }), name: 'other' }
    expect(failure(() => cniAdd(draft, other, invocation('y')))).toEqual({
      code: 999,
      msg: 'failed to set bridge addr: "cni0" already has an IP address different from 10.23.0.1/24',
    })
  })

  test.each<[string, (draft: HostDraft) => void, string]>([
    [
      'default route gone',
      draft => draft.pod('x')?.routes.shift(),
      'Expected Route {Dst:{IP:0.0.0.0 Mask:00000000} GW:10.244.1.1} not found in routing table',
    ],
    ['address gone', draft => draft.pod('x')?.addresses.pop(), 'Failed to match addr 10.244.1.2/24 on interface eth0'],
    ['veth gone', draft => draft.node.links.pop(), 'CNI veth created for bridge cni0 was not found'],
    [
      'reservation gone',
      draft => draft.ipam('mynet').reserved.clear(),
      'host-local: Failed to find address added by container x',
    ],
  ])('CHECK: %s', (_, damage, message) => {
    const draft = host('x')
    const result = cniAdd(draft, mynet, invocation('x'))
    cniCheck(draft, mynet, invocation('x'), result)
    damage(draft)
    expect(failure(() => cniCheck(draft, mynet, invocation('x'), result))).toEqual({ code: 999, msg: message })
  })
})

test('results before 1.0.0 carry the version of each address', () => {
  const draft = host('x')
  expect(cniAdd(draft, { ...mynet, cniVersion: '0.3.1' }, invocation('x')).ips?.[0]).toEqual({
    version: '4',
    address: '10.244.1.2/24',
    gateway: '10.244.1.1',
    interface: 2,
  })
})

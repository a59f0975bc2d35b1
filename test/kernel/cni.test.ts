import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type CniResult,
  type ConfigList,
  cniAdd,
  cniDel,
  HostDraft,
  NamespaceDraft,
  type PortMapping,
} from '../../src/cni/index.ts'
import { type NetNamespace, showAddr, showRoute, World } from '../../src/netns/index.ts'
import { KernelNamespaces } from './support/kernel-namespace.ts'
import { canUseKernel } from './support/requirements.ts'

const FOLDERS = ['/usr/lib/cni', '/opt/cni/bin']
const plugins = FOLDERS.find(folder =>
  ['bridge', 'host-local', 'portmap', 'loopback'].every(name => existsSync(join(folder, name))),
)
if (plugins === undefined) {
  console.warn('SKIPPED: the reference network plugins; run: apt-get install containernetworking-plugins')
}
const ready = canUseKernel('network plugins in the real kernel') && plugins !== undefined
const kernel = ready ? new KernelNamespaces() : null
const dataDir = mkdtempSync(join(tmpdir(), 'kubehop-cni-'))

afterAll(() => {
  kernel?.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

/** One pod after the other, with its port mappings. */
interface Case {
  readonly title: string
  readonly list: ConfigList
  readonly pods: readonly (readonly PortMapping[])[]
  readonly ipv6?: boolean
  /** Number of the pod that goes again. */
  readonly gone?: number
}

const LOOPBACK = { type: 'loopback' } as const
const PORTMAP = { type: 'portmap', capabilities: { portMappings: true } } as const
const subnet = (text: string): { readonly type: 'host-local'; readonly subnet: string } => ({
  type: 'host-local',
  subnet: text,
})

const CASES: readonly Case[] = [
  {
    title: 'two pods on a bridge with a default gateway, hairpin, masquerade',
    list: {
      cniVersion: '0.4.0',
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
          ipam: { ...subnet('10.244.1.0/24'), routes: [{ dst: '10.244.0.0/16' }] },
        },
      ],
    },
    pods: [[], []],
  },
  {
    title: 'a bridge without a gateway',
    list: { cniVersion: '1.0.0', name: 'flat', plugins: [{ type: 'bridge', ipam: subnet('10.50.0.0/29') }] },
    pods: [[], [], []],
  },
  {
    title: 'port mappings of three protocols, one bound to an address',
    list: {
      cniVersion: '0.3.1',
      name: 'cbr0',
      plugins: [{ type: 'bridge', isDefaultGateway: true, hairpinMode: true, ipam: subnet('10.244.2.0/24') }, PORTMAP],
    },
    pods: [
      [
        { hostPort: 8080, containerPort: 80, protocol: 'tcp' },
        { hostPort: 8081, containerPort: 81, protocol: 'tcp', hostIP: '192.168.7.11' },
        { hostPort: 5353, containerPort: 53, protocol: 'udp' },
      ],
      [{ hostPort: 9000, containerPort: 9000, protocol: 'tcp' }],
    ],
  },
  {
    title: 'both families with port mappings and masquerade',
    list: {
      cniVersion: '0.4.0',
      name: 'dual',
      plugins: [
        {
          type: 'bridge',
          isDefaultGateway: true,
          ipMasq: true,
          ipam: {
            type: 'host-local',
            ranges: [[{ subnet: '10.60.0.0/24' }], [{ subnet: 'fd00:60::/64' }]],
          },
        },
        PORTMAP,
      ],
    },
    pods: [[{ hostPort: 8080, containerPort: 80, protocol: 'tcp' }], []],
    ipv6: true,
  },
  {
    title: 'the loopback plugin alone',
    list: { cniVersion: '0.4.0', name: 'lo-too', plugins: [LOOPBACK] },
    pods: [[]],
    ipv6: true,
  },
  {
    title: 'a pod that has gone leaves its neighbours and the bridge',
    list: {
      cniVersion: '0.4.0',
      name: 'left',
      plugins: [{ type: 'bridge', isDefaultGateway: true, ipMasq: true, ipam: subnet('10.70.0.0/24') }, PORTMAP],
    },
    pods: [
      [{ hostPort: 8080, containerPort: 80, protocol: 'tcp' }],
      [{ hostPort: 8081, containerPort: 80, protocol: 'tcp' }],
    ],
    gone: 0,
  },
]

const podName = (index: number): string => `pod${index}`
const containerId = (index: number): string => `container${index}`

/** What a configuration becomes for one plugin: its own object, and what the runtime adds. */
function requestOf(
  list: ConfigList,
  index: number,
  mappings: readonly PortMapping[],
  previous: CniResult | undefined,
): string {
  const { capabilities, ...plugin } = list.plugins[index] ?? { type: '' }
  return JSON.stringify({
    ...plugin,
    ...(plugin.ipam === undefined ? {} : { ipam: { ...plugin.ipam, dataDir } }),
    cniVersion: list.cniVersion,
    name: list.name,
    ...(capabilities?.portMappings === true && mappings.length > 0
      ? { runtimeConfig: { portMappings: mappings } }
      : {}),
    ...(previous === undefined ? {} : { prevResult: previous }),
  })
}

async function runReal(k: KernelNamespaces, { list, pods, gone }: Case): Promise<CniResult[]> {
  const call = async (command: string, pod: number, index: number, stdin: string): Promise<string> => {
    const plugin = list.plugins[index]
    const environment = {
      CNI_COMMAND: command,
      CNI_CONTAINERID: containerId(pod),
      CNI_NETNS: k.path(podName(pod)),
      CNI_IFNAME: plugin?.type === 'loopback' ? 'lo' : 'eth0',
      CNI_PATH: plugins ?? '',
    }
    const words = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
    return k.output('node', ['env', ...words, join(plugins ?? '', plugin?.type ?? '')], stdin)
  }
  const results: CniResult[] = []
  for (const [pod, mappings] of pods.entries()) {
    let previous: CniResult | undefined
    for (const index of list.plugins.keys()) {
      previous = JSON.parse(await call('ADD', pod, index, requestOf(list, index, mappings, previous)))
    }
    if (previous !== undefined) results.push(previous)
  }
  if (gone !== undefined) {
    for (const index of [...list.plugins.keys()].reverse()) {
      await call('DEL', gone, index, requestOf(list, index, pods[gone] ?? [], results[gone]))
    }
  }
  return results
}

function runOurs({ list, pods, gone, ipv6 }: Case): { readonly world: World; readonly results: CniResult[] } {
  const host = new HostDraft('node')
  const invocation = (pod: number, portMappings: readonly PortMapping[]) => ({
    containerId: containerId(pod),
    netns: podName(pod),
    ifName: list.plugins[0]?.type === 'loopback' ? 'lo' : 'eth0',
    args: {},
    portMappings,
  })
  const results = pods.map((mappings, pod) => {
    host.pods.set(podName(pod), new NamespaceDraft(podName(pod)))
    return cniAdd(host, list, invocation(pod, mappings))
  })
  if (gone !== undefined) cniDel(host, list, invocation(gone, pods[gone] ?? []), results[gone])
  const world = new World()
  const noIpv6: [string, string][] =
    ipv6 === true
      ? []
      : [
          ['net.ipv6.conf.all.disable_ipv6', '1'],
          ['net.ipv6.conf.default.disable_ipv6', '1'],
        ]
  const node = host.node.toConfig([], host.iptables)
  world.applyConfig({ ...node, sysctls: [...noIpv6, ...node.sysctls] })
  for (const draft of host.pods.values()) {
    const config = draft.toConfig([])
    world.applyConfig({ ...config, sysctls: [...noIpv6, ...config.sysctls] })
  }
  return { world, results }
}

/** A result without what is random: MACs, the host's veth names, paths. */
function shown(result: CniResult): unknown {
  return {
    ...result,
    interfaces: result.interfaces?.map(({ name, sandbox, mac }) => ({
      name: name.startsWith('veth') ? 'veth*' : name,
      mac: mac === '' || mac === '00:00:00:00:00:00' ? mac : '*',
      inPod: sandbox !== undefined && sandbox !== '',
    })),
  }
}

/**
 * Lines of `ip` and others, sorted, without numbers of devices, random names and MACs, and the length of a queue that no device
 * here has.
 */
function stable(text: string): string[] {
  return text
    .replace(/^\d+: /gm, '')
    .replace(/@(?:if\d+|\S+?)(?=:)/g, '')
    .replace(/\bveth[0-9a-f]{8}\b/g, 'veth*')
    .replace(/ qlen 1000$/gm, '')
    .replace(/ link-netns(?:id)? \S+/g, '')
    .replace(/\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b/g, mac =>
      mac === '00:00:00:00:00:00' || mac === 'ff:ff:ff:ff:ff:ff' ? mac : 'MAC',
    )
    .replace(/fe80::[0-9a-f:]+/g, 'fe80::*')
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('#') && !line.startsWith('valid_lft'))
    .sort()
}

describe.skipIf(!ready).each(CASES)('$title', theCase => {
  let results: readonly CniResult[] = []
  const ours = runOurs(theCase)
  const ipv6 = theCase.ipv6 === true
  const names = ['node', ...theCase.pods.keys()].map(name => (typeof name === 'number' ? podName(name) : name))

  const namespace = (name: string): NetNamespace => ours.world.createNamespace(name)
  const real = async (name: string, ...argv: readonly string[]): Promise<string> =>
    (await kernel?.output(name, argv)) ?? ''

  beforeAll(async () => {
    if (kernel === null) return
    await kernel.create(names, { ipv6 })
    await kernel.output('node', ['ip', 'link', 'set', 'lo', 'up'])
    results = await runReal(kernel, theCase)
  })

  test('the results are the same', () => {
    expect(ours.results.map(shown)).toEqual(results.map(shown))
  })

  test('addresses and links are the same', async () => {
    for (const name of names) {
      const loopback = theCase.list.plugins.some(({ type }) => type === 'loopback') || name === 'node'
      // A namespace of ours has lo up from the start; without that plugin a pod's is down.
      const visible = (text: string): string[] => {
        const devices = text.split(/^(?=\d+: )/m)
        return stable(devices.filter(device => loopback || !/^\d+: lo:/.test(device)).join(''))
      }
      expect(visible(showAddr(namespace(name))), name).toEqual(visible(await real(name, 'ip', 'addr')))
    }
  })

  test('routes are the same', async () => {
    for (const name of names) {
      expect(stable(showRoute(namespace(name))), name).toEqual(stable(await real(name, 'ip', 'route')))
      if (!ipv6) continue
      expect(stable(showRoute(namespace(name), 254, { family: 6 })), name).toEqual(
        stable(await real(name, 'ip', '-6', 'route')),
      )
    }
  })

  test('ports of the bridge are the same', async () => {
    const kernels = (await real('node', 'bridge', '-d', 'link'))
      .split(/^(?=\d+: )/m)
      .filter(text => /master/.test(text))
    const simulated = namespace('node').devices.flatMap(({ port, mtu }) =>
      port === null
        ? []
        : [
            `${port.bridge.name} ${mtu} hairpin ${port.hairpin ? 'on' : 'off'} isolated ${port.isolated ? 'on' : 'off'}`,
          ],
    )
    const parse = (text: string): string => {
      const word = (name: string): string => new RegExp(`\\b${name} (\\S+)`).exec(text)?.[1] ?? '?'
      return `${word('master')} ${word('mtu')} hairpin ${word('hairpin')} isolated ${word('isolated')}`
    }
    expect(simulated).toEqual(kernels.map(parse))
  })

  test('rules are the same', async () => {
    for (const family of ipv6 ? ([4, 6] as const) : ([4] as const)) {
      const saved = await real('node', family === 4 ? 'iptables-save' : 'ip6tables-save')
      const rules = (text: string): string[] => text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
      expect(rules(namespace('node').netfilter.save(family))).toEqual(rules(saved))
    }
  })

  test('settings are the same', async () => {
    const { sysctl } = namespace('node')
    const cni0 = namespace('node').device('cni0')
    expect(await kernel?.sysctl('node', 'net/ipv4/ip_forward')).toBe(String(Number(sysctl.all.forwarding)))
    if (cni0 === undefined) return
    const localnet = await kernel?.sysctl('node', 'net/ipv4/conf/cni0/route_localnet')
    expect(localnet).toBe(String(Number(cni0.conf.routeLocalnet)))
  })
})

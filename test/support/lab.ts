import { emptyConfig, type NamespaceConfig } from '../../src/netns/config.ts'
import type { Chance } from '../../src/netns/model/simulation.ts'
import type { NetNamespace } from '../../src/netns/sim/namespace.ts'
import { World } from '../../src/netns/sim/world.ts'
import type { Listener, ListenOptions } from '../../src/netns/socket/index.ts'
import type { TraceEvent } from '../../src/trace/recorder.ts'
import { parseAddr } from '../../src/wire/addr.ts'
import { type Mac, parseMac } from '../../src/wire/mac.ts'

export interface LabOptions {
  /** How pods of different nodes reach each other. Default static routes over the underlay. */
  readonly backend?: 'static' | 'vxlan'
  /** `bridge-nf-call-iptables`; default on. */
  readonly brNf?: boolean
  readonly seed?: number
  /** Instead of a seed. */
  readonly chance?: Chance
  /** Also IPv6: fd00::N on the underlay, fd00:N::/64 for pods (…::a, …::b). Default off, as it was measured. */
  readonly ipv6?: boolean
}

/**
 * The topology that test/cases/linux-datapath was measured in:
 *
 * ```
 *  p1a 10.244.1.10   p1b 10.244.1.11                 p2a 10.244.2.10
 *       │ eth0            │ eth0                          │ eth0
 *    va │              vb │                            va │
 *  ┌────┴── cni0 ─────────┴──┐ 10.244.1.1          ┌──── cni0 ────┐ 10.244.2.1
 *  │           n1            │ (flannel.1)         │      n2      │ (flannel.1)
 *  └───────── eth0 ──────────┘ 10.0.0.1            └──── eth0 ────┘ 10.0.0.2
 *               └────────── segment underlay ───────────┘
 *                                  │ eth0 10.0.0.100, 198.51.100.10: ext, the nodes' default gateway
 * ```
 */
export class Lab {
  readonly world: World
  readonly events: TraceEvent[] = []
  readonly options: LabOptions
  readonly #configs = new Map<string, NamespaceConfig>()

  constructor(options: LabOptions = {}) {
    this.options = options
    this.world = new World(options.chance === undefined ? { seed: options.seed ?? 1 } : { chance: options.chance })
    for (const config of topology(options)) this.apply(config)
  }

  /** Starts recording; forgets what was recorded. */
  watch(misses = false): void {
    this.events.length = 0
    this.world.sim.recorder = { misses, frames: false, record: event => this.events.push(event) }
  }

  ns(name: string): NetNamespace {
    const ns = this.world.namespace(name)
    if (ns === undefined) throw new Error(`no namespace ${name}`)
    return ns
  }

  /** The configuration that a namespace has now. */
  config(name: string): NamespaceConfig {
    return this.#configs.get(name) ?? emptyConfig(name)
  }

  apply(config: NamespaceConfig): void {
    this.#configs.set(config.name, config)
    this.world.applyConfig(config)
  }

  /** Changes parts of a namespace's configuration. */
  change(name: string, parts: Partial<NamespaceConfig>): void {
    this.apply({ ...this.config(name), ...parts })
  }

  /** Replaces the rules of a node. */
  rules(name: string, text: string, family: 4 | 6 = 4): void {
    this.change(name, { iptables: [{ family, text, source: 'test' }] })
  }

  listen(name: string, options: ListenOptions): Listener {
    const listener = this.ns(name).sockets.listen(options)
    if (typeof listener === 'string') throw new Error(`${name}: ${listener}`)
    return listener
  }

  /** Lets every machine talk to its neighbours, so that later exchanges show no ARP. Before rules are there. */
  warm(): void {
    for (const [from, to] of this.options.ipv6 === true ? [...NEIGHBOURS, ...NEIGHBOURS6] : NEIGHBOURS)
      this.ns(from).sockets.ping({ dst: parseAddr(to), timeout: 0 })
    this.world.run(this.world.sim.now + 1000)
  }
}

const NEIGHBOURS = [
  ['p1a', '10.244.1.1'],
  ['p1b', '10.244.1.1'],
  ['p1a', '10.244.1.11'],
  ['p2a', '10.244.2.1'],
  ['n1', '10.0.0.2'],
  ['n1', '10.0.0.100'],
  ['n2', '10.0.0.100'],
] as const

const NEIGHBOURS6 = [
  ['p1a', 'fd00:1::1'],
  ['p1b', 'fd00:1::1'],
  ['p1a', 'fd00:1::b'],
  ['p2a', 'fd00:2::1'],
  ['n1', 'fd00::2'],
  ['n1', 'fd00::64'],
  ['n2', 'fd00::64'],
  ['n1', 'fd00:1::a'],
  ['n1', 'fd00:1::b'],
  ['n2', 'fd00:2::a'],
] as const

function topology(options: LabOptions): readonly NamespaceConfig[] {
  return [
    external(options),
    node(1, options, [
      { port: 'va', pod: 'p1a', mac: POD_MACS.p1a },
      { port: 'vb', pod: 'p1b', mac: POD_MACS.p1b },
    ]),
    node(2, options, [{ port: 'va', pod: 'p2a', mac: POD_MACS.p2a }]),
    pod(options, 'p1a', '10.244.1.10', '10.244.1.1', 'fd00:1::a'),
    pod(options, 'p1b', '10.244.1.11', '10.244.1.1', 'fd00:1::b'),
    pod(options, 'p2a', '10.244.2.10', '10.244.2.1', 'fd00:2::a'),
  ]
}

const POD_MACS = {
  p1a: parseMac('02:00:00:00:01:0a'),
  p1b: parseMac('02:00:00:00:01:0b'),
  p2a: parseMac('02:00:00:00:02:0a'),
}

/** MAC of cni0 of n1, as in the measurements. */
export const CNI0_MAC = '02:00:00:00:ff:09'

function node(
  number: 1 | 2,
  options: LabOptions,
  pods: readonly { readonly port: string; readonly pod: string; readonly mac: Mac }[],
): NamespaceConfig {
  const other = 3 - number
  const vxlan = options.backend === 'vxlan'
  const brNf = options.brNf === false ? '0' : '1'
  const vtep = (n: number): string => `02:00:00:00:fe:0${n}`
  return {
    ...emptyConfig(`n${number}`),
    sysctls: [...ipv6Settings(options), ['net.ipv4.ip_forward', '1'], ['net.bridge.bridge-nf-call-iptables', brNf]],
    links: [
      { kind: 'physical', name: 'eth0', segment: 'underlay', mac: parseMac(`02:00:00:00:00:0${number}`) },
      { kind: 'bridge', name: 'cni0', mac: parseMac(number === 1 ? CNI0_MAC : '02:00:00:00:ff:0a') },
      ...pods.map(({ port, pod: namespace, mac }) => ({
        kind: 'veth' as const,
        name: port,
        master: 'cni0',
        peer: { namespace, name: 'eth0', mac },
      })),
      ...(vxlan
        ? [
            {
              kind: 'vxlan' as const,
              name: 'flannel.1',
              vni: 1,
              local: `10.0.0.${number}`,
              dev: 'eth0',
              port: 8472,
              learning: false,
              mac: parseMac(vtep(number)),
            },
          ]
        : []),
    ],
    addresses: [
      `10.0.0.${number}/24 dev eth0`,
      `10.244.${number}.1/24 dev cni0`,
      ...(vxlan ? [`10.244.${number}.0/32 dev flannel.1`] : []),
      ...(options.ipv6 === true ? [`fd00::${number}/64 dev eth0`, `fd00:${number}::1/64 dev cni0`] : []),
    ],
    routes: [
      'default via 10.0.0.100 dev eth0',
      vxlan
        ? `10.244.${other}.0/24 via 10.244.${other}.0 dev flannel.1 onlink`
        : `10.244.${other}.0/24 via 10.0.0.${other} dev eth0`,
      ...(options.ipv6 === true
        ? [`fd00:${other}::/64 via fd00::${other} dev eth0`, 'default via fd00::64 dev eth0']
        : []),
    ],
    neighbours: vxlan ? [`10.244.${other}.0 lladdr ${vtep(other)} dev flannel.1 nud permanent`] : [],
    fdb: vxlan ? [`${vtep(other)} dev flannel.1 dst 10.0.0.${other} self permanent`] : [],
  }
}

function ipv6Settings({ ipv6 }: LabOptions): readonly (readonly [string, string])[] {
  if (ipv6 === true) return [['net.ipv6.conf.all.forwarding', '1']]
  return [
    ['net.ipv6.conf.all.disable_ipv6', '1'],
    ['net.ipv6.conf.default.disable_ipv6', '1'],
  ]
}

function pod({ ipv6 }: LabOptions, name: string, address: string, gateway: string, address6: string): NamespaceConfig {
  const gateway6 = address6.replace(/.$/, '1')
  return {
    ...emptyConfig(name),
    sysctls: ipv6 === true ? [] : [['net.ipv6.conf.all.disable_ipv6', '1']],
    addresses: [`${address}/24 dev eth0`, ...(ipv6 === true ? [`${address6}/64 dev eth0`] : [])],
    routes: [`default via ${gateway} dev eth0`, ...(ipv6 === true ? [`default via ${gateway6} dev eth0`] : [])],
  }
}

function external(options: LabOptions): NamespaceConfig {
  return {
    ...emptyConfig('ext'),
    sysctls: [...ipv6Settings(options), ['net.ipv4.ip_forward', '1']],
    links: [{ kind: 'physical', name: 'eth0', segment: 'underlay', mac: parseMac('02:00:00:00:00:64') }],
    addresses: [
      '10.0.0.100/24 dev eth0',
      '198.51.100.10/32 dev lo',
      ...(options.ipv6 === true ? ['fd00::64/64 dev eth0'] : []),
    ],
  }
}

import {
  emptyConfig,
  type IptablesInput,
  type LinkConfig,
  type ListenerConfig,
  type NamespaceConfig,
} from '../netns/config.ts'
import { formatMac, type Mac } from '../wire/mac.ts'
import type { LabNeed } from './lab-needs.ts'
import { BASELINE_SYSCTLS, sysctlDeviceOf, sysctlPath } from './sysctl-lines.ts'

/** What has to be done in one network namespace of the real kernel, in this order. */
export interface LabNamespace {
  /** The name of the configuration; `segment/NAME` for the switch of a segment. */
  readonly name: string
  /** Settings (in the spelling of /proc/sys, without the prefix) before there are devices. */
  readonly sysctls: readonly (readonly [path: string, value: string])[]
  /** `ip -batch`: links brought up, addresses, routes, rules, neighbours. The links between namespaces exist already. */
  readonly links: readonly string[]
  /** Settings of devices. */
  readonly deviceSysctls: readonly (readonly [path: string, value: string])[]
  /** `ip -batch` after those settings. */
  readonly ip: readonly string[]
  /** `bridge -batch`. */
  readonly bridge: readonly string[]
  /** `ipset restore`. */
  readonly ipsets: readonly string[]
  readonly iptables: readonly IptablesInput[]
  /** `nft -f`, in order. */
  readonly nft: readonly string[]
  /** `ipvsadm --restore`; empty for nothing. */
  readonly ipvs: string
  readonly listeners: readonly ListenerConfig[]
  /** Names of the devices that come up and must be running before packets are sent. */
  readonly devices: readonly string[]
}

/** Everything that builds a set of namespaces on a Linux machine. */
export interface LabPlan {
  readonly namespaces: readonly LabNamespace[]
  /** `ip -batch`, run outside: the links that join namespaces, each made where it belongs. */
  readonly links: readonly string[]
  readonly needs: ReadonlySet<LabNeed>
}

export interface LabOptions {
  /** Bridges join no multicast group, so that nothing is on the wires but what somebody sent. Default: as they come. */
  readonly quiet?: boolean
}

/** The longest name of a device (IFNAMSIZ − 1) is 15: ports of a segment's switch are numbered. */
const PORT = 'port'
/** Large enough for any card: the switch itself refuses no frame. */
const SEGMENT_MTU = 65_535

/**
 * Translates configurations into commands. `reference` gives what stands after `netns` for a namespace: its name, or a path to it.
 * A segment becomes a bridge in a namespace of its own that no rule of any host touches.
 */
export function planLab(
  configs: readonly NamespaceConfig[],
  reference: (name: string) => string,
  options: LabOptions = {},
): LabPlan {
  const builder = new LabBuilder(configs, reference, options)
  return builder.plan()
}

/** Name of the namespace that holds a segment's switch. */
export function segmentNamespace(segment: string): string {
  return `segment/${segment}`
}

class LabBuilder {
  readonly #configs: readonly NamespaceConfig[]
  readonly #reference: (name: string) => string
  readonly #quiet: boolean
  readonly #links: string[] = []
  /** Devices that exist, `NAMESPACE DEVICE`: a pair may be named from both ends. */
  readonly #made = new Set<string>()
  /** Ends of pairs that come up although their own namespace does not name them. */
  readonly #peers = new Map<string, string[]>()
  readonly #segments = new Map<string, { readonly port: string; readonly mac: Mac | undefined }[]>()
  readonly #needs = new Set<LabNeed>()

  constructor(configs: readonly NamespaceConfig[], reference: (name: string) => string, options: LabOptions) {
    this.#configs = configs
    this.#quiet = options.quiet ?? false
    this.#reference = reference
  }

  plan(): LabPlan {
    for (const config of this.#configs) for (const link of config.links) this.#join(config.name, link)
    const known = new Set(this.#configs.map(config => config.name))
    const others = [...this.#peers.keys()].filter(name => !known.has(name))
    const namespaces = [
      ...this.#configs.map(config => this.#namespace(config)),
      ...others.map(name => this.#namespace({ ...NOTHING, name })),
      ...[...this.#segments].map(([name, ports]) => segment(name, ports)),
    ]
    return { namespaces, links: this.#links, needs: this.#needs }
  }

  /** Links that need more than their own namespace to exist. */
  #join(namespace: string, link: LinkConfig): void {
    const key = `${namespace} ${link.name}`
    if (this.#made.has(key)) return
    this.#made.add(key)
    const own = `name ${link.name} netns ${this.#reference(namespace)}${attributes(link)}`
    if (link.kind === 'veth') {
      const { peer } = link
      this.#made.add(`${peer.namespace} ${peer.name}`)
      push(this.#peers, peer.namespace, peer.name)
      const mtu = peer.mtu ?? link.mtu
      const other = `name ${peer.name} netns ${this.#reference(peer.namespace)}${attributes({ mac: peer.mac, mtu })}`
      this.#links.push(`link add ${own} type veth peer ${other}`)
    } else if (link.kind === 'physical') {
      const ports = this.#segments.get(link.segment) ?? []
      this.#segments.set(link.segment, ports)
      const port = `${PORT}${ports.length}`
      ports.push({ port, mac: link.mac })
      const there = this.#reference(segmentNamespace(link.segment))
      this.#links.push(`link add ${own} type veth peer name ${port} netns ${there} mtu ${SEGMENT_MTU}`)
    }
  }

  #namespace(config: NamespaceConfig): LabNamespace {
    const links = ['link set dev lo up']
    const named = new Set(config.links.map(link => link.name))
    for (const name of this.#peers.get(config.name) ?? []) if (!named.has(name)) links.push(`link set dev ${name} up`)
    for (const link of config.links) {
      links.push(...ownLink(link, this.#quiet))
      if (link.kind === 'vxlan' || link.kind === 'ipip' || link.kind === 'dummy') this.#needs.add(link.kind)
      if (link.kind === 'bridge') this.#needs.add('br_netfilter')
    }
    if (config.ipsets.length > 0) this.#needs.add('ipset')
    for (const { family } of config.iptables) this.#needs.add(family === 4 ? 'iptables' : 'ip6tables')
    if (config.nft !== undefined && config.nft.length > 0) this.#needs.add('nft')
    if (config.ipvs !== undefined && config.ipvs !== '') this.#needs.add('ipvs')
    const early = config.sysctls.filter(([name]) => sysctlDeviceOf(name) === undefined)
    const late = config.sysctls.filter(([name]) => sysctlDeviceOf(name) !== undefined)
    return {
      name: config.name,
      sysctls: [...BASELINE_SYSCTLS, ...early].map(([name, value]) => [sysctlPath(name), value] as const),
      links,
      deviceSysctls: late.map(([name, value]) => [sysctlPath(name), value] as const),
      ip: [
        ...config.addresses.map(line => `addr add ${line}${line.includes(':') ? ' nodad' : ''}`),
        ...config.routes.map(line => `route add ${line}`),
        ...config.rules.map(line => `rule add ${line}`),
        ...config.neighbours.map(line => `neigh replace ${line}`),
      ],
      bridge: config.fdb.map(line => `fdb append ${line}`),
      ipsets: config.ipsets,
      iptables: config.iptables,
      nft: config.nft ?? [],
      ipvs: config.ipvs ?? '',
      listeners: config.listeners,
      devices: [
        ...(this.#peers.get(config.name) ?? []).filter(name => !named.has(name)),
        ...config.links.filter(link => link.up !== false && link.kind !== 'bridge').map(link => link.name),
      ],
    }
  }
}

const NOTHING = emptyConfig('')

/** The switch: it knows where every card is, and no netfilter looks into it. */
function segment(
  name: string,
  ports: readonly { readonly port: string; readonly mac: Mac | undefined }[],
): LabNamespace {
  return {
    name: segmentNamespace(name),
    sysctls: [
      ['net/ipv6/conf/all/disable_ipv6', '1'],
      ['net/ipv6/conf/default/disable_ipv6', '1'],
      ['net/bridge/bridge-nf-call-iptables', '0'],
      ['net/bridge/bridge-nf-call-ip6tables', '0'],
    ],
    links: [
      'link set dev lo up',
      'link add name switch type bridge mcast_snooping 0',
      ...ports.flatMap(({ port }) => [`link set dev ${port} master switch`, `link set dev ${port} up`]),
      'link set dev switch up',
    ],
    deviceSysctls: [],
    ip: [],
    bridge: ports.flatMap(({ port, mac }) =>
      mac === undefined ? [] : [`fdb replace ${formatMac(mac)} dev ${port} master static`],
    ),
    ipsets: [],
    iptables: [],
    nft: [],
    ipvs: '',
    listeners: [],
    devices: ports.map(({ port }) => port),
  }
}

/** Made, plugged in and brought up: what `ip` does inside the namespace. */
function ownLink(link: LinkConfig, quiet: boolean): string[] {
  const { name } = link
  const lines: string[] = []
  switch (link.kind) {
    case 'bridge':
      lines.push(
        `link add name ${name}${attributes(link)} type bridge${link.ageing === undefined ? '' : ` ageing_time ${Math.round(link.ageing * 100)}`}` +
          (quiet ? ' mcast_snooping 0' : ''),
      )
      break
    case 'dummy':
      lines.push(`link add name ${name}${attributes(link)} type dummy`)
      break
    case 'vxlan':
      lines.push(
        `link add name ${name}${attributes(link)} type vxlan id ${link.vni} local ${link.local} dev ${link.dev} ` +
          `dstport ${link.port} ${link.learning ? 'learning' : 'nolearning'}${link.remote === undefined ? '' : ` remote ${link.remote}`}`,
      )
      break
    case 'ipip':
      lines.push(
        `link add name ${name}${attributes({ mac: undefined, mtu: link.mtu })} type ipip local ${link.local}` +
          `${link.remote === undefined ? '' : ` remote ${link.remote}`}${link.dev === undefined ? '' : ` dev ${link.dev}`}`,
      )
      break
    default:
      // Made from outside; when the other end named the pair, what this end says of itself is still to be set.
      if (link.mac !== undefined) lines.push(`link set dev ${name} address ${formatMac(link.mac)}`)
      if (link.mtu !== undefined) lines.push(`link set dev ${name} mtu ${link.mtu}`)
  }
  if (link.promisc === true) lines.push(`link set dev ${name} promisc on`)
  if (link.master !== undefined) {
    lines.push(`link set dev ${name} master ${link.master}`)
    if (link.hairpin === true) lines.push(`link set dev ${name} type bridge_slave hairpin on`)
  }
  if (link.up !== false) lines.push(`link set dev ${name} up`)
  return lines
}

function attributes(link: { readonly mac?: Mac | undefined; readonly mtu?: number | undefined }): string {
  return `${link.mac === undefined ? '' : ` address ${formatMac(link.mac)}`}${link.mtu === undefined ? '' : ` mtu ${link.mtu}`}`
}

function push(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

import { KubehopError } from '../../errors.ts'
import { emptyConfig, type LinkConfig } from '../../netns/config.ts'
import type { Chance } from '../../netns/index.ts'
import {
  loadAddresses,
  loadNeighbours,
  loadRoutes,
  loadRules,
  type NetNamespace,
  setSysctl,
  World,
} from '../../netns/index.ts'
import { parseMac } from '../../wire/mac.ts'
import { withoutIptables } from './without-iptables.ts'

/** What `scripts/collect-node.sh` writes, by file; all but `ip-addr.json` may be missing. */
export const NODE_FILES = [
  'ip-addr.json',
  'ip-route.txt',
  'ip-route6.txt',
  'ip-rule.txt',
  'ip-rule6.txt',
  'ip-neigh.txt',
  'bridge-fdb.txt',
  'iptables-save.txt',
  'ip6tables-save.txt',
  'ipset-save.txt',
  'nft-ruleset.txt',
  'ipvsadm-save.txt',
  'conntrack.txt',
  'sysctl.txt',
] as const
export type NodeFile = (typeof NODE_FILES)[number]
export type NodeState = Partial<Readonly<Record<NodeFile, string>>>

/** Settings of a real node that decide where packets go here; its other thousand are passed over. */
const SYSCTLS =
  /^net\.(?:ipv[46]\.(?:conf\.[^.]+\.(?:forwarding|rp_filter|proxy_arp|route_localnet|arp_ignore|arp_announce|accept_local|send_redirects|accept_redirects|disable_ipv6)|ip_forward|ip_default_ttl|vs\.[a-z_]+)|bridge\.bridge-nf-call-ip6?tables|netfilter\.nf_conntrack_tcp_(?:loose|be_liberal))$/

interface LinkJson {
  readonly ifname: string
  readonly address?: string
  readonly mtu?: number
  readonly flags?: readonly string[]
  readonly master?: string
  readonly linkinfo?: {
    readonly info_kind?: string
    readonly info_data?: {
      readonly id?: number
      readonly local?: string
      readonly link?: string
      readonly port?: number
    }
  }
}

export interface LoadedNode {
  readonly world: World
  readonly node: NetNamespace
  /** What of the dumps is missing in the node, so that packets may go another way. */
  readonly warnings: readonly string[]
}

/**
 * The network of a real node as its dumps say. Network cards, veth ends and other links whose far side is not known end in
 * nothing: what is sent there has left the node. Throws the errors of the readers (KH_ROUTE, KH_IPTABLES, …), and KH_IO
 * without `ip-addr.json`.
 */
export function loadNode(state: NodeState, chance: Chance): LoadedNode {
  const text = state['ip-addr.json']
  if (text === undefined) {
    throw new KubehopError('KH_IO', 'ip-addr.json (`ip -j -d addr`) is missing: it names the devices')
  }
  const links = readLinks(text)
  const world = new World({ chance })
  const vxlans = new Set(links.flatMap(link => (link.kind === 'vxlan' ? [link.name] : [])))
  const fdb = lines(state['bridge-fdb.txt']).filter(
    line => / dst /.test(line) && vxlans.has(/ dev (\S+)/.exec(line)?.[1] ?? ''),
  )
  const node = world.applyConfig({ ...emptyConfig('node'), links, fdb })
  for (const line of lines(state['sysctl.txt'])) {
    const [name = '', value = ''] = line.split('=').map(part => part.trim())
    const device = /^net\.ipv[46]\.conf\.(.+)\.[a-z_0-9]+$/.exec(name)?.[1]
    const known = device === undefined || device === 'all' || device === 'default' || node.device(device) !== undefined
    // Settings of `all` were written before those of the devices, which say what holds.
    if (SYSCTLS.test(name) && known && name !== 'net.ipv4.ip_forward') setSysctl(node, name, value)
  }
  loadAddresses(node, text, 'ip-addr.json')
  loadRoutes(node, state['ip-route.txt'] ?? '', {}, 'ip-route.txt')
  loadRoutes(node, state['ip-route6.txt'] ?? '', { family: 6 }, 'ip-route6.txt')
  loadRules(node, state['ip-rule.txt'] ?? '', 4, 'ip-rule.txt')
  loadRules(node, state['ip-rule6.txt'] ?? '', 6, 'ip-rule6.txt')
  loadNeighbours(node, state['ip-neigh.txt'] ?? '', 'ip-neigh.txt')
  if (state['ipset-save.txt'] !== undefined) node.ipsets.restore(state['ipset-save.txt'], 'ipset-save.txt')
  const warnings = loadRulesets(node, state)
  if (state['ipvsadm-save.txt'] !== undefined)
    node.ipvs.restore(state['ipvsadm-save.txt'], { file: 'ipvsadm-save.txt' })
  if (state['conntrack.txt'] !== undefined) node.conntrack.load(state['conntrack.txt'], 'conntrack.txt')
  return { world, node, warnings }
}

/** Returns what could not be read. */
function loadRulesets(node: NetNamespace, state: NodeState): string[] {
  const v4 = state['iptables-save.txt']
  const v6 = state['ip6tables-save.txt']
  if (v4 !== undefined) node.netfilter.restore(4, v4, { counters: true, file: 'iptables-save.txt' })
  if (v6 !== undefined) node.netfilter.restore(6, v6, { counters: true, file: 'ip6tables-save.txt' })
  const nft = state['nft-ruleset.txt']
  if (nft === undefined) return []
  const saved = { ...(v4 === undefined ? {} : { 4: v4 }), ...(v6 === undefined ? {} : { 6: v6 }) }
  const { text, lost } = withoutIptables(nft, saved)
  node.nft.load(text, 'nft-ruleset.txt')
  return lost.map(table => {
    const file = table.startsWith('ip6 ') ? 'ip6tables-save.txt' : 'iptables-save.txt'
    return `nft-ruleset.txt: table ${table} of iptables-nft is left out: nft cannot say its rules, and ${file} does not have them`
  })
}

function readLinks(text: string): LinkConfig[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new KubehopError('KH_LINK', 'expected the output of `ip -j -d addr`', { file: 'ip-addr.json' })
  }
  if (!Array.isArray(parsed)) {
    throw new KubehopError('KH_LINK', 'expected a list of links, as `ip -j -d addr` prints it', {
      file: 'ip-addr.json',
    })
  }
  const links = parsed.filter(isLink).filter(link => link.ifname !== 'lo')
  // A link comes after the one that it is a port of, or is tunnelled by.
  const rank = (link: LinkJson): number =>
    link.linkinfo?.info_kind === 'bridge' ? 0 : link.linkinfo?.info_kind === 'vxlan' ? 2 : 1
  return links.sort((a, b) => rank(a) - rank(b)).map(toLink)
}

function isLink(value: unknown): value is LinkJson {
  return typeof value === 'object' && value !== null && typeof (value as { ifname?: unknown }).ifname === 'string'
}

function toLink(link: LinkJson): LinkConfig {
  const { ifname: name, address, mtu, flags, master, linkinfo } = link
  const data = linkinfo?.info_data
  const common = {
    name,
    up: flags?.includes('UP') ?? true,
    ...(address !== undefined && /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(address) ? { mac: parseMac(address) } : {}),
    ...(mtu === undefined || mtu < 68 ? {} : { mtu }),
    ...(master === undefined ? {} : { master }),
  }
  if (linkinfo?.info_kind === 'bridge') return { ...common, kind: 'bridge' }
  if (
    linkinfo?.info_kind === 'vxlan' &&
    data?.id !== undefined &&
    data.local !== undefined &&
    data.link !== undefined
  ) {
    const { id: vni, local, link: dev, port = 8472 } = data
    return { ...common, kind: 'vxlan', vni, local, dev, port, learning: false }
  }
  return { ...common, kind: 'dummy' }
}

function lines(text = ''): string[] {
  return text.split('\n').filter(line => line.trim() !== '')
}

import type { ChainHash } from '../chain-names.ts'
import type { KubeProxyConfig, ProxyNode } from '../config.ts'
import type { LocalTrafficMatch } from '../local-detector.ts'
import { localTrafficMatch } from '../local-detector.ts'
import { type NodePortAddresses, nodePortAddresses } from '../node-port-addresses.ts'
import { NftElements } from './elements.ts'
import { NftText } from './nft-text.ts'

/** What the rules of one family depend on. */
export interface NftContext {
  readonly text: NftText
  readonly family: 4 | 6
  /** `ip` or `ip6`: the table's family, and how addresses are asked for. */
  readonly ip: 'ip' | 'ip6'
  /** `ipv4_addr` or `ipv6_addr`. */
  readonly addr: string
  readonly config: KubeProxyConfig
  readonly node: ProxyNode
  /** The conditions for packets from pods of this cluster, and for all others. */
  readonly match: LocalTrafficMatch | null
  readonly nodePorts: NodePortAddresses
  readonly hashOf: ChainHash
  /** What is in the sets and maps that all Services share. */
  readonly elements: NftElements
  /** Chains of service ports, and affinity sets, that are in use: all others are stale. */
  readonly chains: Set<string>
  readonly affinitySets: Set<string>
}

/** `there`: what is in the shared sets and maps before the transaction; it is kept up to date. */
export function nftContext(
  config: KubeProxyConfig,
  node: ProxyNode,
  family: 4 | 6,
  there: Map<string, string>,
  hashOf: ChainHash,
): NftContext {
  const ip = family === 4 ? 'ip' : 'ip6'
  const text = new NftText(ip)
  return {
    text,
    family,
    ip,
    addr: family === 4 ? 'ipv4_addr' : 'ipv6_addr',
    config,
    node,
    match: inNft(localTrafficMatch(config, node, family), ip),
    nodePorts: nodePortAddresses(
      { ...config, nodePortAddresses: primary(config.nodePortAddresses, node) },
      node,
      family,
    ),
    hashOf,
    elements: new NftElements(text, there),
    chains: new Set(),
    affinitySets: new Set(),
  }
}

/** Without a choice of addresses, NodePorts are served at the primary addresses of the node only. */
function primary(nodePortAddresses: readonly string[], node: ProxyNode): readonly string[] {
  if (nodePortAddresses.length > 0 && !nodePortAddresses.includes('primary')) return nodePortAddresses
  return node.ips.map(ip => `${ip}/${ip.includes(':') ? 128 : 32}`)
}

/** The words of iptables in those of nft. */
function inNft(match: LocalTrafficMatch | null, ip: 'ip' | 'ip6'): LocalTrafficMatch | null {
  if (match === null) return null
  const [option, value = ''] = match.local.split(' ')
  if (option === '-s') return { local: `${ip} saddr ${value}`, notLocal: `${ip} saddr != ${value}` }
  const name = value.endsWith('+') ? `${value.slice(0, -1)}*` : value
  return { local: `iif ${name}`, notLocal: `iif != ${name}` }
}

import { macForAddress } from '../cni/index.ts'
import type { Node } from '../controlplane/types/index.ts'
import { emptyConfig, type NamespaceConfig } from '../netns/config.ts'
import { type Addr, addrPlus, familyOf, formatAddr, parseAddr, tryParseAddr } from '../wire/addr.ts'
import type { Mac } from '../wire/mac.ts'
import { Prefix, parsePrefix } from '../wire/prefix.ts'
import type { ClusterConfig } from './config.ts'

/** The namespace of the router between the nodes and the rest of the world. */
export const ROUTER = 'router'
/** The segment on the far side of the router. */
const INTERNET = 'internet'
/** The router's addresses there (RFC 2544 and RFC 5180 benchmarking ranges: nobody else's). */
const WAN: Readonly<Record<4 | 6, string>> = { 4: '198.18.0.1', 6: '2001:2::1' }

/** One network of nodes, with the router's address in it. */
interface Lan {
  readonly segment: string
  readonly prefixes: readonly Prefix[]
  readonly routerIPs: readonly string[]
  readonly routerDev: string
}

/** A machine that is not in the cluster. */
export interface ExternalMachine {
  readonly namespace: string
  /** One address, or one of each family. */
  readonly ips: readonly string[]
}

/**
 * The network under the nodes: the node subnet (nodes with addresses elsewhere get a /24 or /64 of their own), a router that
 * is everybody's default gateway and knows nothing of pods, and behind it whatever machine of the outside world is asked for.
 */
export class Underlay {
  readonly #config: ClusterConfig
  readonly #lans: Lan[] = []
  readonly #nodeByIP = new Map<Addr, string>()
  readonly #nodeByMac = new Map<Mac, string>()

  constructor(config: ClusterConfig, nodes: readonly Node[]) {
    this.#config = config
    const prefixes = config.networking.nodeSubnets.map(parsePrefix)
    const ips = new Map(nodes.map(node => [node, nodeIPs(node)]))
    const taken = new Set([...ips.values()].flat())
    this.#lans.push(this.#lan('underlay', prefixes, taken))
    for (const [node, own] of ips) {
      for (const ip of own) this.#nodeByIP.set(parseAddr(ip), node.metadata.name)
      const [primary] = own
      if (primary !== undefined) this.#nodeByMac.set(macForAddress(primary), node.metadata.name)
      const foreign = own.map(ip => parseAddr(ip)).filter(addr => !this.#lans.some(lan => inLan(lan, addr)))
      if (foreign.length === 0) continue
      const own24 = foreign.map(addr => new Prefix(addr, familyOf(addr) === 4 ? 24 : 64))
      this.#lans.push(this.#lan(`underlay-${own24[0]}`, own24, taken))
    }
  }

  /** Name of the node with this address, undefined when it is nobody's. */
  nodeWithIP(addr: Addr): string | undefined {
    return this.#nodeByIP.get(addr)
  }

  nodeWithMac(mac: Mac): string | undefined {
    return this.#nodeByMac.get(mac)
  }

  /** Names of the segments, for whoever watches them to build machines on demand. */
  get segments(): readonly string[] {
    return [...this.#lans.map(lan => lan.segment), INTERNET]
  }

  /** Families of the node subnets. */
  get families(): readonly (4 | 6)[] {
    return this.#config.networking.nodeSubnets.map(subnet => parsePrefix(subnet).family)
  }

  /** On-link networks of a node's card. */
  onLinkOf(ips: readonly string[]): readonly string[] {
    return this.#lanOf(ips).prefixes.map(String)
  }

  /** Default gateways of a node, of the families that it has. */
  gatewaysOf(ips: readonly string[]): readonly string[] {
    return this.#lanOf(ips).routerIPs.filter(router =>
      ips.some(ip => familyOf(parseAddr(ip)) === familyOf(parseAddr(router))),
    )
  }

  /** The card, the addresses and the default routes of a node or of a machine in a node subnet. */
  attach(ips: readonly string[]): Pick<NamespaceConfig, 'links' | 'addresses' | 'routes'> {
    const lan = this.#lanOf(ips)
    const [primary] = ips
    return {
      links: [
        {
          kind: 'physical',
          name: 'eth0',
          segment: lan.segment,
          mtu: this.#config.networking.mtu,
          ...(primary === undefined ? {} : { mac: macForAddress(primary) }),
        },
      ],
      addresses: ips.map(
        ip => `${ip}/${prefixFor(lan, parseAddr(ip)).length}${ip.includes(':') ? '' : ' brd +'} dev eth0`,
      ),
      routes: this.gatewaysOf(ips).map(router => `default via ${router} dev eth0`),
    }
  }

  /** The router, with a route to each machine of the outside world. */
  routerConfig(externals: readonly ExternalMachine[]): NamespaceConfig {
    const outside = externals.flatMap(external => external.ips).filter(ip => !this.#isOnLan(parseAddr(ip)))
    return {
      ...emptyConfig(ROUTER),
      sysctls: [
        ['net.ipv4.ip_forward', '1'],
        ['net.ipv6.conf.all.forwarding', '1'],
      ],
      links: [
        ...this.#lans.map(lan => ({
          kind: 'physical' as const,
          name: lan.routerDev,
          segment: lan.segment,
          mtu: this.#config.networking.mtu,
          mac: macForAddress(lan.routerIPs[0] ?? '0.0.0.0'),
        })),
        {
          kind: 'physical',
          name: 'wan',
          segment: INTERNET,
          mtu: this.#config.networking.mtu,
          mac: macForAddress(WAN[4]),
        },
      ],
      addresses: [
        ...this.#lans.flatMap(lan =>
          lan.routerIPs.map(ip => `${ip}/${prefixFor(lan, parseAddr(ip)).length} dev ${lan.routerDev}`),
        ),
        `${WAN[4]}/32 dev wan`,
        `${WAN[6]}/128 dev wan`,
      ],
      routes: outside.map(ip => `${ip}/${ip.includes(':') ? 128 : 32} dev wan`),
    }
  }

  /** A machine outside the cluster: in a node subnet when its address is there, else behind the router. */
  externalConfig(external: ExternalMachine): NamespaceConfig {
    const { namespace, ips } = external
    const [primary = ''] = ips
    const base = emptyConfig(namespace)
    if (ips.some(ip => this.#isOnLan(parseAddr(ip)))) return { ...base, ...this.attach(ips) }
    const addrs = ips.map(parseAddr)
    return {
      ...base,
      links: [
        {
          kind: 'physical',
          name: 'eth0',
          segment: INTERNET,
          mtu: this.#config.networking.mtu,
          mac: macForAddress(primary),
        },
      ],
      addresses: addrs.map(addr => `${formatAddr(addr)}/${familyOf(addr) === 4 ? 32 : 128} dev eth0`),
      routes: addrs.map(addr => `default via ${WAN[familyOf(addr)]} dev eth0 onlink`),
    }
  }

  #isOnLan(addr: Addr): boolean {
    return this.#lans.some(lan => inLan(lan, addr))
  }

  #lanOf(ips: readonly string[]): Lan {
    const own = ips.map(parseAddr)
    const lan = this.#lans.find(candidate => own.some(addr => inLan(candidate, addr))) ?? this.#lans[0]
    if (lan === undefined) throw new Error('the underlay always has the node subnet')
    return lan
  }

  /** The router takes the first address of each subnet, or the last when a node has that. */
  #lan(segment: string, prefixes: readonly Prefix[], taken: ReadonlySet<string>): Lan {
    const routerIPs = prefixes.map(prefix => {
      const first = formatAddr(addrPlus(prefix.addr, 1))
      return taken.has(first) ? formatAddr(addrPlus(prefix.last, -1)) : first
    })
    return { segment, prefixes, routerIPs, routerDev: `eth${this.#lans.length}` }
  }
}

/** InternalIP addresses of a node, canonical. */
export function nodeIPs(node: Node): string[] {
  return (node.status?.addresses ?? []).flatMap(({ type, address }) => {
    const addr = type === 'InternalIP' ? tryParseAddr(address) : undefined
    return addr === undefined ? [] : [formatAddr(addr)]
  })
}

function inLan(lan: Lan, addr: Addr): boolean {
  return lan.prefixes.some(prefix => prefix.contains(addr))
}

function prefixFor(lan: Lan, addr: Addr): Prefix {
  return lan.prefixes.find(prefix => prefix.contains(addr)) ?? new Prefix(addr, familyOf(addr) === 4 ? 32 : 128)
}

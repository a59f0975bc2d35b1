import type { Mac } from '../wire/mac.ts'

/**
 * What a namespace is configured with: the output of planners, and what a dump of a real node is read into. Where Linux has
 * text, it is that text: lines as `ip route`, `ip rule`, `ip neigh` and `bridge fdb` take them, `iptables-restore` and
 * `ipset restore` input, sysctl names. Applying it never touches conntrack, neighbours, FDB, sockets.
 */
export interface NamespaceConfig {
  readonly name: string
  /** `net.ipv4.ip_forward` → `1`, applied in order before links exist (`conf.DEV` keys: once the device does). */
  readonly sysctls: readonly (readonly [name: string, value: string])[]
  readonly links: readonly LinkConfig[]
  /** `ip addr add LINE`: `10.244.1.1/24 dev cni0`. */
  readonly addresses: readonly string[]
  /** `ip route add LINE`: `10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink`. */
  readonly routes: readonly string[]
  /** `ip rule add LINE`: `fwmark 0x10/0x10 lookup 100 priority 100`. */
  readonly rules: readonly string[]
  /** `ip neigh add LINE`: `10.244.2.0 lladdr 8e:… dev flannel.1 nud permanent`. */
  readonly neighbours: readonly string[]
  /** `bridge fdb append LINE`: `8e:… dev flannel.1 dst 192.168.0.12 self permanent`. */
  readonly fdb: readonly string[]
  readonly ipsets: readonly string[]
  readonly iptables: readonly IptablesInput[]
  /** `ipvsadm-save -n` text; nothing when left out. */
  readonly ipvs?: string
  /** `nft -f` inputs, in order; none when left out. */
  readonly nft?: readonly string[]
  readonly listeners: readonly ListenerConfig[]
  /** Proxies in user space; none when left out. */
  readonly proxies?: readonly ProxyConfig[]
}

/** A namespace with nothing in it. */
export function emptyConfig(name: string): NamespaceConfig {
  return {
    name,
    sysctls: [],
    links: [],
    addresses: [],
    routes: [],
    rules: [],
    neighbours: [],
    fdb: [],
    ipsets: [],
    iptables: [],
    listeners: [],
  }
}

export interface IptablesInput {
  readonly family: 4 | 6
  /** `iptables-restore --noflush` input. */
  readonly text: string
  /** Where it came from: `kube-proxy`, `flanneld`, or a file. */
  readonly source: string
}

interface LinkCommon {
  readonly name: string
  readonly mac?: Mac
  readonly mtu?: number
  /** Default true. */
  readonly up?: boolean
  /** Name of the bridge whose port it is. */
  readonly master?: string
  readonly hairpin?: boolean
  readonly promisc?: boolean
}

export type LinkConfig =
  | (LinkCommon & { readonly kind: 'bridge'; readonly ageing?: number })
  | (LinkCommon & { readonly kind: 'dummy' })
  /** The other end appears in another namespace, which is created when it does not exist yet. */
  | (LinkCommon & {
      readonly kind: 'veth'
      readonly peer: { readonly namespace: string; readonly name: string; readonly mac?: Mac; readonly mtu?: number }
    })
  | (LinkCommon & {
      readonly kind: 'vxlan'
      readonly vni: number
      readonly local: string
      readonly dev: string
      readonly port: number
      readonly learning: boolean
      readonly remote?: string
    })
  | (LinkCommon & { readonly kind: 'ipip'; readonly local: string; readonly remote?: string; readonly dev?: string })
  /** A network card on an underlay segment. */
  | (LinkCommon & { readonly kind: 'physical'; readonly segment: string })

/** A program that listens. */
export interface ListenerConfig {
  readonly protocol: 'tcp' | 'udp' | 'sctp'
  readonly port: number
  /** Unspecified (0.0.0.0 / ::) when left out. */
  readonly address?: string
  /** Who listens, for the trace: `nginx (containerPort 80)`. */
  readonly program: string
  /** The objects do not say that anything listens; it was assumed. */
  readonly assumed: boolean
  /** UDP: answer from the address that was hit (IP_PKTINFO), or from the one routing chooses. */
  readonly replyFrom?: 'hit' | 'routed'
}

/** A program that copies what it is asked to one of its endpoints (kube-proxy in userspace mode). */
export interface ProxyConfig {
  readonly protocol: 'tcp' | 'udp'
  /** Local port that it listens on. */
  readonly port: number
  /** For whom: `default/web:http`. */
  readonly service: string
  /** Seconds that a client stays with its endpoint, 0: endpoints take turns. */
  readonly affinitySeconds: number
  /** `10.244.1.2:80`, `[fd00::1]:80`. */
  readonly endpoints: readonly string[]
}

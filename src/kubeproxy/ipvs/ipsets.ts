import type { ServicePortInfo } from '../service-port.ts'

export type IpsetType = 'hash:ip,port,ip' | 'hash:ip,port,net' | 'hash:ip,port' | 'hash:ip' | 'bitmap:port'

/** The sets of IPVS mode in the order in which kube-proxy makes them (ipsetInfo, pkg/proxy/ipvs), with their comments. */
const SETS = {
  'KUBE-LOOP-BACK': ['hash:ip,port,ip', 'Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose'],
  'KUBE-CLUSTER-IP': ['hash:ip,port', 'Kubernetes service cluster ip + port for masquerade purpose'],
  'KUBE-EXTERNAL-IP': ['hash:ip,port', 'Kubernetes service external ip + port for masquerade and filter purpose'],
  'KUBE-EXTERNAL-IP-LOCAL': ['hash:ip,port', 'Kubernetes service external ip + port with externalTrafficPolicy=local'],
  'KUBE-LOAD-BALANCER': ['hash:ip,port', 'Kubernetes service lb portal'],
  'KUBE-LOAD-BALANCER-FW': [
    'hash:ip,port',
    'Kubernetes service load balancer ip + port for load balancer with sourceRange',
  ],
  'KUBE-LOAD-BALANCER-LOCAL': [
    'hash:ip,port',
    'Kubernetes service load balancer ip + port with externalTrafficPolicy=local',
  ],
  'KUBE-LOAD-BALANCER-SOURCE-IP': [
    'hash:ip,port,ip',
    'Kubernetes service load balancer ip + port + source IP for packet filter purpose',
  ],
  'KUBE-LOAD-BALANCER-SOURCE-CIDR': [
    'hash:ip,port,net',
    'Kubernetes service load balancer ip + port + source cidr for packet filter purpose',
  ],
  'KUBE-NODE-PORT-TCP': ['bitmap:port', 'Kubernetes nodeport TCP port for masquerade purpose'],
  'KUBE-NODE-PORT-LOCAL-TCP': ['bitmap:port', 'Kubernetes nodeport TCP port with externalTrafficPolicy=local'],
  'KUBE-NODE-PORT-UDP': ['bitmap:port', 'Kubernetes nodeport UDP port for masquerade purpose'],
  'KUBE-NODE-PORT-LOCAL-UDP': ['bitmap:port', 'Kubernetes nodeport UDP port with externalTrafficPolicy=local'],
  'KUBE-NODE-PORT-SCTP-HASH': [
    'hash:ip,port',
    "Kubernetes nodeport SCTP port for masquerade purpose with type 'hash ip:port'",
  ],
  'KUBE-NODE-PORT-LOCAL-SCTP-HASH': [
    'hash:ip,port',
    "Kubernetes nodeport SCTP port with externalTrafficPolicy=local with type 'hash ip:port'",
  ],
  'KUBE-HEALTH-CHECK-NODE-PORT': ['bitmap:port', 'Kubernetes health check node port'],
  'KUBE-IPVS-IPS': ['hash:ip', 'Kubernetes service IPs on kube-ipvs0'],
} as const satisfies Readonly<Record<string, readonly [IpsetType, string]>>

export type IpsetName = keyof typeof SETS

export const IPSET_NAMES = Object.keys(SETS) as IpsetName[]

/** The sets of one family while a sync fills them. */
export class Ipsets {
  readonly #family: 4 | 6
  readonly #members = new Map<IpsetName, Set<string>>()

  constructor(family: 4 | 6) {
    this.#family = family
  }

  /** The name in the kernel: those of IPv6 begin with `KUBE-6-`, and end after the 31 characters that a set's name may have. */
  nameOf(set: IpsetName): string {
    return this.#family === 6 ? set.replace(/^KUBE-/, 'KUBE-6-').slice(0, 31) : set
  }

  commentOf(set: IpsetName): string {
    return SETS[set][1]
  }

  isEmpty(set: IpsetName): boolean {
    return (this.#members.get(set)?.size ?? 0) === 0
  }

  add(set: IpsetName, member: string): void {
    let members = this.#members.get(set)
    if (members === undefined) {
      members = new Set()
      this.#members.set(set, members)
    }
    members.add(member)
  }

  /** `10.96.0.1,tcp:443`. */
  addEndpoint(set: IpsetName, ip: string, info: ServicePortInfo, port = info.port, more = ''): void {
    this.add(set, `${ip},${info.protocol}:${port}${more}`)
  }

  /** `ipset restore` input that makes and fills all sets. */
  toString(): string {
    const family = this.#family === 6 ? 'inet6' : 'inet'
    const lines: string[] = []
    for (const set of IPSET_NAMES) {
      const [type] = SETS[set]
      const options = type === 'bitmap:port' ? 'range 0-65535' : `family ${family} hashsize 1024 maxelem 65536`
      lines.push(`create ${this.nameOf(set)} ${type} ${options}`)
      for (const member of this.#members.get(set) ?? []) lines.push(`add ${this.nameOf(set)} ${member}`)
    }
    return `${lines.join('\n')}\n`
  }
}

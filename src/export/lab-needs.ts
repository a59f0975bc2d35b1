/** What a kernel may lack, beyond network namespaces, veth and bridge, or what takes a program of its own. */
export type LabNeed = 'vxlan' | 'ipip' | 'dummy' | 'ip6tables' | 'iptables' | 'ipset' | 'nft' | 'ipvs' | 'br_netfilter'

interface Requirement {
  readonly programs: readonly string[]
  /** Arguments of a program, run in a namespace that nobody uses: it fails where the kernel cannot do it. */
  readonly trial?: readonly string[]
  /** What is said when it fails. */
  readonly missing: string
}

const trialLink = (...words: readonly string[]): readonly string[] => ['ip', 'link', 'add', 'name', 'trial', ...words]

/** What each need takes, in the order in which it is tried. */
export const REQUIREMENTS: Readonly<Record<LabNeed, Requirement>> = {
  vxlan: {
    programs: [],
    trial: trialLink('type', 'vxlan', 'id', '1', 'dstport', '4789', 'local', '127.0.0.1'),
    missing: 'no vxlan (CONFIG_VXLAN)',
  },
  ipip: {
    programs: [],
    trial: trialLink('type', 'ipip', 'local', '127.0.0.1', 'remote', '127.0.0.2'),
    missing: 'no IPIP tunnels (CONFIG_NET_IPIP)',
  },
  dummy: { programs: [], trial: trialLink('type', 'dummy'), missing: 'no dummy devices (CONFIG_DUMMY)' },
  iptables: { programs: ['iptables-restore'], missing: 'no iptables' },
  ip6tables: { programs: ['ip6tables-restore'], missing: 'no ip6tables' },
  ipset: { programs: ['ipset'], trial: ['ipset', 'list', '-name'], missing: 'no ipset (CONFIG_IP_SET)' },
  nft: { programs: ['nft'], trial: ['nft', 'list', 'ruleset'], missing: 'no nftables (CONFIG_NF_TABLES)' },
  ipvs: { programs: ['ipvsadm'], trial: ['ipvsadm', '-Ln'], missing: 'no IPVS (CONFIG_IP_VS)' },
  br_netfilter: {
    programs: [],
    trial: ['cat', '/proc/sys/net/bridge/bridge-nf-call-iptables'],
    missing: 'no bridge netfilter: modprobe br_netfilter (CONFIG_BRIDGE_NETFILTER)',
  },
}

/** The needs in the order of the table, each with its requirement. */
export function requirementsOf(needs: ReadonlySet<LabNeed>): readonly Requirement[] {
  // The keys of the table are the needs.
  return (Object.keys(REQUIREMENTS) as LabNeed[]).filter(need => needs.has(need)).map(need => REQUIREMENTS[need])
}

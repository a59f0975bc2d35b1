/** How kube-proxy finds out whether a packet comes from a pod of this cluster (`--detect-local-mode`). */
export type LocalDetector =
  | { readonly mode: 'ClusterCIDR'; readonly cidrs: readonly string[] }
  /** The node's own pod CIDRs. */
  | { readonly mode: 'NodeCIDR' }
  | { readonly mode: 'BridgeInterface'; readonly name: string }
  | { readonly mode: 'InterfaceNamePrefix'; readonly prefix: string }
  | { readonly mode: 'None' }

/** What of KubeProxyConfiguration decides which rules are written. */
export interface KubeProxyConfig {
  readonly mode: 'iptables' | 'ipvs' | 'nftables' | 'userspace'
  /** Of iptables mode: `modern`, or `legacy` as Kubernetes 1.8 to 1.20 had it (KUBE-MARK-DROP, KUBE-XLB-, colon in hashes). */
  readonly version: 'modern' | 'legacy'
  /** Of IPVS mode (`--ipvs-scheduler`). */
  readonly ipvsScheduler: 'rr' | 'wrr' | 'lc' | 'wlc' | 'sh' | 'dh' | 'sed' | 'nq' | 'mh'
  /** Of IPVS mode: the node answers ARP for addresses of the asked device only (`--ipvs-strict-arp`). */
  readonly strictARP: boolean
  /** Of nftables mode: the ServiceCIDRs of the cluster, whose unallocated addresses are dropped. */
  readonly serviceCIDRs: readonly string[]
  readonly detectLocal: LocalDetector
  readonly masqueradeAll: boolean
  /** Bit of the packet mark: 14 is 0x4000. */
  readonly masqueradeBit: number
  readonly localhostNodePorts: boolean
  /** CIDRs of node addresses that accept NodePort traffic; empty for all. */
  readonly nodePortAddresses: readonly string[]
  /** sysctl nf_conntrack_tcp_be_liberal is on: INVALID packets are not dropped. */
  readonly conntrackTcpLiberal: boolean
  /**
   * `node`: the text as a node's kube-proxy hands it to iptables-restore (mark with eight digits, `--random-fully`, no nfacct
   * counters). `test`: as the upstream golden files have it.
   */
  readonly profile: 'node' | 'test'
}

export const DEFAULT_KUBE_PROXY: KubeProxyConfig = {
  mode: 'iptables',
  version: 'modern',
  ipvsScheduler: 'rr',
  strictARP: false,
  serviceCIDRs: [],
  detectLocal: { mode: 'None' },
  masqueradeAll: false,
  masqueradeBit: 14,
  localhostNodePorts: true,
  nodePortAddresses: [],
  conntrackTcpLiberal: false,
  profile: 'node',
}

/** What kube-proxy knows about the node it runs on. */
export interface ProxyNode {
  readonly name: string
  /** `status.addresses` of type InternalIP. */
  readonly ips: readonly string[]
  /** `topology.kubernetes.io/zone`. */
  readonly zone?: string
  readonly podCIDRs: readonly string[]
  /** Addresses of all its interfaces, for nodePortAddresses. */
  readonly interfaceAddresses: readonly string[]
}

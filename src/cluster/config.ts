import type { Taint } from '../controlplane/types/index.ts'
import type { KubeProxyConfig } from '../kubeproxy/index.ts'
import type { CniShape } from './cni-config.ts'

/** A node as the configuration names it; Node objects among the manifests win. */
export interface NodeShape {
  readonly name: string
  readonly role: 'control-plane' | 'worker'
  readonly internalIPs: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly taints: readonly Taint[]
  readonly podCIDRs: readonly string[]
}

/** The cluster's shape: `kind: Cluster` of kubehop.dev/v1alpha1, with all defaults filled in. */
export interface ClusterConfig {
  readonly name: string
  readonly kubernetesVersion: string
  readonly nodes: readonly NodeShape[]
  readonly networking: {
    /** One IPv4, one IPv6, or both. */
    readonly podSubnets: readonly string[]
    readonly serviceSubnets: readonly string[]
    readonly nodeSubnets: readonly string[]
    readonly dnsDomain: string
    /** MTU of the nodes' network cards, bytes. */
    readonly mtu: number
  }
  readonly cni: CniShape
  readonly kubeProxy: {
    readonly mode: KubeProxyConfig['mode']
    readonly ipvsScheduler: KubeProxyConfig['ipvsScheduler']
    readonly strictARP: boolean
    /** Of mode iptables. */
    readonly version: 'modern' | 'legacy'
    readonly masqueradeAll: boolean
    readonly masqueradeBit: number
    readonly localhostNodePorts: boolean
    /** As written: one or two CIDRs with a comma; empty turns the detection of local traffic off. */
    readonly clusterCIDR: string
    readonly nodePortAddresses: readonly string[]
    readonly tcpBeLiberal: boolean
  }
  /** sysctls that every node gets, beside what kubeadm, the network plugin and kube-proxy need. */
  readonly sysctls: Readonly<Record<string, string>>
  /** `dns.corefile`: kept for CoreDNS. */
  readonly corefile: string | undefined
  readonly dns: {
    /** So many writes to the store CoreDNS is behind. */
    readonly lag: number
    /** Whether CoreDNS's caches of the API are filled. */
    readonly synced: boolean
  }
  /** `kubelet.clusterDNS`; undefined: what the cluster's own objects say. */
  readonly clusterDNS: readonly string[] | undefined
}

import type { CalicoConfig, CalicoNodeIpam } from './calico/config.ts'
import type { CanalConfig } from './canal/config.ts'
import type { ConfigList } from './runtime/types.ts'

/** Flannel's `net-conf.json` and the flanneld flags that decide what a node looks like. */
export interface FlannelConfig {
  readonly name: 'flannel'
  readonly backend: FlannelBackend
  /** Pod networks of the cluster: one IPv4, one IPv6, or both. */
  readonly networks: readonly string[]
  /** `--ip-masq`. */
  readonly ipMasq: boolean
}

export type FlannelBackend =
  | { readonly Type: 'vxlan'; readonly VNI: number; readonly Port: number; readonly DirectRouting: boolean }
  | { readonly Type: 'host-gw' }

export type CniConfig = FlannelConfig | CalicoConfig | CanalConfig

/** What a network plugin's agent needs to know of a node. */
export interface CniNode {
  readonly name: string
  readonly podCIDRs: readonly string[]
  /** Address by which the other nodes reach it, one for each family it has. */
  readonly publicIPs: readonly string[]
  /** Device with the public address, and its MTU. */
  readonly device: string
  readonly mtu: number
  /** Its routers, one for each family that has one. */
  readonly gateways: readonly string[]
  /** On-link networks of that device: peers inside them need no tunnel with DirectRouting. */
  readonly onLink: readonly string[]
  /** `flannel.alpha.coreos.com/backend-data`, when the Node object carries it. */
  readonly vtepMac?: string
  /** What calico-ipam keeps about it; only with Calico's own pod network. */
  readonly ipam?: CalicoNodeIpam
}

/** flannel's own configuration list (`/etc/cni/net.d/10-flannel.conflist`). */
export const FLANNEL_CONFLIST: ConfigList = {
  cniVersion: '0.3.1',
  name: 'cbr0',
  plugins: [
    { type: 'flannel', delegate: { hairpinMode: true, isDefaultGateway: true } },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
}

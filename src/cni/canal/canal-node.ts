import type { CniNode } from '../config.ts'
import { flannelMtu } from '../flannel/flanneld.ts'
import type { ConfigList } from '../runtime/types.ts'
import type { CanalConfig } from './config.ts'

/**
 * `/etc/cni/net.d/10-canal.conflist`: Calico's plugin with addresses of the node's own pod subnet (`usePodCidr`), since there is no
 * calico-ipam. The way to other nodes is flannel's.
 */
export function canalConflist(config: CanalConfig, node: CniNode): ConfigList {
  return {
    cniVersion: '0.3.1',
    name: 'k8s-pod-network',
    plugins: [
      {
        type: 'calico',
        log_level: 'info',
        datastore_type: 'kubernetes',
        nodename: node.name,
        mtu: flannelMtu(config.flannel, node),
        ipam: { type: 'host-local', ranges: node.podCIDRs.map(subnet => [{ subnet }]) },
        policy: { type: 'k8s' },
      },
      { type: 'portmap', snat: true, capabilities: { portMappings: true } },
    ],
  }
}

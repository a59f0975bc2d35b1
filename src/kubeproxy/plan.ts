import type { Snapshot } from '../controlplane/snapshot.ts'
import type { KubeProxyConfig, ProxyNode } from './config.ts'
import { collectEndpoints, type EndpointsMap } from './endpoints.ts'
import { jumpRules } from './iptables/jump-rules.ts'
import { legacyJumpRules } from './iptables/legacy/jump-rules.ts'
import { syncLegacyRules } from './iptables/legacy/sync.ts'
import { syncProxyRules, usesLocalhostNodePorts } from './iptables/sync.ts'
import { type ServicePortInfo, servicePorts } from './service-port.ts'

/** What kube-proxy leaves on a node. */
export interface KubeProxyPlan {
  /** `iptables-restore --noflush` inputs, in order. */
  readonly iptables: readonly { readonly family: 4 | 6; readonly text: string }[]
  readonly sysctls: readonly (readonly [name: string, value: string])[]
}

/** The part of a plan that is the same on every node of a snapshot: share it between the nodes. */
export interface ProxyState {
  readonly services: Readonly<Record<4 | 6, readonly ServicePortInfo[]>>
  readonly endpoints: Readonly<Record<4 | 6, EndpointsMap>>
}

export function proxyState(snapshot: Snapshot): ProxyState {
  return {
    services: { 4: servicePorts(snapshot.services, 4), 6: servicePorts(snapshot.services, 6) },
    endpoints: { 4: collectEndpoints(snapshot.endpointSlices, 4), 6: collectEndpoints(snapshot.endpointSlices, 6) },
  }
}

/** A full sync on a clean node, for the families that the cluster has. */
export function planKubeProxy(
  state: ProxyState,
  node: ProxyNode,
  config: KubeProxyConfig,
  families: readonly (4 | 6)[],
): KubeProxyPlan {
  const legacy = config.version === 'legacy'
  const jumps = legacy ? legacyJumpRules() : jumpRules()
  const writeRules = legacy ? syncLegacyRules : syncProxyRules
  const iptables = families.flatMap(family => {
    const sync = writeRules({
      family,
      config,
      node,
      services: state.services[family],
      endpoints: state.endpoints[family],
      changed: null,
      existingNatChains: [],
    })
    return [
      { family, text: jumps },
      { family, text: sync },
    ]
  })
  const localnet = families.includes(4) && (legacy || usesLocalhostNodePorts(config, node, 4))
  return { iptables, sysctls: localnet ? [['net.ipv4.conf.all.route_localnet', '1']] : [] }
}

import type { KubeProxyConfig, ProxyNode } from '../config.ts'
import type { EndpointInfo } from '../endpoints.ts'
import { localTrafficMatch } from '../local-detector.ts'
import { externallyAccessible, type ServicePortInfo } from '../service-port.ts'
import { categorizeEndpoints } from '../topology.ts'

/** What one kind of traffic to a service port gets on one node. */
export interface TrafficShare {
  /** `cluster IP`, `external addresses, from outside`, … */
  readonly traffic: string
  /** Endpoints with equal shares: of n each gets 1/n. Empty: nobody does. */
  readonly endpoints: readonly string[]
  /** What happens without endpoints: `REJECT` (refused), `DROP` (no answer). Null with endpoints. */
  readonly refused: 'REJECT' | 'DROP' | null
}

/**
 * Who gets how much of the traffic to a service port that arrives at, or starts on, this node. External addresses are external
 * IPs, load balancer VIPs and node ports. The random rules of iptables reach 1/n within 2⁻³¹; IPVS and userspace mode take turns.
 */
export function trafficShares(
  info: ServicePortInfo,
  endpoints: readonly EndpointInfo[],
  node: ProxyNode,
  config: KubeProxyConfig,
  family: 4 | 6,
): readonly TrafficShare[] {
  const older = config.mode === 'userspace' || (config.mode === 'iptables' && config.version === 'legacy')
  if (older) return olderShares(info, endpoints, node, config)
  const categories = categorizeEndpoints(info, endpoints, node.name, node.zone)
  const share = (traffic: string, policyLocal: boolean): TrafficShare => {
    const fallsBack = config.mode === 'ipvs' && categories.local.length === 0
    const chosen = policyLocal && !fallsBack ? categories.local : categories.cluster
    const none = config.mode === 'ipvs' || !categories.hasAny ? 'REJECT' : 'DROP'
    return { traffic, endpoints: texts(chosen), refused: chosen.length === 0 ? none : null }
  }
  const shares = [share('cluster IP', info.internalPolicyLocal)]
  if (!externallyAccessible(info)) return shares
  const { externalPolicyLocal } = info
  if (!externalPolicyLocal || config.mode === 'ipvs') {
    shares.push(share('external addresses', externalPolicyLocal))
    return shares
  }
  shares.push(share('external addresses, from outside', true), share('external addresses, from this node', false))
  const detects = localTrafficMatch(config, node, family) !== null
  shares.push(share('external addresses, from pods', !detects))
  return shares
}

function olderShares(
  info: ServicePortInfo,
  endpoints: readonly EndpointInfo[],
  node: ProxyNode,
  config: KubeProxyConfig,
): readonly TrafficShare[] {
  const ready = endpoints.filter(endpoint => endpoint.ready)
  const local = ready.filter(({ nodeName }) => nodeName === node.name)
  const share = (traffic: string, chosen: readonly EndpointInfo[]): TrafficShare => ({
    traffic,
    endpoints: texts(chosen),
    refused: chosen.length > 0 ? null : ready.length > 0 ? 'DROP' : 'REJECT',
  })
  if (!externallyAccessible(info)) return [share('cluster IP', ready)]
  const keepsLocal = info.externalPolicyLocal && config.mode === 'iptables'
  return [share('cluster IP', ready), share('external addresses, from outside', keepsLocal ? local : ready)]
}

function texts(endpoints: readonly EndpointInfo[]): readonly string[] {
  return endpoints.map(endpoint => endpoint.text)
}

import type { EndpointInfo } from './endpoints.ts'
import { compare, type ServicePortInfo, usesClusterEndpoints, usesLocalEndpoints } from './service-port.ts'

/** Which endpoints of a service port this node sends to (CategorizeEndpoints, pkg/proxy/topology.go). */
export interface CategorizedEndpoints {
  /** For policy Cluster. */
  readonly cluster: readonly EndpointInfo[]
  /** For policy Local: those on this node. */
  readonly local: readonly EndpointInfo[]
  /** All that some rule may send to: they get a KUBE-SEP chain. */
  readonly reachable: readonly EndpointInfo[]
  /** Whether the Service has any usable endpoint anywhere: decides REJECT against DROP. */
  readonly hasAny: boolean
}

export function categorizeEndpoints(
  info: ServicePortInfo,
  endpoints: readonly EndpointInfo[],
  nodeName: string,
  zone: string | undefined,
): CategorizedEndpoints {
  const usesCluster = usesClusterEndpoints(info)
  const usesLocal = usesLocalEndpoints(info)
  const hinted = topologyFilter(endpoints, nodeName, zone)

  let cluster: EndpointInfo[] = []
  let fellBack = false
  if (usesCluster) {
    cluster = endpoints.filter(endpoint => endpoint.ready && (hinted === null || hinted(endpoint)))
    if (cluster.length === 0) {
      // Nothing ready: endpoints that are terminating but still serve are better than nothing, wherever they are.
      cluster = endpoints.filter(servesWhileTerminating)
      fellBack = cluster.length > 0
    }
  }
  if (!usesLocal) return { cluster, local: [], reachable: cluster, hasAny: cluster.length > 0 }

  const onNode = endpoints.filter(endpoint => endpoint.nodeName !== undefined && endpoint.nodeName === nodeName)
  let local = onNode.filter(endpoint => endpoint.ready)
  if (local.length === 0) {
    local = onNode.filter(servesWhileTerminating)
    if (local.length > 0) fellBack = true
  }
  const hasAny = cluster.length > 0 || endpoints.some(e => e.ready || servesWhileTerminating(e))
  if (!usesCluster) return { cluster, local, reachable: local, hasAny }
  if (hinted === null && !fellBack) return { cluster, local, reachable: cluster, hasAny }
  const union = new Map([...cluster, ...local].map(endpoint => [endpoint.text, endpoint]))
  return { cluster, local, reachable: [...union.values()].sort((a, b) => compare(a.text, b.text)), hasAny }
}

function servesWhileTerminating(endpoint: EndpointInfo): boolean {
  return endpoint.serving && endpoint.terminating
}

/**
 * The filter that topology hints ask for: same node, else same zone. Hints count only when every ready endpoint has them and
 * one of them names this node or zone.
 */
function topologyFilter(
  endpoints: readonly EndpointInfo[],
  nodeName: string,
  zone: string | undefined,
): ((endpoint: EndpointInfo) => boolean) | null {
  const ready = endpoints.filter(endpoint => endpoint.ready)
  if (ready.length === 0) return null
  const forNode = (endpoint: EndpointInfo): boolean => endpoint.nodeHints.includes(nodeName)
  if (ready.every(endpoint => endpoint.nodeHints.length > 0) && ready.some(forNode)) return forNode
  if (zone === undefined) return null
  const forZone = (endpoint: EndpointInfo): boolean => endpoint.zoneHints.includes(zone)
  return ready.every(endpoint => endpoint.zoneHints.length > 0) && ready.some(forZone) ? forZone : null
}

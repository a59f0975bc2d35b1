import type { Snapshot } from '../snapshot.ts'
import type { Endpoint, EndpointSlice, IpFamily, Node, Pod, Service, ServicePort } from '../types/index.ts'
import { isFinished, isReady, isTerminating, podAddresses } from './pod-state.ts'

export type SlicePorts = NonNullable<EndpointSlice['ports']>

/** Endpoints of one family that share their port numbers, and so can share a slice. */
export interface PortGroup {
  readonly ports: SlicePorts
  readonly endpoints: readonly Endpoint[]
}

const ZONE = 'topology.kubernetes.io/zone'

/** Whether a pod can be an endpoint at all (endpointslice/utils.go ShouldPodBeInEndpoints). Terminating ones can. */
export function canBeEndpoint(pod: Pod): boolean {
  return !isFinished(pod) && podAddresses(pod).length > 0
}

/** The endpoints of a Service in one family, by their resolved ports, in the order of the pods. */
export function portGroups(
  snapshot: Snapshot,
  service: Service,
  pods: readonly Pod[],
  family: IpFamily,
): readonly PortGroup[] {
  const groups = new Map<string, { ports: SlicePorts; endpoints: Endpoint[] }>()
  for (const pod of pods) {
    if (!canBeEndpoint(pod)) continue
    const node = snapshot.get('Node', undefined, pod.spec.nodeName ?? '') as Node | undefined
    if (node === undefined && service.spec.publishNotReadyAddresses !== true) continue
    const address = podAddresses(pod).find(ip => ip.includes(':') === (family === 'IPv6'))
    if (address === undefined) continue
    const ports = resolvePorts(service, pod)
    const key = JSON.stringify(ports)
    let group = groups.get(key)
    if (group === undefined) {
      group = { ports, endpoints: [] }
      groups.set(key, group)
    }
    group.endpoints.push(toEndpoint(service, pod, node, address))
  }
  return [...groups.values()]
}

/** A named port that the pod does not have is left out. A headless Service may have no ports at all. */
export function resolvePorts(service: Service, pod: Pod): SlicePorts {
  const result: SlicePorts[number][] = []
  for (const port of service.spec.ports ?? []) {
    const number = targetPort(port, pod)
    if (number === undefined) continue
    const appProtocol = port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }
    result.push({ name: port.name ?? '', port: number, protocol: port.protocol ?? 'TCP', ...appProtocol })
  }
  return result
}

/** A number as it is; a name is looked up with its protocol among the containers, then the sidecars. */
export function targetPort({ targetPort: target, port, protocol = 'TCP' }: ServicePort, pod: Pod): number | undefined {
  if (typeof target !== 'string') return target ?? port
  const sidecars = (pod.spec.initContainers ?? []).filter(one => one.restartPolicy === 'Always')
  for (const { ports } of [...(pod.spec.containers ?? []), ...sidecars]) {
    const found = ports?.find(one => one.name === target && (one.protocol ?? 'TCP') === protocol)
    if (found !== undefined) return found.containerPort
  }
  return undefined
}

function toEndpoint(service: Service, pod: Pod, node: Node | undefined, address: string): Endpoint {
  const serving = isReady(pod)
  const terminating = isTerminating(pod)
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating)
  const { name, namespace, uid } = pod.metadata
  const { nodeName, hostname, subdomain } = pod.spec
  const zone = node?.metadata.labels?.[ZONE]
  return {
    addresses: [address],
    conditions: { ready, serving, terminating },
    ...(hostname !== undefined && subdomain === service.metadata.name ? { hostname } : {}),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(zone === undefined ? {} : { zone }),
    targetRef: {
      kind: 'Pod',
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
    },
    ...hintsFor(service, zone, nodeName),
  }
}

/** KEP-4444, KEP-3015: the zone, or also the node, that should use an endpoint. */
function hintsFor({ spec }: Service, zone: string | undefined, nodeName: string | undefined): Pick<Endpoint, 'hints'> {
  const distribution = spec.trafficDistribution
  const zones = zone === undefined ? {} : { forZones: [{ name: zone }] }
  if (distribution === 'PreferClose' || distribution === 'PreferSameZone') {
    return zone === undefined ? {} : { hints: zones }
  }
  if (distribution === 'PreferSameNode' && nodeName !== undefined) {
    return { hints: { ...zones, forNodes: [{ name: nodeName }] } }
  }
  return {}
}

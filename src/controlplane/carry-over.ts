import type { KubeObject, Node, Pod, Service, ServicePort } from './types/index.ts'

/**
 * The new form of an object that exists already, with what the system had filled in and the new text does not mention: where a
 * pod runs, its addresses, ClusterIPs, node ports, podCIDRs, status. `kubectl apply` keeps these too.
 */
export function carryOver(before: KubeObject, after: KubeObject): KubeObject {
  const metadata = {
    ...(before.metadata.ownerReferences === undefined ? {} : { ownerReferences: before.metadata.ownerReferences }),
    ...after.metadata,
  }
  const next = { ...after, metadata }
  switch (after.kind) {
    case 'Pod':
      return pod(before as Pod, next as Pod)
    case 'Service':
      return service(before as Service, next as Service)
    case 'Node':
      return node(before as Node, next as Node)
    default:
      return 'status' in before && !('status' in after) ? ({ ...next, status: before.status } as KubeObject) : next
  }
}

/** Readiness is told anew: what the new text says of it must count. */
function pod(before: Pod, after: Pod): Pod {
  const nodeName = after.spec.nodeName ?? before.spec.nodeName
  const { conditions, ...kept } = before.status ?? {}
  const scheduled = (conditions ?? []).filter(one => one.type === 'PodScheduled')
  return {
    ...after,
    spec: { ...after.spec, ...(nodeName === undefined ? {} : { nodeName }) },
    status: after.status ?? { ...kept, conditions: scheduled },
  }
}

function service(before: Service, after: Service): Service {
  if (before.spec.type === 'ExternalName' || after.spec.type === 'ExternalName') return after
  const { clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy, healthCheckNodePort } = before.spec
  const addressed = after.spec.clusterIP !== undefined || after.spec.clusterIPs !== undefined
  const exposed = after.spec.type === 'NodePort' || after.spec.type === 'LoadBalancer'
  const ports = after.spec.ports?.map(port => (exposed ? withNodePort(port, before.spec.ports ?? []) : port))
  const addresses = addressed ? {} : defined({ clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy })
  const health = exposed ? defined({ healthCheckNodePort }) : {}
  const status = after.status ?? before.status
  return {
    ...after,
    spec: { ...addresses, ...health, ...after.spec, ...defined({ ports }) },
    ...defined({ status }),
  } as Service
}

function withNodePort(port: ServicePort, before: readonly ServicePort[]): ServicePort {
  if ((port.nodePort ?? 0) !== 0) return port
  const twin = before.find(one => one.port === port.port && one.protocol === port.protocol)
  return twin?.nodePort === undefined ? port : { ...port, nodePort: twin.nodePort }
}

function node(before: Node, after: Node): Node {
  const { podCIDR, podCIDRs } = before.spec
  const labels = { ...before.metadata.labels, ...after.metadata.labels }
  return {
    ...after,
    metadata: { ...after.metadata, labels },
    spec: { ...defined({ podCIDR, podCIDRs }), ...after.spec },
    ...defined({ status: after.status ?? before.status }),
  } as Node
}

function defined<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>
}

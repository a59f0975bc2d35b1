import type { Service, ServicePort } from '../types/index.ts'

/** What the API server fills into a Service before it gives out addresses (pkg/apis/core/v1/defaults.go). */
export function defaultService(service: Service): Service {
  const { spec } = service
  if (spec === undefined) return service
  const type = spec.type ?? 'ClusterIP'
  const sessionAffinity = spec.sessionAffinity ?? 'None'
  const exposed = type === 'NodePort' || type === 'LoadBalancer' || (spec.externalIPs ?? []).length > 0
  return {
    ...service,
    spec: {
      ...spec,
      type,
      sessionAffinity,
      ...(spec.ports === undefined ? {} : { ports: spec.ports.map(defaultPort) }),
      ...(sessionAffinity === 'ClientIP' ? affinityConfig(spec.sessionAffinityConfig) : {}),
      ...(exposed && (spec.externalTrafficPolicy ?? '') === '' ? { externalTrafficPolicy: 'Cluster' as const } : {}),
      ...(type !== 'ExternalName' ? { internalTrafficPolicy: spec.internalTrafficPolicy ?? ('Cluster' as const) } : {}),
      ...(type === 'LoadBalancer' ? { allocateLoadBalancerNodePorts: spec.allocateLoadBalancerNodePorts ?? true } : {}),
    },
    ...loadBalancerStatus(service),
  }
}

function defaultPort(port: ServicePort): ServicePort {
  const target = port.targetPort
  return {
    ...port,
    protocol: port.protocol ?? 'TCP',
    targetPort: target === undefined || target === 0 || target === '' ? port.port : target,
  }
}

function affinityConfig(
  config: Service['spec']['sessionAffinityConfig'],
): Pick<Service['spec'], 'sessionAffinityConfig'> {
  return { sessionAffinityConfig: { ...config, clientIP: { timeoutSeconds: 10_800, ...config?.clientIP } } }
}

/** An address of a load balancer without `ipMode` is a VIP (KEP-1860). */
function loadBalancerStatus({ status }: Service): Pick<Service, 'status'> | Record<string, never> {
  const ingress = status?.loadBalancer?.ingress
  if (ingress === undefined) return {}
  const filled = ingress.map(one =>
    one.ip === undefined || one.ipMode !== undefined ? one : { ...one, ipMode: 'VIP' as const },
  )
  return { status: { ...status, loadBalancer: { ...status?.loadBalancer, ingress: filled } } }
}

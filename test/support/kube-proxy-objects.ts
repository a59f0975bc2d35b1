import type { EndpointSlice, Protocol, Service } from '../../src/controlplane/types/index.ts'
import {
  collectEndpoints,
  DEFAULT_KUBE_PROXY,
  type KubeProxyConfig,
  type ProxyNode,
  servicePorts,
  syncNftables,
  syncProxyRules,
} from '../../src/kubeproxy/index.ts'

/** A Service in the short form of the case table. */
export interface CaseService {
  readonly namespace: string
  readonly name: string
  readonly type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer'
  readonly clusterIP: string
  readonly ports: readonly {
    readonly name?: string
    readonly port: number
    readonly protocol?: Protocol
    readonly nodePort?: number
  }[]
  readonly externalIPs?: readonly string[]
  readonly externalTrafficPolicy?: 'Cluster' | 'Local'
  readonly internalTrafficPolicy?: 'Cluster' | 'Local'
  readonly loadBalancerSourceRanges?: readonly string[]
  readonly healthCheckNodePort?: number
  readonly sessionAffinity?: 'ClientIP' | 'None'
  readonly timeoutSeconds?: number
  readonly ingress?: readonly { readonly ip: string; readonly ipMode?: 'VIP' | 'Proxy' }[]
}

export interface CaseSlice {
  readonly namespace: string
  readonly service: string
  readonly addressType?: 'IPv4' | 'IPv6'
  readonly ports: readonly { readonly name?: string; readonly port?: number; readonly protocol?: Protocol }[]
  readonly endpoints: readonly {
    readonly ip: string
    readonly nodeName?: string
    readonly conditions?: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean }
  }[]
}

export interface CaseConfig {
  readonly family: 'IPv4' | 'IPv6'
  readonly nodeName: string
  readonly nodeIP: string
  readonly nodeInterfaces: Readonly<Record<string, readonly string[]>>
  readonly localIPs: readonly string[]
  readonly localDetector: { readonly mode: string; readonly cidr: string } | null
  readonly masqueradeAll: boolean
  readonly localhostNodePorts: boolean
  readonly nodePortAddresses: readonly string[] | null
}

export function serviceObject(entry: CaseService): Service {
  const { namespace, name, timeoutSeconds, ingress, ...spec } = entry
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace, name },
    spec: {
      ...spec,
      ...(timeoutSeconds === undefined ? {} : { sessionAffinityConfig: { clientIP: { timeoutSeconds } } }),
    },
    ...(ingress === undefined ? {} : { status: { loadBalancer: { ingress } } }),
  }
}

export function sliceObject(entry: CaseSlice, index: number): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace: entry.namespace,
      name: `${entry.service}-${index}`,
      labels: { 'kubernetes.io/service-name': entry.service },
    },
    addressType: entry.addressType ?? 'IPv4',
    ports: entry.ports,
    endpoints: entry.endpoints.map(({ ip, nodeName, conditions }) => ({
      addresses: [ip],
      ...(nodeName === undefined ? {} : { nodeName }),
      ...(conditions === undefined ? {} : { conditions }),
    })),
  }
}

/** The text of one sync for objects in the short form, with the upstream tests' fixture (profile `test`). */
export function syncCase(
  services: readonly CaseService[],
  slices: readonly CaseSlice[],
  config: CaseConfig,
  sync: { readonly changed?: ReadonlySet<string>; readonly existingNatChains?: readonly string[] } = {},
): string {
  const { family, proxy, node } = upstreamSetup(config)
  return syncProxyRules({
    family,
    config: proxy,
    node,
    services: servicePorts(services.map(serviceObject), family),
    endpoints: collectEndpoints(slices.map(sliceObject), family),
    changed: sync.changed ?? null,
    existingNatChains: sync.existingNatChains ?? [],
  })
}

/** The same in nftables mode. */
export function syncNftCase(
  services: readonly CaseService[],
  slices: readonly CaseSlice[],
  config: CaseConfig,
  serviceCIDRs: readonly string[] = [],
): string {
  const { family, proxy, node } = upstreamSetup(config)
  return syncNftables({
    family,
    config: { ...proxy, serviceCIDRs },
    node,
    services: servicePorts(services.map(serviceObject), family),
    endpoints: collectEndpoints(slices.map(sliceObject), family),
  })
}

/** The upstream tests' fixture. */
function upstreamSetup(config: CaseConfig): {
  readonly family: 4 | 6
  readonly proxy: KubeProxyConfig
  readonly node: ProxyNode
} {
  const family = config.family === 'IPv6' ? 6 : 4
  const proxy: KubeProxyConfig = {
    ...DEFAULT_KUBE_PROXY,
    profile: 'test',
    masqueradeAll: config.masqueradeAll,
    localhostNodePorts: config.localhostNodePorts,
    nodePortAddresses: config.nodePortAddresses ?? [],
    detectLocal:
      config.localDetector === null ? { mode: 'None' } : { mode: 'ClusterCIDR', cidrs: [config.localDetector.cidr] },
  }
  const node: ProxyNode = {
    name: config.nodeName,
    ips: [config.nodeIP],
    podCIDRs: [],
    interfaceAddresses: Object.values(config.nodeInterfaces)
      .flat()
      .map(cidr => cidr.replace(/\/.*/, '')),
  }
  return { family, proxy, node }
}

import fc from 'fast-check'
import type { EndpointSlice, Service } from '../../../src/controlplane/types/index.ts'
import {
  collectEndpoints,
  DEFAULT_KUBE_PROXY,
  type KubeProxyConfig,
  type ProxyState,
  planKubeProxy,
  servicePorts,
} from '../../../src/kubeproxy/index.ts'
import type { IptablesInput } from '../../../src/netns/config.ts'
import type { Topology } from './topology.ts'
import { EXTERNAL_VIP, nodeIp, POD_NETWORK, POD_PORT, podIp, sometimes, VIPS } from './universe.ts'

/** Services of a cluster and how its kube-proxy is configured. */
export interface Services {
  readonly services: readonly RandomService[]
  readonly localDetection: boolean
  readonly masqueradeAll: boolean
  readonly localhostNodePorts: boolean
}

interface RandomService {
  readonly protocol: 'TCP' | 'UDP'
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer'
  /** Pairs of node and pod; those that do not exist are endpoints without a pod. */
  readonly endpoints: readonly (readonly [node: number, pod: number])[]
  readonly targetPort: number
  readonly affinity: boolean
  readonly external: 'Cluster' | 'Local'
  readonly internal: 'Cluster' | 'Local'
  readonly externalIP: boolean
  readonly ranges: readonly string[] | undefined
  readonly terminating: boolean
}

export const services: fc.Arbitrary<Services> = fc.record({
  services: fc.array(
    fc.record({
      protocol: fc.constantFrom('TCP', 'UDP'),
      type: fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer'),
      endpoints: fc.uniqueArray(fc.tuple(fc.constantFrom(1, 2, 3), fc.constantFrom(1, 2, 3)), {
        maxLength: 3,
        selector: String,
      }),
      targetPort: fc.constantFrom(POD_PORT, POD_PORT, POD_PORT, 9),
      affinity: fc.constantFrom(false, false, true),
      external: fc.constantFrom('Cluster', 'Cluster', 'Local'),
      internal: fc.constantFrom('Cluster', 'Cluster', 'Local'),
      externalIP: fc.constantFrom(false, false, true),
      ranges: sometimes(fc.constantFrom(['10.0.0.0/24'], ['203.0.113.0/24']), 0.2),
      terminating: fc.constantFrom(false, false, false, true),
    }),
    { minLength: 1, maxLength: VIPS.length },
  ),
  localDetection: fc.boolean(),
  masqueradeAll: fc.constantFrom(false, false, false, true),
  localhostNodePorts: fc.boolean(),
})

/** What kube-proxy leaves on a node: rules and settings. */
export function proxyOf(
  { services: list, localDetection, masqueradeAll, localhostNodePorts }: Services,
  topology: Topology,
  node: number,
): { readonly iptables: readonly IptablesInput[]; readonly sysctls: readonly (readonly [string, string])[] } {
  const objects = list.map(serviceObject)
  const slices = list.map((service, i) => sliceObject(service, i, topology))
  const state: ProxyState = {
    services: { 4: servicePorts(objects, 4), 6: [] },
    endpoints: { 4: collectEndpoints(slices, 4), 6: new Map() },
  }
  const config: KubeProxyConfig = {
    ...DEFAULT_KUBE_PROXY,
    detectLocal: localDetection ? { mode: 'ClusterCIDR', cidrs: [POD_NETWORK] } : { mode: 'None' },
    masqueradeAll,
    localhostNodePorts,
  }
  const ip = nodeIp(node, topology.routed)
  const plan = planKubeProxy(
    state,
    {
      name: `n${node}`,
      ips: [ip],
      podCIDRs: [`10.244.${node}.0/24`],
      interfaceAddresses: ['127.0.0.1', ip, `10.244.${node}.1`],
    },
    config,
    [4],
  )
  return {
    iptables: plan.iptables.map(({ family, text }) => ({ family, text, source: 'kube-proxy' })),
    sysctls: plan.sysctls,
  }
}

function serviceObject(service: RandomService, index: number): Service {
  const name = `s${index}`
  const open = service.type !== 'ClusterIP'
  const balanced = service.type === 'LoadBalancer'
  const vip = VIPS[index] ?? '10.96.0.99'
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'default', name },
    spec: {
      type: service.type,
      clusterIP: vip,
      clusterIPs: [vip],
      ports: [
        {
          port: 80,
          protocol: service.protocol,
          targetPort: service.targetPort,
          ...(open ? { nodePort: 30080 + index } : {}),
        },
      ],
      internalTrafficPolicy: service.internal,
      ...(open || service.externalIP ? { externalTrafficPolicy: service.external } : {}),
      ...(service.externalIP ? { externalIPs: [EXTERNAL_VIP] } : {}),
      ...(service.affinity ? { sessionAffinity: 'ClientIP' } : {}),
      ...(balanced && service.ranges !== undefined ? { loadBalancerSourceRanges: service.ranges } : {}),
    },
    ...(balanced ? { status: { loadBalancer: { ingress: [{ ip: `192.0.2.${90 + index}` }] } } } : {}),
  }
}

function sliceObject(service: RandomService, index: number, topology: Topology): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'default', name: `s${index}-0`, labels: { 'kubernetes.io/service-name': `s${index}` } },
    addressType: 'IPv4',
    ports: [{ port: service.targetPort, protocol: service.protocol }],
    endpoints: service.endpoints
      .filter(([node]) => node <= topology.pods.length)
      .map(([node, pod]) => ({
        addresses: [podIp(node, pod)],
        nodeName: `n${node}`,
        conditions: { ready: !service.terminating, serving: true, terminating: service.terminating },
      })),
  }
}

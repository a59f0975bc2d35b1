import {
  DEFAULT_KUBE_PROXY,
  type EndpointInfo,
  endpointsKey,
  IptablesSyncer,
  type KubeProxyConfig,
  type KubeProxyPlan,
  NftablesSyncer,
  type ProxyNode,
  type ProxyState,
  planKubeProxy,
  type ServicePortInfo,
  syncProxyRules,
} from '../../kubeproxy/index.ts'
import { World } from '../../netns/index.ts'
import type { Benchmark, Prepared } from './benchmark.ts'

const ENDPOINTS = 10
const SIZES = [1000, 10_000]
const NODE: ProxyNode = {
  name: 'worker-1',
  ips: ['192.168.0.11'],
  podCIDRs: ['10.244.1.0/24'],
  interfaceAddresses: ['192.168.0.11'],
}

/** kube-proxy's own work: all rules of so many Services with ten endpoints each, one changed endpoint, and reading the text. */
export const KUBE_PROXY_BENCHMARKS: readonly Benchmark[] = [
  full('kube-proxy-full-iptables', 'iptables'),
  full('kube-proxy-full-ipvs', 'ipvs'),
  full('kube-proxy-full-nftables', 'nftables'),
  change('kube-proxy-one-endpoint', IptablesSyncer),
  change('kube-proxy-one-endpoint-nftables', NftablesSyncer),
  { name: 'kube-proxy-load-text', unit: 'loads', sizes: SIZES, times: 1, prepare: prepareLoad },
]

function full(name: string, mode: KubeProxyConfig['mode']): Benchmark {
  return {
    name,
    unit: 'syncs',
    sizes: SIZES,
    times: 1,
    prepare(size): Prepared {
      const state = benchProxyState(size)
      return {
        run(times) {
          for (let i = 0; i < times; i++) planBench(state, mode)
        },
      }
    },
  }
}

/** All that kube-proxy leaves on the bench's node. */
export function planBench(state: ProxyState, mode: KubeProxyConfig['mode']): KubeProxyPlan {
  return planKubeProxy(state, NODE, configOf(mode), [4])
}

/** What differs is found, and a partial sync written, by a kube-proxy that has written everything before. */
function change(name: string, syncerOf: typeof IptablesSyncer | typeof NftablesSyncer): Benchmark {
  return {
    name,
    unit: 'syncs',
    sizes: SIZES,
    times: 1,
    prepare(size): Prepared {
      const before = benchProxyState(size)
      const endpoints = new Map(before.endpoints[4])
      const [key] = endpoints.keys()
      if (key !== undefined) endpoints.set(key, (endpoints.get(key) ?? []).slice(1))
      const after: ProxyState = { ...before, endpoints: { 4: endpoints, 6: new Map() } }
      const syncer = new syncerOf(configOf('iptables'), NODE, 4)
      let now = 0
      syncer.sync(before, now)
      return {
        run(times) {
          for (let i = 0; i < times; i++) {
            now++
            const { changed } = syncer.sync(now % 2 === 1 ? after : before, now)
            if (changed.length !== 1) throw new Error(`${changed.length} Services changed`)
          }
        },
      }
    },
  }
}

function prepareLoad(size: number): Prepared {
  const text = write(benchProxyState(size))
  return {
    run(times) {
      for (let i = 0; i < times; i++) {
        const { netfilter } = new World().createNamespace('node')
        netfilter.restore(4, text)
        if (netfilter.tables(4).length !== 2) throw new Error('the rules were not loaded')
      }
    },
  }
}

function write(state: ProxyState): string {
  const input = { family: 4 as const, config: configOf('iptables'), node: NODE, changed: null, existingNatChains: [] }
  return syncProxyRules({ ...input, services: state.services[4], endpoints: state.endpoints[4] })
}

function configOf(mode: KubeProxyConfig['mode']): KubeProxyConfig {
  return { ...DEFAULT_KUBE_PROXY, mode, detectLocal: { mode: 'ClusterCIDR', cidrs: ['10.244.0.0/16'] } }
}

/** So many Services with ten endpoints each. */
export function benchProxyState(size: number): ProxyState {
  const services: ServicePortInfo[] = []
  const endpoints = new Map<string, readonly EndpointInfo[]>()
  for (let i = 0; i < size; i++) {
    const name = `service-${i}`
    services.push({
      namespace: 'default',
      name,
      portName: 'http',
      id: `default/${name}:http`,
      protocol: 'tcp',
      clusterIP: `10.96.${i >> 8}.${i & 255}`,
      port: 80,
      nodePort: 0,
      externalIPs: [],
      loadBalancerVIPs: [],
      sourceRanges: [],
      externalPolicyLocal: false,
      internalPolicyLocal: false,
      healthCheckNodePort: 0,
      affinitySeconds: 0,
    })
    endpoints.set(endpointsKey('default', name, 'http', 'tcp'), endpointsOf(i))
  }
  return { services: { 4: services, 6: [] }, endpoints: { 4: endpoints, 6: new Map() } }
}

function endpointsOf(service: number): EndpointInfo[] {
  return Array.from({ length: ENDPOINTS }, (_, e) => {
    const n = service * ENDPOINTS + e
    const ip = `10.${100 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`
    const flags = { ready: true, serving: true, terminating: false, zoneHints: [], nodeHints: [] }
    return { ip, port: 8080, text: `${ip}:8080`, nodeName: undefined, ...flags }
  })
}

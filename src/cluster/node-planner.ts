import { type CniNode, type CniPod, FelixData, planNodeNetwork } from '../cni/index.ts'
import type { Snapshot } from '../controlplane/snapshot.ts'
import type { Node, Pod } from '../controlplane/types/index.ts'
import { isNodeCache, type NodeCachePlan, nodeCacheOn, planNodeCache } from '../dns/index.ts'
import {
  DEFAULT_KUBE_PROXY,
  type KubeProxyConfig,
  type KubeProxyPlan,
  type ProxyNode,
  type ProxyState,
  planKubeProxy,
  proxyState,
} from '../kubeproxy/index.ts'
import type { IptablesInput, ListenerConfig, NamespaceConfig } from '../netns/config.ts'
import { RuleTexts } from '../netns/index.ts'
import { cniConfig } from './cni-config.ts'
import type { ClusterConfig } from './config.ts'
import { podListeners } from './listeners.ts'
import type { PodIpam } from './pod-ipam.ts'
import { nodeIPs, type Underlay } from './underlay.ts'

/** A node and the namespaces of its pods, as their planners want them. */
export interface NodePlan {
  readonly node: NamespaceConfig
  readonly pods: readonly NamespaceConfig[]
  readonly kubeProxy: KubeProxyInput
}

/** What the kube-proxy of a node works on. */
export interface KubeProxyInput {
  readonly state: ProxyState
  readonly node: ProxyNode
  readonly config: KubeProxyConfig
  readonly families: readonly (4 | 6)[]
}

/** Rules of a real node, as `iptables-save` or `ip6tables-save` printed them. */
export interface SavedRules {
  readonly node: string
  readonly family: 4 | 6
  readonly text: string
  /** Name of the text in messages. */
  readonly source: string
}

/** Ports of the node's own programs that are no pods. */
const NODE_PROGRAMS: readonly ListenerConfig[] = [
  { protocol: 'tcp', port: 10250, program: 'kubelet', assumed: false },
  { protocol: 'tcp', port: 10256, program: 'kube-proxy healthz', assumed: false },
]

const NO_NODE_CACHE: NodeCachePlan = { links: [], addresses: [], iptables: [], listeners: [] }

/**
 * Plans nodes of one snapshot, each when a packet first gets there, and keeps the plans: a cluster of 5,000 nodes costs nothing
 * for those that no packet visits.
 */
export class NodePlanner {
  /** The rules of its plans, each read once for all labs. */
  readonly ruleTexts = new RuleTexts()
  readonly #snapshot: Snapshot
  readonly #config: ClusterConfig
  readonly #underlay: Underlay
  readonly #ipam: PodIpam
  readonly #saved: readonly SavedRules[]
  readonly #views: ReadonlyMap<string, ProxyState>
  readonly #plans = new Map<string, NodePlan>()
  #proxy: ProxyState | undefined
  #cniNodes: readonly CniNode[] | undefined
  #felix: FelixData | undefined

  /**
   * `saved` rules stand in place of those that the planners would write, for that node and family. `views`: what the
   * kube-proxies of some nodes know, where that is not this snapshot.
   */
  constructor(
    snapshot: Snapshot,
    config: ClusterConfig,
    underlay: Underlay,
    ipam: PodIpam,
    saved: readonly SavedRules[] = [],
    views: ReadonlyMap<string, ProxyState> = new Map(),
  ) {
    this.#snapshot = snapshot
    this.#config = config
    this.#underlay = underlay
    this.#ipam = ipam
    this.#saved = saved
    this.#views = views
  }

  /** Undefined when there is no such node. */
  plan(name: string): NodePlan | undefined {
    const known = this.#plans.get(name)
    if (known !== undefined) return known
    const node = this.#snapshot.nodes.find(candidate => candidate.metadata.name === name)
    if (node === undefined) return undefined
    const plan = this.#make(node)
    this.#plans.set(name, plan)
    return plan
  }

  #make(node: Node): NodePlan {
    const { networking } = this.#config
    const ips = nodeIPs(node)
    const attachment = this.#underlay.attach(ips)
    const pods = this.#snapshot.podsOn(node.metadata.name).filter(isAlive)
    const networked = pods.filter(pod => pod.spec.hostNetwork !== true && pod.status?.podIP !== undefined)
    this.#cniNodes ??= this.#snapshot.nodes.map(other => this.#cniNode(other))
    const cniNodes = this.#cniNodes
    const own = cniNodes.find(candidate => candidate.name === node.metadata.name)
    if (own === undefined) throw new Error(`node ${node.metadata.name} is missing from its own snapshot`)
    const { host } = planNodeNetwork(
      cniConfig(this.#config, this.#ipam.pools),
      own,
      cniNodes.filter(other => other !== own),
      networked.map(cniPod),
      this.felix,
    )
    const families = ([4, 6] as const).filter(family =>
      networking.serviceSubnets.some(s => s.includes(':') === (family === 6)),
    )
    this.#proxy ??= proxyState(this.#snapshot)
    const zone = node.metadata.labels?.['topology.kubernetes.io/zone']
    const kubeProxy: KubeProxyInput = {
      state: this.#views.get(node.metadata.name) ?? this.#proxy,
      node: {
        name: node.metadata.name,
        ips,
        podCIDRs: own.podCIDRs,
        interfaceAddresses: [
          '127.0.0.1',
          '::1',
          ...ips,
          ...host.node.addresses.map(({ cidr }) => cidr.replace(/\/.*/, '')),
        ],
        ...(zone === undefined ? {} : { zone }),
      },
      config: this.#proxyConfig(),
      families,
    }
    const proxy = planKubeProxy(kubeProxy.state, kubeProxy.node, kubeProxy.config, families)
    const dummy = dummyOf(proxy)
    const nodeCache = nodeCacheOn(node.metadata.name, this.#snapshot)
    const dns = nodeCache === undefined ? NO_NODE_CACHE : planNodeCache(nodeCache)
    const listeners = pods
      .filter(pod => pod.spec.hostNetwork === true && !isNodeCache(pod))
      .flatMap(pod => podListeners(pod, this.#snapshot.services))
    const draft = host.node.toConfig([...NODE_PROGRAMS, ...listeners, ...dns.listeners])
    return {
      kubeProxy,
      node: {
        ...draft,
        sysctls: [...this.#nodeSysctls(), ...draft.sysctls, ...proxy.sysctls, ...Object.entries(this.#config.sysctls)],
        links: [...attachment.links, ...draft.links, ...dummy.links, ...dns.links],
        addresses: [...attachment.addresses, ...draft.addresses, ...dummy.addresses, ...dns.addresses],
        ipsets: [...proxy.ipsets, ...draft.ipsets],
        ...(proxy.ipvs === '' ? {} : { ipvs: proxy.ipvs }),
        ...(proxy.nft.length === 0 ? {} : { nft: proxy.nft }),
        ...(proxy.proxies.length === 0 ? {} : { proxies: proxy.proxies }),
        routes: [...attachment.routes, ...draft.routes],
        iptables: this.#orSaved(node.metadata.name, [
          ...proxy.iptables.map(({ family, text }) => ({ family, text, source: 'kube-proxy' })),
          ...host.iptables,
          ...dns.iptables,
        ]),
      },
      pods: networked.flatMap(pod => {
        const namespace = host.pod(podNamespace(pod))
        if (namespace === undefined) return []
        const config = namespace.toConfig(podListeners(pod, this.#snapshot.services))
        return [{ ...config, sysctls: [...this.#familySysctls(), ...config.sysctls] }]
      }),
    }
  }

  /** What Felix knows; undefined with a network plugin that has none. */
  get felix(): FelixData | undefined {
    const { cni } = this.#config
    if (cni.name === 'flannel') return undefined
    this.#felix ??= new FelixData(this.#snapshot, cni.felix, this.#config.kubeProxy.mode === 'ipvs')
    return this.#felix
  }

  #orSaved(node: string, planned: readonly IptablesInput[]): readonly IptablesInput[] {
    const saved = this.#saved.filter(rules => rules.node === node)
    return [...planned.filter(({ family }) => !saved.some(rules => rules.family === family)), ...saved]
  }

  /** What kubeadm's preflight checks ask for. */
  #nodeSysctls(): [string, string][] {
    return [
      ...this.#familySysctls(),
      ['net.ipv4.ip_forward', '1'],
      ...(this.#hasIPv6() ? ([['net.ipv6.conf.all.forwarding', '1']] as [string, string][]) : []),
      ['net.bridge.bridge-nf-call-iptables', '1'],
      ['net.bridge.bridge-nf-call-ip6tables', '1'],
    ]
  }

  /** A cluster of one family does without link-local IPv6 and its chatter. */
  #familySysctls(): [string, string][] {
    return this.#hasIPv6()
      ? []
      : [
          ['net.ipv6.conf.all.disable_ipv6', '1'],
          ['net.ipv6.conf.default.disable_ipv6', '1'],
        ]
  }

  #hasIPv6(): boolean {
    const { podSubnets, serviceSubnets, nodeSubnets } = this.#config.networking
    return [...podSubnets, ...serviceSubnets, ...nodeSubnets].some(subnet => subnet.includes(':'))
  }

  #cniNode(node: Node): CniNode {
    const ips = nodeIPs(node)
    const vtepMac = flannelMac(node)
    const ipam = this.#ipam.nodeIpam(node.metadata.name)
    return {
      name: node.metadata.name,
      podCIDRs: node.spec.podCIDRs ?? (node.spec.podCIDR === undefined ? [] : [node.spec.podCIDR]),
      publicIPs: ips,
      device: 'eth0',
      mtu: this.#config.networking.mtu,
      gateways: this.#underlay.gatewaysOf(ips),
      onLink: this.#underlay.onLinkOf(ips),
      ...(ipam === undefined ? {} : { ipam }),
      ...(vtepMac === undefined ? {} : { vtepMac }),
    }
  }

  #proxyConfig(): KubeProxyConfig {
    const { kubeProxy } = this.#config
    const cidrs = kubeProxy.clusterCIDR
      .split(',')
      .map(part => part.trim())
      .filter(part => part !== '')
    return {
      ...DEFAULT_KUBE_PROXY,
      mode: kubeProxy.mode,
      version: kubeProxy.version,
      ipvsScheduler: kubeProxy.ipvsScheduler,
      strictARP: kubeProxy.strictARP,
      serviceCIDRs: this.#config.networking.serviceSubnets,
      detectLocal: cidrs.length === 0 ? { mode: 'None' } : { mode: 'ClusterCIDR', cidrs },
      masqueradeAll: kubeProxy.masqueradeAll,
      masqueradeBit: kubeProxy.masqueradeBit,
      localhostNodePorts: kubeProxy.localhostNodePorts,
      nodePortAddresses: kubeProxy.nodePortAddresses,
      conntrackTcpLiberal: kubeProxy.tcpBeLiberal,
    }
  }
}

/** kube-ipvs0: it is down, and its addresses answer all the same. */
function dummyOf({ dummy }: KubeProxyPlan): Pick<NamespaceConfig, 'links' | 'addresses'> {
  if (dummy === null) return { links: [], addresses: [] }
  const { name, addresses } = dummy
  return { links: [{ kind: 'dummy', name, up: false }], addresses: addresses.map(address => `${address} dev ${name}`) }
}

/** Name of a pod's network namespace. */
export function podNamespace(pod: Pod): string {
  return `${pod.metadata.namespace ?? 'default'}/${pod.metadata.name}`
}

/** A pod that has ended has no network any more. */
export function isAlive(pod: Pod): boolean {
  return pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed'
}

function cniPod(pod: Pod): CniPod {
  const ips = pod.status?.podIPs?.map(entry => entry.ip) ?? []
  return {
    namespace: pod.metadata.namespace ?? 'default',
    name: pod.metadata.name,
    uid: pod.metadata.uid ?? podNamespace(pod).replace('/', '_'),
    ips: ips.length > 0 ? ips : pod.status?.podIP === undefined ? [] : [pod.status.podIP],
    portMappings: pod.spec.containers.flatMap(container =>
      (container.ports ?? []).flatMap(port =>
        port.hostPort === undefined
          ? []
          : [
              {
                hostPort: port.hostPort,
                containerPort: port.containerPort,
                protocol: port.protocol === 'UDP' ? 'udp' : port.protocol === 'SCTP' ? 'sctp' : 'tcp',
                ...(port.hostIP === undefined ? {} : { hostIP: port.hostIP }),
              } as const,
            ],
      ),
    ),
  }
}

/** The VTEP's MAC address that flanneld has written to its Node object. */
function flannelMac(node: Node): string | undefined {
  const data = node.metadata.annotations?.['flannel.alpha.coreos.com/backend-data']
  return data === undefined ? undefined : /"VtepMAC":\s*"([0-9a-f:]{17})"/i.exec(data)?.[1]
}

import fc from 'fast-check'
import { type CniNode, type FlannelConfig, macForName, planNodeNetwork } from '../../../src/cni/index.ts'
import { emptyConfig, type LinkConfig, type ListenerConfig, type NamespaceConfig } from '../../../src/netns/config.ts'
import {
  EXTERNAL,
  EXTERNAL_IP,
  HOST_PORT,
  INTERNET_IP,
  nodeIp,
  POD_NETWORK,
  POD_PORT,
  podIp,
  podName,
  ROUTER,
  SERVICE_NETWORK,
} from './universe.ts'

/** Machines and how they are joined. */
export interface Topology {
  /** Pods of each node. */
  readonly pods: readonly number[]
  /** `bridge`: made by hand, with static routes. The others as flanneld and the plugins make them. */
  readonly network: 'bridge' | 'vxlan' | 'host-gw'
  /** A router between n1 and the other nodes. */
  readonly routed: boolean
  /** Where the nodes' default route points; the external machine knows the way to pods and services or not. */
  readonly defaultRoute: 'none' | 'external' | 'router'
  readonly externalKnowsPods: boolean
  readonly hairpin: boolean
  readonly promisc: boolean
  readonly replyFrom: 'hit' | 'routed'
  readonly mtu: number
  /** flannel's `--ip-masq`. */
  readonly ipMasq: boolean
}

export const topology: fc.Arbitrary<Topology> = fc.record({
  pods: fc
    .array(fc.constantFrom<number[]>(1, 2, 2, 1, 3, 0), { minLength: 1, maxLength: 3, size: 'max' })
    .filter(counts => {
      const total = counts.reduce((sum, count) => sum + count, 0)
      return total >= 1 && total <= 6
    }),
  network: fc.constantFrom('bridge', 'vxlan', 'host-gw'),
  routed: fc.constantFrom(false, false, false, true),
  defaultRoute: fc.constantFrom('none', 'external', 'external', 'router'),
  externalKnowsPods: fc.boolean(),
  hairpin: fc.boolean(),
  promisc: fc.constantFrom(false, false, false, false, true),
  replyFrom: fc.constantFrom('hit', 'hit', 'routed'),
  mtu: fc.constantFrom(1500, 1500, 1500, 1400),
  ipMasq: fc.boolean(),
})

/** Names of all namespaces of a topology. */
export function hostsOf(topology: Topology): string[] {
  const nodes = topology.pods.map((_, i) => `n${i + 1}`)
  const pods = topology.pods.flatMap((count, i) => Array.from({ length: count }, (_, j) => podName(i + 1, j + 1)))
  return [...pods, ...nodes, EXTERNAL, ...(topology.routed ? [ROUTER] : [])]
}

/** The configurations, without rules of firewalls and Services. */
export function configsOf(topology: Topology): NamespaceConfig[] {
  const nodes = topology.pods.map((_, i) => i + 1)
  return [
    ...nodes.flatMap(node => machine(topology, node)),
    external(topology),
    ...(topology.routed ? [router(topology)] : []),
  ]
}

function machine(topology: Topology, node: number): NamespaceConfig[] {
  const ip = nodeIp(node, topology.routed)
  const card: LinkConfig = {
    kind: 'physical',
    name: 'eth0',
    segment: topology.routed && node > 1 ? 'lan2' : 'lan',
    mtu: topology.mtu,
  }
  const underlay = [
    ...(topology.routed ? [`10.0.${node === 1 ? 1 : 0}.0/24 via ${gatewayOf(node)} dev eth0`] : []),
    ...defaultOf(topology, node),
  ]
  const [host, ...pods] =
    topology.network === 'bridge' || (topology.network === 'host-gw' && topology.routed)
      ? byHand(topology, node)
      : byFlannel(topology, node)
  if (host === undefined) throw new Error('a node has a configuration')
  return [
    {
      ...host,
      links: [card, ...host.links],
      addresses: [`${ip}/24 dev eth0`, ...host.addresses],
      routes: [...underlay, ...host.routes],
      listeners: listeners(topology, HOST_PORT),
    },
    ...pods.map(pod => ({ ...pod, listeners: listeners(topology, POD_PORT) })),
  ]
}

/** bridge and host-local as the plugins would, ways to the other nodes as an administrator would. */
function byHand(topology: Topology, node: number): NamespaceConfig[] {
  const count = topology.pods[node - 1] ?? 0
  const numbers = Array.from({ length: count }, (_, i) => i + 1)
  const others = topology.pods.map((_, i) => i + 1).filter(other => other !== node)
  return [
    {
      ...emptyConfig(`n${node}`),
      links: [
        {
          kind: 'bridge',
          name: 'cni0',
          mac: macForName(`cni0@n${node}`),
          mtu: topology.mtu,
          promisc: topology.promisc,
        },
        ...numbers.map(
          pod =>
            ({
              kind: 'veth',
              name: `veth${pod}`,
              mtu: topology.mtu,
              master: 'cni0',
              hairpin: topology.hairpin,
              peer: { namespace: podName(node, pod), name: 'eth0', mtu: topology.mtu },
            }) as const,
        ),
      ],
      addresses: [`10.244.${node}.1/24 dev cni0`],
      routes: others.map(other => `10.244.${other}.0/24 via ${wayTo(topology, node, other)} dev eth0`),
    },
    ...numbers.map(pod => ({
      ...emptyConfig(podName(node, pod)),
      addresses: [`${podIp(node, pod)}/24 dev eth0`],
      routes: [`default via 10.244.${node}.1 dev eth0`],
    })),
  ]
}

function byFlannel(topology: Topology, node: number): NamespaceConfig[] {
  const config: FlannelConfig = {
    name: 'flannel',
    backend:
      topology.network === 'vxlan' ? { Type: 'vxlan', VNI: 1, Port: 8472, DirectRouting: false } : { Type: 'host-gw' },
    networks: [POD_NETWORK],
    ipMasq: topology.ipMasq,
  }
  const all = topology.pods.map((_, i) => cniNode(topology, i + 1))
  const [own] = all.splice(node - 1, 1)
  if (own === undefined) throw new Error(`no node ${node}`)
  const pods = Array.from({ length: topology.pods[node - 1] ?? 0 }, (_, i) => podName(node, i + 1))
  const plan = planNodeNetwork(
    config,
    own,
    all,
    pods.map(name => ({ namespace: 'default', name, uid: `uid-${name}`, ips: [], portMappings: [] })),
  ).host
  return [
    renamed(plan.node.toConfig([], plan.iptables)),
    ...pods.map(name => {
      const draft = plan.pod(`default/${name}`)
      if (draft === undefined) throw new Error(`no pod ${name}`)
      return { ...draft.toConfig([]), name }
    }),
  ]
}

function renamed(config: NamespaceConfig): NamespaceConfig {
  const links = config.links.map(link =>
    link.kind === 'veth'
      ? { ...link, peer: { ...link.peer, namespace: link.peer.namespace.replace('default/', '') } }
      : link,
  )
  return { ...config, links }
}

function cniNode(topology: Topology, node: number): CniNode {
  return {
    name: `n${node}`,
    podCIDRs: [`10.244.${node}.0/24`],
    publicIPs: [nodeIp(node, topology.routed)],
    device: 'eth0',
    mtu: topology.mtu,
    gateways: [],
    onLink: [topology.routed && node > 1 ? '10.0.1.0/24' : '10.0.0.0/24'],
  }
}

function external(topology: Topology): NamespaceConfig {
  return {
    ...emptyConfig(EXTERNAL),
    links: [{ kind: 'physical', name: 'eth0', segment: 'lan', mtu: 1500 }],
    addresses: [`${EXTERNAL_IP}/24 dev eth0`, `${INTERNET_IP}/32 dev lo`],
    routes: [
      ...(topology.routed ? ['10.0.1.0/24 via 10.0.0.254 dev eth0'] : []),
      ...(topology.externalKnowsPods
        ? [`${POD_NETWORK} via 10.0.0.1 dev eth0`, `${SERVICE_NETWORK} via 10.0.0.1 dev eth0`]
        : []),
    ],
    listeners: listeners(topology, HOST_PORT),
  }
}

function router(topology: Topology): NamespaceConfig {
  return {
    ...emptyConfig(ROUTER),
    sysctls: [['net.ipv4.ip_forward', '1']],
    links: [
      { kind: 'physical', name: 'eth0', segment: 'lan', mtu: 1500 },
      { kind: 'physical', name: 'eth1', segment: 'lan2', mtu: topology.mtu },
    ],
    addresses: ['10.0.0.254/24 dev eth0', '10.0.1.254/24 dev eth1'],
    routes: [
      `default via ${EXTERNAL_IP} dev eth0`,
      ...(topology.network === 'vxlan'
        ? []
        : topology.pods.map((_, i) => `10.244.${i + 1}.0/24 via ${nodeIp(i + 1, true)} dev eth${i === 0 ? 0 : 1}`)),
    ],
    listeners: listeners(topology, HOST_PORT),
  }
}

function gatewayOf(node: number): string {
  return node === 1 ? '10.0.0.254' : '10.0.1.254'
}

function wayTo(topology: Topology, node: number, other: number): string {
  const behindRouter = topology.routed && (node === 1) !== (other === 1)
  return behindRouter ? gatewayOf(node) : nodeIp(other, topology.routed)
}

function defaultOf(topology: Topology, node: number): string[] {
  if (topology.defaultRoute === 'none') return []
  if (topology.routed && (node > 1 || topology.defaultRoute === 'router'))
    return [`default via ${gatewayOf(node)} dev eth0`]
  return [`default via ${EXTERNAL_IP} dev eth0`]
}

function listeners(topology: Topology, port: number): ListenerConfig[] {
  return [
    { protocol: 'udp', port, program: 'echo', assumed: false, replyFrom: topology.replyFrom },
    { protocol: 'tcp', port, program: 'echo', assumed: false },
  ]
}

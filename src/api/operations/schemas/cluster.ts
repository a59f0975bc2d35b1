import { type Static, Type } from 'typebox'
import { Labels, maybe, ObjectRef, Strings } from './common.ts'

export const ClusterSummary = Type.Object({
  revision: Type.Integer(),
  label: Type.String(),
  name: Type.String(),
  kubernetesVersion: Type.String(),
  seed: Type.Integer(),
  cni: Type.Object({ name: Type.String(), backend: Type.String() }),
  proxyMode: Type.String(),
  families: Type.Array(Type.Integer()),
  dualStack: Type.Boolean(),
  podSubnets: Strings,
  serviceSubnets: Strings,
  nodeSubnets: Strings,
  dnsDomain: Type.String(),
  /** Objects by kind. */
  counts: Type.Record(Type.String(), Type.Integer()),
  namespaces: Type.Array(
    Type.Object({
      name: Type.String(),
      labels: Labels,
      pods: Type.Integer(),
      services: Type.Integer(),
      policies: Type.Integer(),
    }),
  ),
  warnings: Strings,
})
export type ClusterSummary = Static<typeof ClusterSummary>

export const Interface = Type.Object({
  name: Type.String(),
  /** `loopback`, `physical`, `bridge`, `veth`, `vxlan`, `ipip`, `dummy`. */
  kind: Type.String(),
  up: Type.Boolean(),
  mac: maybe(Type.String()),
  mtu: Type.Integer({ description: 'bytes' }),
  /** With prefix length: `10.244.1.1/24`. */
  addresses: Strings,
  /** The bridge whose port it is. */
  master: maybe(Type.String()),
  /** The other end of a veth pair. */
  peer: maybe(Type.Object({ namespace: Type.String(), name: Type.String() })),
  /** It carries packets between nodes inside others. */
  overlay: maybe(Type.Object({ vni: maybe(Type.Integer()), port: maybe(Type.Integer()), local: Type.String() })),
  /** The wire that a network card is on. */
  segment: maybe(Type.String()),
})
export type Interface = Static<typeof Interface>

export const TopologyPod = Type.Object({
  namespace: Type.String(),
  name: Type.String(),
  node: maybe(Type.String()),
  phase: Type.String(),
  ready: Type.Boolean(),
  hostNetwork: Type.Boolean(),
  ips: Strings,
  labels: Labels,
  /** The workload that owns it, such as a Deployment; left out for a pod of its own. */
  owner: maybe(ObjectRef),
  /** What is wrong with it, in words. */
  faults: Strings,
  /** `tcp/80` and who listens there. */
  listens: Type.Array(Type.Object({ port: Type.String(), program: Type.String(), assumed: Type.Boolean() })),
  /** Left out where the node's interfaces are. */
  interfaces: maybe(Type.Array(Interface)),
})
export type TopologyPod = Static<typeof TopologyPod>

export const TopologyNode = Type.Object({
  name: Type.String(),
  role: Type.String(),
  zone: Type.String({ description: 'empty where the node has none' }),
  ready: Type.Boolean(),
  faults: Strings,
  ips: Strings,
  podCIDRs: Strings,
  labels: Labels,
  /** Left out for nodes that were not asked for in a large cluster. */
  interfaces: maybe(Type.Array(Interface)),
  pods: Type.Array(TopologyPod),
})
export type TopologyNode = Static<typeof TopologyNode>

export const TopologyService = Type.Object({
  namespace: Type.String(),
  name: Type.String(),
  type: Type.String(),
  clusterIPs: Strings,
  externalIPs: Strings,
  ports: Type.Array(
    Type.Object({
      name: maybe(Type.String()),
      port: Type.Integer(),
      protocol: Type.String(),
      targetPort: maybe(Type.String()),
      nodePort: maybe(Type.Integer()),
    }),
  ),
  selector: Labels,
  endpoints: Type.Integer({ description: 'ready ones' }),
})
export type TopologyService = Static<typeof TopologyService>

export const Topology = Type.Object({
  revision: Type.Integer(),
  zones: Type.Array(Type.Object({ name: Type.String(), nodes: Type.Array(TopologyNode) })),
  /** Pods that are on no node. */
  pending: Type.Array(TopologyPod),
  services: Type.Array(TopologyService),
  /** The router between the nodes and the machine outside, and that machine. */
  underlay: Type.Array(Type.Object({ name: Type.String(), kind: Type.String(), interfaces: Type.Array(Interface) })),
})
export type Topology = Static<typeof Topology>

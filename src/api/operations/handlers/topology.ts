import { type Cluster, EXTERNAL, isAlive, podNamespace, ROUTER } from '../../../cluster/index.ts'
import type { Condition, Node, Pod, Service } from '../../../controlplane/index.ts'
import { workloadOf } from '../../../probe/index.ts'
import type { Session } from '../../session/index.ts'
import type { Interface, Topology, TopologyNode, TopologyPod, TopologyService } from '../schemas/cluster.ts'
import { interfacesOf } from './interfaces.ts'

/** Clusters of more nodes tell the interfaces of those only that are asked for: each node has to be planned for that. */
const FEW_NODES = 25

interface TopologyInput {
  readonly revision?: number
  /** Nodes whose interfaces are wanted, with commas; a small cluster tells all. */
  readonly nodes?: string
}

type Interfaces = ReadonlyMap<string, Interface[]>

/** The machines as boxes inside one another, and the Services in front of them. */
export function getTopology(session: Session, input: TopologyInput): Topology {
  const { revision, cluster } = session.at(input.revision)
  const { nodes, pods, services } = cluster.snapshot
  const all = nodes.map(node => node.metadata.name)
  const wanted = new Set(input.nodes?.split(','))
  const interfaces = interfacesOf(cluster.configs(all.filter(name => all.length <= FEW_NODES || wanted.has(name))))
  const zones = new Map<string, TopologyNode[]>()
  for (const node of nodes) {
    const view = nodeView(cluster, node, interfaces)
    zones.set(view.zone, [...(zones.get(view.zone) ?? []), view])
  }
  return {
    revision,
    zones: [...zones].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, members]) => ({ name, nodes: members })),
    pending: pods.filter(({ spec }) => spec.nodeName === undefined).map(pod => podView(cluster, pod, interfaces)),
    services: services.map(service => serviceView(cluster, service)),
    underlay: [ROUTER, EXTERNAL].map(name => ({
      name,
      kind: name === ROUTER ? 'router' : 'external',
      interfaces: interfaces.get(name) ?? [],
    })),
  }
}

function nodeView(cluster: Cluster, node: Node, interfaces: Interfaces): TopologyNode {
  const { name, labels = {} } = node.metadata
  const own = interfaces.get(name)
  const role = 'node-role.kubernetes.io/control-plane' in labels ? 'control-plane' : 'worker'
  const ready = conditionOf(node.status?.conditions, 'Ready')
  const addresses = node.status?.addresses ?? []
  return {
    name,
    role,
    zone: labels['topology.kubernetes.io/zone'] ?? '',
    ready: ready === undefined || ready.status === 'True',
    faults: nodeFaults(cluster, node, ready),
    ips: addresses.flatMap(({ type, address }) => (type === 'InternalIP' ? [address] : [])),
    podCIDRs: [...(node.spec.podCIDRs ?? (node.spec.podCIDR === undefined ? [] : [node.spec.podCIDR]))],
    labels: { ...labels },
    ...(own === undefined ? {} : { interfaces: own }),
    pods: cluster.snapshot.podsOn(name).map(pod => podView(cluster, pod, interfaces)),
  }
}

function nodeFaults(cluster: Cluster, node: Node, ready: Condition | undefined): string[] {
  const { name } = node.metadata
  return [
    ...(ready === undefined || ready.status === 'True' ? [] : [`NotReady${detail(ready)}`]),
    ...(node.spec.unschedulable === true ? ['cordoned: takes no new pods'] : []),
    ...(cluster.stoppedKubeProxies.includes(name) ? ['kube-proxy has stopped'] : []),
  ]
}

function podView(cluster: Cluster, pod: Pod, interfaces: Interfaces): TopologyPod {
  const { metadata, spec, status } = pod
  const { namespace = 'default', name } = metadata
  const own = spec.hostNetwork === true ? undefined : interfaces.get(podNamespace(pod))
  const ready = conditionOf(status?.conditions, 'Ready')
  const owner = ownerOf(pod)
  return {
    namespace,
    name,
    ...(spec.nodeName === undefined ? {} : { node: spec.nodeName }),
    phase: status?.phase ?? 'Unknown',
    ready: ready?.status === 'True',
    hostNetwork: spec.hostNetwork === true,
    ips: ipsOf(pod),
    labels: { ...metadata.labels },
    ...(owner === undefined ? {} : { owner }),
    faults: podFaults(pod, ready),
    listens: isAlive(pod)
      ? cluster
          .listenersOf(pod)
          .map(({ protocol, port, program, assumed }) => ({ port: `${protocol}/${port}`, program, assumed }))
      : [],
    ...(own === undefined ? {} : { interfaces: own }),
  }
}

function podFaults({ metadata, spec, status }: Pod, ready: Condition | undefined): string[] {
  const scheduled = conditionOf(status?.conditions, 'PodScheduled')
  if (spec.nodeName === undefined) return [`on no node${detail(scheduled)}`]
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return [`has ended (${status.phase})`]
  return [
    ...(metadata.deletionTimestamp === undefined ? [] : ['terminating']),
    ...(ready?.status === 'True' ? [] : [`not ready${detail(ready)}`]),
    ...(status?.podIP === undefined ? ['has no address'] : []),
  ]
}

function serviceView(cluster: Cluster, service: Service): TopologyService {
  const { metadata, spec, status } = service
  const { namespace = 'default', name } = metadata
  const slices = cluster.snapshot.slicesOf(namespace, name)
  const ready = slices.flatMap(slice => slice.endpoints.filter(({ conditions }) => conditions?.ready !== false))
  const balanced = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip ?? hostname ?? [])
  return {
    namespace,
    name,
    type: spec.type ?? 'ClusterIP',
    clusterIPs: [...(spec.clusterIPs ?? (spec.clusterIP === undefined ? [] : [spec.clusterIP]))],
    externalIPs: [...(spec.externalIPs ?? []), ...balanced],
    ports: (spec.ports ?? []).map(({ name: portName, port, protocol = 'TCP', targetPort, nodePort }) => ({
      ...(portName === undefined ? {} : { name: portName }),
      port,
      protocol,
      ...(targetPort === undefined ? {} : { targetPort: String(targetPort) }),
      ...(nodePort === undefined ? {} : { nodePort }),
    })),
    selector: { ...spec.selector },
    endpoints: new Set(ready.map(({ addresses, targetRef }) => targetRef?.name ?? addresses[0])).size,
  }
}

/** The workload that a pod belongs to: `{ kind: 'Deployment', … }`. */
function ownerOf(pod: Pod): TopologyPod['owner'] {
  const kinds: Readonly<Record<string, string>> = {
    deploy: 'Deployment',
    rs: 'ReplicaSet',
    ds: 'DaemonSet',
    sts: 'StatefulSet',
    job: 'Job',
  }
  const [namespace = 'default', short = '', name = ''] = workloadOf(pod).split('/')
  const kind = kinds[short]
  return kind === undefined ? undefined : { kind, namespace, name }
}

function ipsOf({ status }: Pod): string[] {
  const several = status?.podIPs?.map(({ ip }) => ip) ?? []
  return several.length > 0 ? several : status?.podIP === undefined ? [] : [status.podIP]
}

function conditionOf(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find(condition => condition.type === type)
}

function detail(condition: Condition | undefined): string {
  const text = condition?.message ?? condition?.reason
  return text === undefined || text === '' ? '' : `: ${text}`
}

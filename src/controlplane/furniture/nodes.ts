import { formatAddr } from '../../wire/addr.ts'
import { internalIPs, naturalOrder } from '../controllers/index.ts'
import { type NodeShape, type ResolvedShape, splitPair } from '../shape.ts'
import type { Node, Pod } from '../types/index.ts'

const CONTROL_PLANE = 'node-role.kubernetes.io/control-plane'
/** The first node of a subnet gets this address; those below are for routers and the like. */
const FIRST_ADDRESS = 10
const CAPACITY = { cpu: '4', memory: '16Gi', pods: '110', 'ephemeral-storage': '100Gi' }

/**
 * The nodes of the cluster: those of the shape, and those among the manifests, which win. Node objects with names that the
 * shape does not have replace a shape that only said how many; so do the nodes that running pods of a dump name.
 */
export function furnishNodes(shape: ResolvedShape, given: readonly Node[], pods: readonly Pod[]): readonly Node[] {
  const assumed = given.length === 0 ? nodesOfPods(pods) : []
  const objects = [...given, ...assumed]
  const names = new Set(shape.nodes.map(node => node.name))
  const foreign = objects.some(node => !names.has(node.metadata.name))
  const shapes = new Map<string, NodeShape>()
  if (shape.nodesNamed || !foreign) for (const node of shape.nodes) shapes.set(node.name, node)
  const byName = new Map(objects.map(node => [node.metadata.name, node]))
  const order = [...new Set([...shapes.keys(), ...[...byName.keys()].sort(naturalOrder)])]
  const addresses = new AddressPlan(shape, [
    ...objects.flatMap(internalIPs),
    ...[...shapes.values()].flatMap(one => splitPair(one.internalIP)),
  ])
  return order.map(name => complete(shape, shapes.get(name), byName.get(name), name, addresses))
}

/** Nodes that the pods of a dump ran on (they have addresses), where the dump holds no Node objects. */
function nodesOfPods(pods: readonly Pod[]): Node[] {
  const nodes = new Map<string, Node>()
  for (const { spec, status } of pods) {
    const { nodeName = '' } = spec
    if (nodeName === '' || status?.hostIP === undefined || nodes.has(nodeName)) continue
    nodes.set(nodeName, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: nodeName, annotations: { 'kubehop.dev/assumed': 'true' } },
      spec: {},
      status: { addresses: [{ type: 'InternalIP', address: status.hostIP }] },
    })
  }
  return [...nodes.values()]
}

function complete(
  shape: ResolvedShape,
  wanted: NodeShape | undefined,
  given: Node | undefined,
  name: string,
  addresses: AddressPlan,
): Node {
  const control = wanted?.role === 'control-plane'
  const known = given === undefined ? [] : internalIPs(given)
  const ips =
    known.length > 0 ? known : wanted?.internalIP !== undefined ? splitPair(wanted.internalIP) : addresses.next()
  const others = (given?.status?.addresses ?? []).filter(one => one.type !== 'InternalIP')
  const cidrs = splitPair(wanted?.podCIDR)
  const taints =
    control && wanted?.taints === undefined ? [{ key: CONTROL_PLANE, effect: 'NoSchedule' }] : wanted?.taints
  const { status: ownStatus, ...rest } = given ?? {}
  return {
    ...rest,
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      ...given?.metadata,
      name,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        ...(control ? { [CONTROL_PLANE]: '', 'node.kubernetes.io/exclude-from-external-load-balancers': '' } : {}),
        ...wanted?.labels,
        ...given?.metadata.labels,
      },
    },
    spec: {
      ...(cidrs[0] === undefined ? {} : { podCIDR: cidrs[0], podCIDRs: cidrs }),
      ...(taints === undefined ? {} : { taints }),
      ...given?.spec,
    },
    status: {
      capacity: CAPACITY,
      allocatable: CAPACITY,
      conditions: [
        { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' },
      ],
      nodeInfo: { kubeletVersion: shape.kubernetesVersion, operatingSystem: 'linux', architecture: 'amd64' },
      ...ownStatus,
      addresses: [
        ...ips.map(address => ({ type: 'InternalIP', address })),
        ...(others.some(one => one.type === 'Hostname') ? others : [...others, { type: 'Hostname', address: name }]),
      ],
    },
  }
}

/** Hands out addresses of the node subnets, in order, around those that are given. */
class AddressPlan {
  readonly #shape: ResolvedShape
  readonly #taken: Set<string>
  readonly #cursors: number[]

  constructor(shape: ResolvedShape, taken: readonly string[]) {
    this.#shape = shape
    this.#taken = new Set(taken)
    this.#cursors = shape.nodeSubnets.map(subnet => (subnet.size > 2n * BigInt(FIRST_ADDRESS) ? FIRST_ADDRESS : 1))
  }

  next(): readonly string[] {
    const ips: string[] = []
    for (const [i, subnet] of this.#shape.nodeSubnets.entries()) {
      for (let index = this.#cursors[i] ?? 1; BigInt(index) < subnet.size - 1n; index++) {
        const ip = formatAddr(subnet.at(index))
        if (this.#taken.has(ip)) continue
        this.#cursors[i] = index + 1
        ips.push(ip)
        break
      }
    }
    return ips
  }
}

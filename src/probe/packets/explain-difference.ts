import type { Cluster } from '../../cluster/index.ts'
import { isHostNetwork, POLICY_TABLES, PolicyEngine, type PolicySnapshot, protocolIndex } from '../../netpol/index.ts'
import { formatAddr } from '../../wire/addr.ts'
import { trace } from '../trace-query.ts'
import { addressOf, type ProbeResult } from './packet-prober.ts'
import type { PacketQuestion } from './packet-reach.ts'

/** Why packets and policies disagree about a pair. */
export interface Difference {
  /**
   * `unenforced`: the network plugin does not enforce these policies. `own-node`: a pod and its own node, which the API never keeps
   * apart and the plugin polices. `node-address`: a pod of the host network whose packets leave with another address of its node.
   * `path`: something else on the way.
   */
  readonly code: 'unenforced' | 'own-node' | 'node-address' | 'path'
  /** Whether the difference is one that Kubernetes leaves to implementations. */
  readonly excused: boolean
  readonly text: string
}

export function explainDifference(
  cluster: Cluster,
  engine: PolicyEngine,
  question: PacketQuestion,
  probed: ProbeResult,
  family: 4 | 6,
): Difference {
  const { from, to, protocol, port } = question
  const { name } = cluster.config.cni
  if (probed.arrives && name === 'flannel') {
    return { code: 'unenforced', excused: false, text: 'flannel enforces no policies' }
  }
  if (name !== 'flannel' && hasClusterPolicies(cluster)) {
    const plain = new PolicyEngine(withoutClusterPolicies(cluster.snapshot), engine.options)
    if (plain.allows(from, to, protocolIndex(protocol), port) === probed.arrives) {
      return { code: 'unenforced', excused: false, text: `${name} enforces no cluster-wide policies` }
    }
  }
  if (engine.isException(from, to) && !probed.arrives) {
    return {
      code: 'own-node',
      excused: true,
      text: 'a pod and its own node: the egress policies of the pod are enforced there, which the API leaves open',
    }
  }
  if ('pod' in from && isHostNetwork(from.pod)) {
    const node = cluster.nodeAddresses(from.pod.spec.nodeName ?? '')
    if (!node.includes(probed.source)) {
      const own = node.map(formatAddr).join(', ')
      return {
        code: 'node-address',
        excused: true,
        text: `packets of the host network of ${from.pod.spec.nodeName} leave with ${formatAddr(probed.source)}, not with ${own}`,
      }
    }
  }
  return { code: 'path', excused: false, text: onTheWay(cluster, question, probed, family) }
}

/** What a trace of the same question says. */
function onTheWay(
  cluster: Cluster,
  { from, to, protocol, port }: PacketQuestion,
  probed: ProbeResult,
  family: 4 | 6,
): string {
  const dst = addressOf(to, family, cluster)
  if (probed.arrives || dst === undefined || !('pod' in from)) return 'no rule on the way denies it'
  const text = formatAddr(dst)
  const { disposition, reason } = trace(cluster, {
    from: `${from.pod.metadata.namespace}/${from.pod.metadata.name}`,
    to: text.includes(':') ? `[${text}]:${port}` : `${text}:${port}`,
    protocol: protocol === 'TCP' ? 'tcp' : protocol === 'UDP' ? 'udp' : 'sctp',
  })
  return `${disposition}: ${reason.message}`
}

function hasClusterPolicies(cluster: Cluster): boolean {
  return CLUSTER_TABLES.some(table => cluster.snapshot.list(table).length > 0)
}

const CLUSTER_TABLES: readonly string[] = POLICY_TABLES.filter(table => table !== 'NetworkPolicy')

function withoutClusterPolicies(snapshot: PolicySnapshot): PolicySnapshot {
  return {
    pods: snapshot.pods,
    nodes: snapshot.nodes,
    namespaces: snapshot.namespaces,
    networkPolicies: snapshot.networkPolicies,
    list: kind => (CLUSTER_TABLES.includes(kind) ? [] : snapshot.list(kind)),
    namespaceLabels: name => snapshot.namespaceLabels(name),
  }
}

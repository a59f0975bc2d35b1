import {
  type AnyClusterPolicy,
  type ClusterPolicyPeer,
  type ClusterPolicyRule,
  matchesSelector,
  type NamespacedPods,
  type Pod,
} from '../../controlplane/index.ts'
import { parsePrefix } from '../../wire/prefix.ts'
import { isHostNetwork } from '../pod-state.ts'
import { addressOf, isPlainPod, namedPortMatches } from './ends.ts'
import type { Connection, NaiveWorld, TrafficEnd } from './world.ts'

/** What a tier of cluster-wide policies says. `none`: no rule matched, or one passed the connection on. */
export type TierVerdict = 'accept' | 'deny' | 'none'

/** The first rule that matches decides, by priority and then by the order in the list. */
export function clusterVerdict(
  world: NaiveWorld,
  connection: Connection,
  direction: 'Ingress' | 'Egress',
  tier: 'Admin' | 'Baseline',
): TierVerdict {
  const subject = direction === 'Ingress' ? connection.to : connection.from
  const peer = direction === 'Ingress' ? connection.from : connection.to
  if (!('pod' in subject) || isHostNetwork(subject.pod)) return 'none'
  const { pod } = subject
  const ordered = world.clusterPolicies
    .filter(
      policy =>
        tierOf(policy) === tier && selects(world, policy.spec.subject.namespaces, policy.spec.subject.pods, pod),
    )
    .sort(
      (a, b) =>
        priorityOf(a) - priorityOf(b) ||
        (a.metadata.name < b.metadata.name ? -1 : a.metadata.name > b.metadata.name ? 1 : 0),
    )
  for (const policy of ordered) {
    for (const rule of (direction === 'Ingress' ? policy.spec.ingress : policy.spec.egress) ?? []) {
      const peers = (direction === 'Ingress' ? rule.from : rule.to) ?? []
      // "If a peer is not understood, fail closed": Accept matches nothing by it, Deny and Pass deny everything.
      const unknown = peers.some(one => !understood(one, direction))
      const accepts = rule.action === 'Accept' || rule.action === 'Allow'
      if (unknown && !accepts) return 'deny'
      if (!peers.some(one => peerMatches(world, one, peer)) || !portsMatch(rule, connection)) continue
      return accepts ? 'accept' : rule.action === 'Deny' ? 'deny' : 'none'
    }
  }
  return 'none'
}

export function tierOf(policy: AnyClusterPolicy): 'Admin' | 'Baseline' {
  if (policy.kind === 'ClusterNetworkPolicy') return policy.spec.tier
  return policy.kind === 'AdminNetworkPolicy' ? 'Admin' : 'Baseline'
}

/** The singleton of v1alpha1 comes after every numbered policy of its tier. */
export function priorityOf(policy: AnyClusterPolicy): number {
  return policy.kind === 'BaselineAdminNetworkPolicy' ? 1001 : policy.spec.priority
}

function selects(
  world: NaiveWorld,
  namespaces: ClusterPolicyPeer['namespaces'],
  pods: NamespacedPods | undefined,
  pod: Pod,
): boolean {
  const labels = world.snapshot.namespaceLabels(pod.metadata.namespace ?? '')
  if (namespaces !== undefined) return matchesSelector(namespaces, labels)
  if (pods === undefined) return false
  return (
    matchesSelector(pods.namespaceSelector ?? {}, labels) &&
    matchesSelector(pods.podSelector ?? {}, pod.metadata.labels)
  )
}

function understood(peer: ClusterPolicyPeer, direction: 'Ingress' | 'Egress'): boolean {
  const { namespaces, pods, nodes, networks, domainNames } = peer
  return (namespaces ?? pods ?? (direction === 'Egress' ? (nodes ?? networks ?? domainNames) : undefined)) !== undefined
}

function peerMatches(world: NaiveWorld, peer: ClusterPolicyPeer, end: TrafficEnd): boolean {
  if (peer.namespaces !== undefined || peer.pods !== undefined)
    return 'pod' in end && !isHostNetwork(end.pod) && selects(world, peer.namespaces, peer.pods, end.pod)
  const addr = addressOf(end, world.options)
  if (peer.networks !== undefined) {
    if (isPlainPod(end, world.options) && !world.options.ipBlockMatchesPods) return false
    return addr !== undefined && peer.networks.some(cidr => parsePrefix(cidr).contains(addr))
  }
  if (peer.nodes === undefined || !('pod' in end) || !isHostNetwork(end.pod)) return false
  const node = world.snapshot.nodes.find(one => one.metadata.name === end.pod.spec.nodeName)
  return node !== undefined && matchesSelector(peer.nodes, node.metadata.labels)
}

function portsMatch(rule: ClusterPolicyRule, { to, protocol, port }: Connection): boolean {
  const { ports, protocols } = rule
  if ((ports ?? []).length === 0 && (protocols ?? []).length === 0) return true
  const old = (ports ?? []).some(({ portNumber, portRange, namedPort }) => {
    if (portNumber !== undefined) return (portNumber.protocol ?? 'TCP') === protocol && portNumber.port === port
    if (portRange !== undefined)
      return (portRange.protocol ?? 'TCP') === protocol && port >= portRange.start && port <= portRange.end
    return namedPort !== undefined && namedPortMatches(namedPort, to, protocol, port)
  })
  const key = protocol === 'TCP' ? 'tcp' : protocol === 'UDP' ? 'udp' : 'sctp'
  return (
    old ||
    (protocols ?? []).some(entry => {
      if (entry.destinationNamedPort !== undefined)
        return namedPortMatches(entry.destinationNamedPort, to, protocol, port)
      const transport = entry[key]
      if (transport === undefined) return false
      const { number, range } = transport.destinationPort ?? {}
      if (number !== undefined) return port === number
      return range === undefined || (port >= range.start && port <= range.end)
    })
  )
}

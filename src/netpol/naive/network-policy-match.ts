import {
  matchesSelector,
  type NetworkPolicy,
  type NetworkPolicyPeer,
  type NetworkPolicyPort,
} from '../../controlplane/index.ts'
import { parsePrefix } from '../../wire/prefix.ts'
import { addressOf, isPlainPod, namedPortMatches } from './ends.ts'
import type { Connection, NaiveWorld, TrafficEnd } from './world.ts'

/** Whether a policy isolates a pod in a direction: it selects the pod, in its own namespace, and lists the direction. */
export function isolatedBy(
  policy: NetworkPolicy,
  pod: { metadata: { namespace?: string; labels?: Readonly<Record<string, string>> } },
  direction: 'Ingress' | 'Egress',
): boolean {
  const { spec = { podSelector: {} } } = policy
  const given = spec.policyTypes ?? []
  // SetDefaults_NetworkPolicy: Ingress, and Egress where there are egress rules.
  const types = given.length > 0 ? given : (spec.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress']
  return (
    policy.metadata.namespace === pod.metadata.namespace &&
    types.includes(direction) &&
    matchesSelector(spec.podSelector ?? {}, pod.metadata.labels)
  )
}

/** Whether one of the rules of a policy allows the connection. */
export function ruleMatches(
  world: NaiveWorld,
  policy: NetworkPolicy,
  direction: 'Ingress' | 'Egress',
  connection: Connection,
): boolean {
  const peerEnd = direction === 'Ingress' ? connection.from : connection.to
  const rules =
    direction === 'Ingress'
      ? (policy.spec?.ingress ?? []).map(rule => ({ peers: rule.from, ports: rule.ports }))
      : (policy.spec?.egress ?? []).map(rule => ({ peers: rule.to, ports: rule.ports }))
  return rules.some(
    ({ peers = [], ports = [] }) =>
      (peers.length === 0 || peers.some(peer => peerMatches(world, policy, peer, peerEnd))) &&
      (ports.length === 0 || ports.some(port => portMatches(port, connection))),
  )
}

function peerMatches(world: NaiveWorld, policy: NetworkPolicy, peer: NetworkPolicyPeer, end: TrafficEnd): boolean {
  const { podSelector, namespaceSelector, ipBlock } = peer
  if (ipBlock !== undefined) {
    if (isPlainPod(end, world.options) && !world.options.ipBlockMatchesPods) return false
    const addr = addressOf(end, world.options)
    if (addr === undefined) return false
    return (
      parsePrefix(ipBlock.cidr).contains(addr) && !(ipBlock.except ?? []).some(cidr => parsePrefix(cidr).contains(addr))
    )
  }
  if (podSelector === undefined && namespaceSelector === undefined) return false
  if (!isPlainPod(end, world.options)) return false
  const { namespace = '', labels } = end.pod.metadata
  const inNamespace =
    namespaceSelector === undefined
      ? namespace === policy.metadata.namespace
      : matchesSelector(namespaceSelector, world.snapshot.namespaceLabels(namespace))
  return inNamespace && (podSelector === undefined || matchesSelector(podSelector, labels))
}

function portMatches(entry: NetworkPolicyPort, { to, protocol, port }: Connection): boolean {
  if ((entry.protocol ?? 'TCP') !== protocol) return false
  if (entry.port === undefined) return true
  if (typeof entry.port === 'number') return port >= entry.port && port <= (entry.endPort ?? entry.port)
  return namedPortMatches(entry.port, to, protocol, port)
}

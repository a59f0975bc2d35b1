import type {
  AdminPolicyPort,
  AnyClusterPolicy,
  ClusterPolicyPeer,
  ClusterPolicyProtocol,
  ClusterPolicyRule,
} from '../../controlplane/index.ts'
import { parsePrefix } from '../../wire/prefix.ts'
import { protocolIndex } from './compile-network-policy.ts'
import type { CompiledPolicy, CompiledRule, Direction, Peer, PortEntry } from './compiled.ts'

/** The singleton of v1alpha1 comes after every numbered policy of its tier. */
const AFTER_ALL = 1001

export function compileClusterPolicy(policy: AnyClusterPolicy): CompiledPolicy {
  const { spec, kind, metadata } = policy
  const { namespaces, pods } = spec.subject
  return {
    object: policy,
    key: `${kind}//${metadata.name}`,
    tier:
      policy.kind === 'ClusterNetworkPolicy' ? policy.spec.tier : kind === 'AdminNetworkPolicy' ? 'Admin' : 'Baseline',
    priority: policy.kind === 'BaselineAdminNetworkPolicy' ? AFTER_ALL : policy.spec.priority,
    namespace: undefined,
    subject: {
      namespaceSelector: namespaces ?? pods?.namespaceSelector ?? (pods === undefined ? undefined : {}),
      podSelector: pods === undefined ? {} : (pods.podSelector ?? {}),
    },
    ingress: compileRules(spec.ingress, 'ingress'),
    egress: compileRules(spec.egress, 'egress'),
  }
}

function compileRules(rules: readonly ClusterPolicyRule[] | undefined, direction: Direction): CompiledRule[] | null {
  if (rules === undefined || rules.length === 0) return null
  return rules.map((rule, index) => {
    const items = (direction === 'ingress' ? rule.from : rule.to) ?? []
    const peers = items.flatMap(peer => compilePeer(peer, direction))
    const accepts = rule.action === 'Accept' || rule.action === 'Allow'
    // Fail closed on what is not understood: Deny and Pass rules deny everything, Accept rules match nothing by it.
    if (!accepts && peers.some(peer => peer.kind === 'nothing'))
      return { action: 'deny', peers: null, ports: null, index }
    const ports = [...(rule.ports ?? []).map(compileOldPort), ...(rule.protocols ?? []).flatMap(compileProtocol)]
    return {
      action: accepts ? 'accept' : rule.action === 'Deny' ? 'deny' : 'pass',
      peers,
      ports: ports.length === 0 ? null : ports,
      index,
    }
  })
}

function compilePeer(peer: ClusterPolicyPeer, direction: Direction): Peer[] {
  const { namespaces, pods, nodes, networks } = peer
  if (namespaces !== undefined) return [{ kind: 'pods', neverHostNetwork: true, namespaceSelector: namespaces }]
  if (pods !== undefined) {
    const { namespaceSelector = {}, podSelector = {} } = pods
    return [{ kind: 'pods', neverHostNetwork: true, namespaceSelector, podSelector }]
  }
  if (direction === 'ingress') return [{ kind: 'nothing' }]
  if (nodes !== undefined) return [{ kind: 'nodes', selector: nodes }]
  if (networks !== undefined) return networks.map(cidr => ({ kind: 'block', cidr: parsePrefix(cidr), except: [] }))
  // Not understood, or DNS names: only Accept rules may have those, and which addresses they stand for is not known here.
  return [{ kind: 'nothing' }]
}

function compileOldPort({ portNumber, portRange, namedPort }: AdminPolicyPort): PortEntry {
  if (portNumber !== undefined) {
    return { protocol: protocolIndex(portNumber.protocol), first: portNumber.port, last: portNumber.port }
  }
  if (portRange !== undefined) {
    return { protocol: protocolIndex(portRange.protocol), first: portRange.start, last: portRange.end }
  }
  return { protocol: undefined, name: namedPort ?? '' }
}

function compileProtocol(entry: ClusterPolicyProtocol): PortEntry[] {
  if (entry.destinationNamedPort !== undefined) return [{ protocol: undefined, name: entry.destinationNamedPort }]
  return ([entry.tcp, entry.udp, entry.sctp] as const).flatMap((transport, index) => {
    if (transport === undefined) return []
    const { number, range } = transport.destinationPort ?? {}
    const [first, last] = number !== undefined ? [number, number] : [range?.start ?? 1, range?.end ?? 65535]
    return [{ protocol: protocolIndex((['TCP', 'UDP', 'SCTP'] as const)[index]), first, last }]
  })
}

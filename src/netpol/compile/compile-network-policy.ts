import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../controlplane/index.ts'
import { parsePrefix } from '../../wire/prefix.ts'
import type { CompiledPolicy, CompiledRule, Peer, PortEntry, ProtocolIndex } from './compiled.ts'

/** A NetworkPolicy that was validated; its defaults need not have been filled in. */
export function compileNetworkPolicy(policy: NetworkPolicy): CompiledPolicy {
  const spec: Partial<NetworkPolicy['spec']> = policy.spec ?? {}
  const { ingress = [], egress = [] } = spec
  const given = spec.policyTypes ?? []
  const types: readonly string[] = given.length > 0 ? given : egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress']
  const namespace = policy.metadata.namespace ?? 'default'
  return {
    object: policy,
    key: `NetworkPolicy/${namespace}/${policy.metadata.name}`,
    tier: 'NetworkPolicy',
    priority: 0,
    namespace,
    subject: { namespaceSelector: undefined, podSelector: spec.podSelector },
    ingress: types.includes('Ingress')
      ? ingress.map((rule, i) => compileRule(rule.from, rule.ports, i, namespace))
      : null,
    egress: types.includes('Egress') ? egress.map((rule, i) => compileRule(rule.to, rule.ports, i, namespace)) : null,
  }
}

function compileRule(
  peers: readonly NetworkPolicyPeer[] | undefined,
  ports: readonly NetworkPolicyPort[] | undefined,
  index: number,
  namespace: string,
): CompiledRule {
  return {
    action: 'accept',
    peers: peers === undefined || peers.length === 0 ? null : peers.map(peer => compilePeer(peer, namespace)),
    ports: ports === undefined || ports.length === 0 ? null : ports.map(compilePort),
    index,
  }
}

function compilePeer({ podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer, namespace: string): Peer {
  if (ipBlock !== undefined) {
    return { kind: 'block', cidr: parsePrefix(ipBlock.cidr), except: (ipBlock.except ?? []).map(parsePrefix) }
  }
  if (podSelector === undefined && namespaceSelector === undefined) return { kind: 'nothing' }
  return {
    kind: 'pods',
    neverHostNetwork: false,
    ...(namespaceSelector === undefined ? { namespace } : { namespaceSelector }),
    ...(podSelector === undefined ? {} : { podSelector }),
  }
}

function compilePort({ protocol, port, endPort }: NetworkPolicyPort): PortEntry {
  const index = protocolIndex(protocol)
  if (typeof port === 'string') return { protocol: index, name: port }
  if (port === undefined) return { protocol: index, first: 1, last: 65535 }
  return { protocol: index, first: port, last: endPort ?? port }
}

/** TCP where none is given. */
export function protocolIndex(protocol: string | undefined): ProtocolIndex {
  return protocol === 'UDP' ? 1 : protocol === 'SCTP' ? 2 : 0
}

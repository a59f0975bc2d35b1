import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../../controlplane/index.ts'
import { parsePrefix } from '../../../wire/prefix.ts'
import type { FelixConfig } from '../config.ts'
import { and, equals, type Selector, selectorTerms } from './selector.ts'
import { NAMESPACE_LABEL, NAMESPACE_PREFIX, ORCHESTRATOR_LABEL } from './workload.ts'

export type PolicyDirection = 'ingress' | 'egress'

/** A rule of Calico's own kind of policy. The peer is the source of an ingress rule, the destination of an egress rule. */
export interface FelixPolicyRule {
  /** Which rule of the NetworkPolicy it was made of: `spec.ingress[0]`. */
  readonly path: string
  readonly protocol: 'tcp' | 'udp' | 'sctp' | undefined
  readonly selector: Selector | undefined
  readonly nets: readonly string[]
  readonly notNets: readonly string[]
  readonly ports: readonly (readonly [first: number, last: number])[]
  readonly namedPorts: readonly string[]
}

export interface FelixPolicy {
  readonly object: NetworkPolicy
  /** By what its chains are named, and in what order the policies of a tier come. */
  readonly id: string
  readonly selector: Selector
  /** null: the policy does not speak of this direction. */
  readonly ingress: readonly FelixPolicyRule[] | null
  readonly egress: readonly FelixPolicyRule[] | null
}

/** What calico-node makes of a NetworkPolicy (libcalico-go conversion.go): order 1000 in the tier `default`. */
export function convertPolicy(policy: NetworkPolicy, variant: FelixConfig['variant']): FelixPolicy {
  const { namespace = 'default', name } = policy.metadata
  const { podSelector, ingress = [], egress = [], policyTypes = [] } = policy.spec ?? { podSelector: {} }
  const types: readonly string[] =
    policyTypes.length > 0 ? policyTypes : egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress']
  const rules = (
    list: readonly { readonly peers?: readonly NetworkPolicyPeer[]; readonly ports?: readonly NetworkPolicyPort[] }[],
    direction: PolicyDirection,
  ): FelixPolicyRule[] =>
    list.flatMap(({ peers, ports }, i) => convertRule(`spec.${direction}[${i}]`, peers ?? [], ports ?? [], namespace))
  return {
    object: policy,
    id: variant === 'classic' ? `${namespace}/knp.default.${name}` : `knp/${namespace}/${name}`,
    selector: podsOf(namespace, undefined, podSelector),
    ingress: types.includes('Ingress')
      ? rules(
          ingress.map(({ from, ports }) => optional(from, ports)),
          'ingress',
        )
      : null,
    egress: types.includes('Egress')
      ? rules(
          egress.map(({ to, ports }) => optional(to, ports)),
          'egress',
        )
      : null,
  }
}

function optional(peers: readonly NetworkPolicyPeer[] | undefined, ports: readonly NetworkPolicyPort[] | undefined) {
  return { ...(peers === undefined ? {} : { peers }), ...(ports === undefined ? {} : { ports }) }
}

/** One rule for each protocol and peer. */
function convertRule(
  path: string,
  peers: readonly NetworkPolicyPeer[],
  ports: readonly NetworkPolicyPort[],
  namespace: string,
): FelixPolicyRule[] {
  const byProtocol = new Map<FelixPolicyRule['protocol'], NetworkPolicyPort[]>()
  for (const port of ports) {
    const protocol = protocolOf(port.protocol)
    byProtocol.set(protocol, [...(byProtocol.get(protocol) ?? []), port])
  }
  if (ports.length === 0) byProtocol.set(undefined, [])
  const protocols = [...byProtocol].sort(([a = ''], [b = '']) => (a < b ? -1 : 1))
  return protocols.flatMap(([protocol, entries]) => {
    const every = entries.some(({ port }) => port === undefined)
    const matched = every ? NO_PORTS : portsOf(entries)
    return (peers.length === 0 ? [undefined] : peers).map(
      (peer): FelixPolicyRule => ({ path, protocol, ...peerOf(peer, namespace), ...matched }),
    )
  })
}

const NO_PORTS = { ports: [], namedPorts: [] }

function peerOf(
  peer: NetworkPolicyPeer | undefined,
  namespace: string,
): Pick<FelixPolicyRule, 'selector' | 'nets' | 'notNets'> {
  if (peer === undefined) return { selector: undefined, nets: [], notNets: [] }
  const { ipBlock, podSelector, namespaceSelector } = peer
  if (ipBlock === undefined) {
    return { selector: podsOf(namespace, namespaceSelector, podSelector), nets: [], notNets: [] }
  }
  return {
    selector: undefined,
    nets: [parsePrefix(ipBlock.cidr).toString()],
    notNets: (ipBlock.except ?? []).map(cidr => parsePrefix(cidr).toString()),
  }
}

/** Pods of the policy's own namespace, or of those that a selector names. */
function podsOf(
  namespace: string,
  namespaceSelector: NetworkPolicyPeer['namespaceSelector'],
  podSelector: NetworkPolicyPeer['podSelector'],
): Selector {
  const terms = selectorTerms(namespaceSelector, NAMESPACE_PREFIX)
  const where: Selector =
    namespaceSelector === undefined
      ? equals(NAMESPACE_LABEL, namespace)
      : terms.length === 0
        ? { kind: 'has', label: NAMESPACE_LABEL }
        : and(terms)
  return and([where, and([equals(ORCHESTRATOR_LABEL, 'k8s'), ...selectorTerms(podSelector)])])
}

/** Names as they come; numbers sorted, with neighbours joined to ranges. */
function portsOf(entries: readonly NetworkPolicyPort[]): Pick<FelixPolicyRule, 'ports' | 'namedPorts'> {
  const namedPorts = entries.flatMap(({ port }) => (typeof port === 'string' ? [port] : []))
  const ranges = entries
    .flatMap(({ port, endPort }): [number, number][] => (typeof port === 'number' ? [[port, endPort ?? port]] : []))
    .sort(([a], [b]) => a - b)
  const ports: [number, number][] = []
  for (const [first, last] of ranges) {
    const previous = ports.at(-1)
    if (previous !== undefined && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last)
    else ports.push([first, last])
  }
  return { ports, namedPorts: [...new Set(namedPorts)] }
}

function protocolOf(protocol: string | undefined): 'tcp' | 'udp' | 'sctp' {
  return protocol === 'UDP' ? 'udp' : protocol === 'SCTP' ? 'sctp' : 'tcp'
}

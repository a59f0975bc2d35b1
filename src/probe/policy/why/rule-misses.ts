import {
  type CompiledRule,
  isHostNetwork,
  type Peer,
  type PolicyEngine,
  type PortEntry,
  PROTOCOLS,
  type ProtocolIndex,
  podAddress,
  type TrafficEnd,
} from '../../../netpol/index.ts'
import { familyOf, formatAddr } from '../../../wire/addr.ts'
import { selectorMisses } from './selector-misses.ts'

/** What kept a rule from matching. */
export interface Miss {
  readonly kind:
    | 'namespace-label'
    | 'pod-label'
    | 'namespace'
    | 'port'
    | 'protocol'
    | 'named-port'
    | 'cidr'
    | 'except'
    | 'peer-kind'
    | 'subject-label'
    | 'policy-types'
    | 'no-rules'
  readonly text: string
}

export interface Flow {
  readonly from: TrafficEnd
  readonly to: TrafficEnd
  readonly protocol: ProtocolIndex
  readonly port: number
}

/** Everything that keeps a rule from matching: of the peer that comes closest, and of the ports. None: it matches. */
export function ruleMisses(engine: PolicyEngine, rule: CompiledRule, end: TrafficEnd, flow: Flow): readonly Miss[] {
  const peers = rule.peers === null ? [] : closest(rule.peers.map(peer => peerMisses(engine, peer, end)))
  const ports = rule.ports === null ? [] : closest(rule.ports.map(entry => portMisses(entry, flow)))
  return [...peers, ...ports]
}

function closest(lists: readonly (readonly Miss[])[]): readonly Miss[] {
  let best: readonly Miss[] | undefined
  for (const list of lists) if (best === undefined || list.length < best.length) best = list
  return best ?? [{ kind: 'peer-kind', text: 'the rule names nobody' }]
}

export function peerMisses(engine: PolicyEngine, peer: Peer, end: TrafficEnd): readonly Miss[] {
  const plain = 'pod' in end && (!isHostNetwork(end.pod) || engine.options.hostNetwork === 'pod')
  switch (peer.kind) {
    case 'nothing':
      return [{ kind: 'peer-kind', text: 'the rule names a peer that is not understood, or a DNS name' }]
    case 'nodes': {
      const node = 'pod' in end && isHostNetwork(end.pod) ? engine.nodes.get(end.pod.spec.nodeName ?? '') : undefined
      if (node === undefined) return [{ kind: 'peer-kind', text: 'the rule names nodes' }]
      return selectorMisses(peer.selector, node.metadata.labels, `node ${node.metadata.name}`).map(text => ({
        kind: 'pod-label',
        text,
      }))
    }
    case 'block': {
      const addr = 'pod' in end ? podAddress(end.pod, engine.options.family) : end.addr
      const block = `${peer.cidr}`
      if (plain && !engine.options.ipBlockMatchesPods)
        return [{ kind: 'cidr', text: `the rule names the block ${block}, which is not compared with pods here` }]
      if (addr === undefined)
        return [
          {
            kind: 'cidr',
            text: `the rule names the block ${block}, and there is no IPv${engine.options.family} address`,
          },
        ]
      if (familyOf(addr) !== peer.cidr.family || !peer.cidr.contains(addr))
        return [{ kind: 'cidr', text: `${formatAddr(addr)} is not in ${block}` }]
      const except = peer.except.find(one => one.contains(addr))
      return except === undefined
        ? []
        : [{ kind: 'except', text: `${formatAddr(addr)} is in ${except}, which is excepted from ${block}` }]
    }
    case 'pods': {
      if (!('pod' in end))
        return [
          { kind: 'peer-kind', text: 'the rule names pods, and an address outside is no pod: an ipBlock is needed' },
        ]
      if (!plain || (peer.neverHostNetwork && isHostNetwork(end.pod)))
        return [
          {
            kind: 'peer-kind',
            text: "the rule names pods, and a pod of the host network has its node's address: an ipBlock is needed",
          },
        ]
      return podMisses(engine, peer, end)
    }
  }
}

function podMisses(
  engine: PolicyEngine,
  peer: Extract<Peer, { kind: 'pods' }>,
  end: { readonly pod: Extract<TrafficEnd, { pod: unknown }>['pod'] },
): readonly Miss[] {
  const { namespace = 'default', name, labels } = end.pod.metadata
  const misses: Miss[] = []
  if (peer.namespace !== undefined) {
    if (peer.namespace !== namespace) {
      const text = `the rule has no namespaceSelector, so it means pods of namespace ${peer.namespace}; ${name} is in ${namespace}`
      misses.push({ kind: 'namespace', text })
    }
  } else {
    const found = selectorMisses(
      peer.namespaceSelector,
      engine.snapshot.namespaceLabels(namespace),
      `namespace ${namespace}`,
    )
    misses.push(...found.map((text): Miss => ({ kind: 'namespace-label', text })))
  }
  const found = selectorMisses(peer.podSelector, labels, `pod ${namespace}/${name}`)
  return [...misses, ...found.map((text): Miss => ({ kind: 'pod-label', text }))]
}

function portMisses(entry: PortEntry, { to, protocol, port }: Flow): readonly Miss[] {
  const name = PROTOCOLS[protocol]
  if (entry.name !== undefined) {
    const pod = 'pod' in to ? to.pod : undefined
    const declared = (pod?.spec.containers ?? [])
      .flatMap(container => container.ports ?? [])
      .filter(one => one.name === entry.name)
    if (pod === undefined)
      return [{ kind: 'named-port', text: `the rule names port "${entry.name}", and only pods have named ports` }]
    const stands = declared.map(one => `${one.protocol ?? 'TCP'} ${one.containerPort}`).join(', ')
    const fits = declared.some(
      one =>
        one.containerPort === port &&
        (one.protocol ?? 'TCP') === name &&
        (entry.protocol === undefined || entry.protocol === protocol),
    )
    if (fits) return []
    const text =
      stands === ''
        ? `pod ${pod.metadata.name} declares no port named "${entry.name}"`
        : `"${entry.name}" is ${stands} in pod ${pod.metadata.name}; the flow goes to ${name} ${port}`
    return [{ kind: 'named-port', text }]
  }
  if (entry.protocol !== protocol)
    return [{ kind: 'protocol', text: `the rule is for ${PROTOCOLS[entry.protocol]}; the flow is ${name}` }]
  if (port >= entry.first && port <= entry.last) return []
  const range = entry.first === entry.last ? `${entry.first}` : `${entry.first}-${entry.last}`
  return [{ kind: 'port', text: `the rule is for ${name} ${range}; the flow goes to ${port}` }]
}

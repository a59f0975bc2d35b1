import type { NetworkPolicy, Pod } from '../../../controlplane/index.ts'
import { type PolicyEngine, PROTOCOLS, type TrafficEnd } from '../../../netpol/index.ts'
import { exactPeer, type Flow, tellingLabels, type WrittenPeer } from '../why/index.ts'
import { workloadOf } from '../workload-of.ts'

/** What a workload has to be allowed in one direction: for each peer, which ports. */
interface Needs {
  readonly pod: Pod
  readonly ingress: Map<string, Need>
  readonly egress: Map<string, Need>
}

interface Need {
  readonly peer: WrittenPeer
  readonly ports: Map<string, { readonly protocol: string; readonly port: number }>
}

/** The peer that means the cluster DNS. */
const DNS_PEER: WrittenPeer = {
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
  podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
}

/**
 * The least policies that allow these flows: in each namespace concerned one that denies everything, and for each workload one with a
 * rule for each set of ports. `dns`: sources may also ask the cluster DNS.
 */
export function synthesizePolicies(
  engine: PolicyEngine,
  flows: readonly Flow[],
  dns: boolean,
): readonly NetworkPolicy[] {
  const needs = new Map<string, Needs>()
  const of = (pod: Pod): Needs => {
    const name = workloadOf(pod)
    let own = needs.get(name)
    if (own === undefined) {
      own = { pod, ingress: new Map(), egress: new Map() }
      needs.set(name, own)
    }
    return own
  }
  for (const flow of flows) {
    const { from, to } = flow
    if ('pod' in from) note(engine, of(from.pod), 'egress', to, flow)
    if ('pod' in to) note(engine, of(to.pod), 'ingress', from, flow)
    if (dns && 'pod' in from) addDns(of(from.pod))
  }
  const namespaces = [...new Set([...needs.values()].map(one => one.pod.metadata.namespace ?? 'default'))].sort()
  const policies = namespaces.map(namespace =>
    policy(namespace, 'default-deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }),
  )
  for (const [name, own] of [...needs].sort(([a], [b]) => (a < b ? -1 : 1))) {
    policies.push(workloadPolicy(engine, name, own))
  }
  return policies
}

function workloadPolicy(engine: PolicyEngine, name: string, { pod, ingress, egress }: Needs): NetworkPolicy {
  const matchLabels = tellingLabels(engine, pod)
  const [namespace = 'default', , short = name] = name.split('/')
  const incoming = rulesOf(ingress).map(({ peers, ports }) => ({ from: peers, ports }))
  const outgoing = rulesOf(egress).map(({ peers, ports }) => ({ to: peers, ports }))
  return policy(namespace, `allow-${short}`, {
    podSelector: Object.keys(matchLabels).length === 0 ? {} : { matchLabels },
    policyTypes: [
      ...(incoming.length > 0 ? (['Ingress'] as const) : []),
      ...(outgoing.length > 0 ? (['Egress'] as const) : []),
    ],
    ...(incoming.length > 0 ? { ingress: incoming } : {}),
    ...(outgoing.length > 0 ? { egress: outgoing } : {}),
  })
}

function note(
  engine: PolicyEngine,
  needs: Needs,
  direction: 'ingress' | 'egress',
  end: TrafficEnd,
  { protocol, port }: Flow,
): void {
  const peer = exactPeer(engine, end, needs.pod.metadata.namespace)
  const need = needFor(needs[direction], peer)
  need.ports.set(`${protocol}/${String(port).padStart(5, '0')}`, { protocol: PROTOCOLS[protocol], port })
}

function addDns({ egress }: Needs): void {
  const { ports } = needFor(egress, DNS_PEER)
  ports.set('0/00053', { protocol: 'TCP', port: 53 })
  ports.set('1/00053', { protocol: 'UDP', port: 53 })
}

function needFor(needs: Map<string, Need>, peer: WrittenPeer): Need {
  const key = JSON.stringify(peer)
  let need = needs.get(key)
  if (need === undefined) {
    need = { peer, ports: new Map() }
    needs.set(key, need)
  }
  return need
}

type WrittenPorts = NonNullable<NonNullable<NetworkPolicy['spec']['ingress']>[number]['ports']>

/** Peers that need the same ports share a rule. */
function rulesOf(
  needs: ReadonlyMap<string, Need>,
): { readonly peers: readonly WrittenPeer[]; readonly ports: WrittenPorts }[] {
  const byPorts = new Map<string, { peers: WrittenPeer[]; ports: WrittenPorts }>()
  for (const [, { peer, ports }] of [...needs].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const sorted = [...ports].sort(([a], [b]) => (a < b ? -1 : 1))
    const key = sorted.map(([name]) => name).join(' ')
    const rule = byPorts.get(key)
    // Protocols are those of flows.
    if (rule === undefined) byPorts.set(key, { peers: [peer], ports: sorted.map(([, port]) => port) as WrittenPorts })
    else rule.peers.push(peer)
  }
  return [...byPorts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, rule]) => rule)
}

function policy(namespace: string, name: string, spec: NetworkPolicy['spec']): NetworkPolicy {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name, namespace }, spec }
}

import type { KubeObject, NetworkPolicy } from '../../../controlplane/index.ts'
import {
  isEmptyPortSet,
  PolicyEngine,
  type PolicySnapshot,
  type PortSet,
  portSetText,
  subtractPorts,
  type TrafficEnd,
} from '../../../netpol/index.ts'
import { flowName } from '../end-name.ts'
import { reachPairs } from '../reach-change.ts'
import { OUTSIDE } from '../reach-group.ts'
import type { Flow } from '../why/index.ts'
import { workloadOf } from '../workload-of.ts'

export interface Proof {
  /** Given flows that the policies do not allow. */
  readonly missing: readonly string[]
  /** What the policies allow beside them: `from -> to TCP 80`. */
  readonly extra: readonly string[]
  /** Pairs of workloads that were compared. */
  readonly pairs: number
}

/**
 * Puts policies in place of the NetworkPolicies of their namespaces and compares with the engine what they allow, port by port, with what
 * they should: the flows, between all pods of the same workloads, and DNS.
 */
export function provePolicies(
  engine: PolicyEngine,
  policies: readonly NetworkPolicy[],
  flows: readonly Flow[],
  dns: boolean,
): Proof {
  const namespaces = new Set(policies.map(policy => policy.metadata.namespace ?? 'default'))
  const proven = new PolicyEngine(replaced(engine.snapshot, policies, namespaces), engine.options)
  const missing = flows.filter(flow => !proven.allows(flow.from, flow.to, flow.protocol, flow.port)).map(flowName)
  const wanted = new Map<string, [number, number][][]>()
  const want = (from: string, to: string, protocol: number, port: number): void => {
    const key = `${from}\0${to}`
    const ports = wanted.get(key) ?? [[], [], []]
    ports[protocol]?.push([port, port])
    wanted.set(key, ports)
  }
  const nameOf = (end: TrafficEnd): string => ('pod' in end ? workloadOf(end.pod) : OUTSIDE)
  const dnsPods = [...proven.pods()].filter(
    pod => pod.metadata.namespace === 'kube-system' && pod.metadata.labels?.['k8s-app'] === 'kube-dns',
  )
  for (const { from, to, protocol, port } of flows) {
    want(nameOf(from), nameOf(to), protocol, port)
    if (dns && 'pod' in from)
      for (const pod of dnsPods) for (const one of [0, 1]) want(workloadOf(from.pod), workloadOf(pod), one, 53)
  }
  const extra: string[] = []
  let pairs = 0
  const inside = new Set(
    [...proven.pods()]
      .filter(pod => namespaces.has(pod.metadata.namespace ?? 'default') && pod.spec.hostNetwork !== true)
      .map(workloadOf),
  )
  for (const [key, { from, to, ports }] of reachPairs(proven, 'workload')) {
    if (!inside.has(from) && !inside.has(to)) continue
    pairs++
    const allowed: PortSet = wanted.get(key) ?? [[], [], []]
    const more = subtractPorts(
      ports,
      allowed.map(list => [...list].sort((a, b) => a[0] - b[0])),
    )
    if (!isEmptyPortSet(more)) extra.push(`${from} -> ${to} ${portSetText(more)}`)
  }
  return { missing, extra, pairs }
}

function replaced(
  snapshot: PolicySnapshot,
  policies: readonly NetworkPolicy[],
  namespaces: ReadonlySet<string>,
): PolicySnapshot {
  const kept = snapshot.networkPolicies.filter(policy => !namespaces.has(policy.metadata.namespace ?? 'default'))
  const networkPolicies = [...kept, ...policies]
  return {
    pods: snapshot.pods,
    nodes: snapshot.nodes,
    namespaces: snapshot.namespaces,
    networkPolicies,
    list: (kind): readonly KubeObject[] => (kind === 'NetworkPolicy' ? networkPolicies : snapshot.list(kind)),
    namespaceLabels: name => snapshot.namespaceLabels(name),
  }
}

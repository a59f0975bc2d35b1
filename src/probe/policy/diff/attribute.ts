import type { KubeObject } from '../../../controlplane/index.ts'
import type { PolicyEngine, ProtocolIndex, TrafficEnd } from '../../../netpol/index.ts'
import { explainFlow, type RuleName } from '../why/index.ts'
import { sameContent as same } from './same-content.ts'

/** Why a pair changed: the object, whether it was added, changed or removed, and the rule where there is one. */
export interface Cause {
  readonly object: KubeObject
  readonly change: 'added' | 'changed' | 'removed'
  readonly rule: RuleName | undefined
}

export interface FlowOfPair {
  readonly from: TrafficEnd
  readonly to: TrafficEnd
  readonly protocol: ProtocolIndex
  readonly port: number
}

/**
 * The objects that caused one flow to be allowed or denied: those rules that decide now and did not, those that decided and do not, and
 * what isolates only on one side.
 */
export function attribute(
  before: PolicyEngine,
  after: PolicyEngine,
  old: FlowOfPair | undefined,
  now: FlowOfPair | undefined,
): readonly Cause[] {
  if (old === undefined || now === undefined) {
    const flow = now ?? old
    const change = now === undefined ? 'removed' : 'added'
    const other = now === undefined ? after : before
    return [flow?.from, flow?.to].flatMap(end =>
      end !== undefined && 'pod' in end && !knows(other, end.pod)
        ? [{ object: end.pod, change, rule: undefined } as const]
        : [],
    )
  }
  const was = explainFlow(before, old)
  const is = explainFlow(after, now)
  const causes = new Map<string, Cause>()
  for (const direction of ['egress', 'ingress'] as const) {
    if (was[direction].allowed === is[direction].allowed) continue
    const deciding = is[direction].decided
    const decided = was[direction].decided
    const there = new Map(before.policies.map(policy => [policy.key, policy.object]))
    const here = new Map(after.policies.map(policy => [policy.key, policy.object]))
    for (const policy of is[direction].selecting) {
      const earlier = there.get(policy.key)
      const selectedBefore = was[direction].selecting.some(one => one.key === policy.key)
      if (earlier === policy.object || (earlier !== undefined && same(earlier, policy.object) && selectedBefore))
        continue
      const rule = deciding?.policy.key === policy.key ? deciding : undefined
      const relevant = rule !== undefined || !is[direction].allowed || decided?.policy.key === policy.key
      if (relevant)
        causes.set(policy.key, { object: policy.object, change: earlier === undefined ? 'added' : 'changed', rule })
    }
    for (const policy of was[direction].selecting) {
      if (causes.has(policy.key)) continue
      const later = here.get(policy.key)
      const rule = decided?.policy.key === policy.key ? decided : undefined
      if (later === undefined) causes.set(policy.key, { object: policy.object, change: 'removed', rule })
      else if (!same(later, policy.object))
        causes.set(policy.key, { object: later, change: 'changed', rule: undefined })
    }
  }
  if (causes.size === 0) addLabels(before, after, old, now, causes)
  return [...causes.values()]
}

/** No policy is different, so a label is: of a pod or of its namespace. */
function addLabels(
  before: PolicyEngine,
  after: PolicyEngine,
  old: FlowOfPair,
  now: FlowOfPair,
  causes: Map<string, Cause>,
): void {
  for (const [a, b] of [
    [old.from, now.from],
    [old.to, now.to],
  ] as const) {
    if (!('pod' in a) || !('pod' in b)) continue
    const namespace = b.pod.metadata.namespace ?? 'default'
    if (!same(a.pod.metadata.labels, b.pod.metadata.labels))
      causes.set(`Pod/${namespace}/${b.pod.metadata.name}`, { object: b.pod, change: 'changed', rule: undefined })
    if (same(before.snapshot.namespaceLabels(namespace), after.snapshot.namespaceLabels(namespace))) continue
    const object = after.snapshot.namespaces.find(one => one.metadata.name === namespace)
    if (object !== undefined) causes.set(`Namespace/${namespace}`, { object, change: 'changed', rule: undefined })
  }
}

function knows(engine: PolicyEngine, pod: KubeObject): boolean {
  for (const one of engine.pods())
    if (one.metadata.name === pod.metadata.name && one.metadata.namespace === pod.metadata.namespace) return true
  return false
}

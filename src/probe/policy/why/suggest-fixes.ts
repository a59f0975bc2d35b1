import type { KubeObject, NetworkPolicy } from '../../../controlplane/index.ts'
import { PolicyEngine, PROTOCOLS, type TrafficEnd } from '../../../netpol/index.ts'
import { endName } from '../end-name.ts'
import { type ReachChange, reachChanges, reachPairs } from '../reach-change.ts'
import { OUTSIDE } from '../reach-group.ts'
import { exactPeer } from './exact-peer.ts'
import type { DirectionExplanation, NearMiss } from './explain-direction.ts'
import { explainDirection } from './explain-direction.ts'
import type { FlowExplanation } from './explain-flow.ts'
import type { Flow } from './rule-misses.ts'

export interface Fix {
  readonly direction: 'ingress' | 'egress'
  /** `add to NetworkPolicy x/y, spec.ingress[0].ports:` and the YAML in one line. */
  readonly text: string
  /** The object after the edit. */
  readonly object: KubeObject
  /** What else would be opened, beside the flow's own pair and port. */
  readonly opens: readonly ReachChange[]
}

/** Grouping of what a fix opens: single pods where they are few. */
const FEW_PODS = 60
/** Classes from which on what a fix opens is not computed for each of them. */
const MANY_CLASSES = 3000

/** The smallest edits that allow exactly this flow, those that open least first. Each is tried on a copy of the engine. */
export function suggestFixes(engine: PolicyEngine, explanation: FlowExplanation): readonly Fix[] {
  if (explanation.allowed) return []
  const trial = new PolicyEngine(engine.snapshot, engine.options)
  const pods = [...engine.pods()].length
  const by = pods <= FEW_PODS ? 'pod' : 'workload'
  const before = engine.table.count <= MANY_CLASSES ? reachPairs(trial, by) : undefined
  const { from, to, protocol, port } = explanation.flow
  const own = `${PROTOCOLS[protocol]} ${port}`
  const nameOf = (end: TrafficEnd): string => ('pod' in end ? endName(end, by) : OUTSIDE)
  const isOwn = (one: ReachChange): boolean => one.text === own && one.from === nameOf(from) && one.to === nameOf(to)
  const fixes: Fix[] = []
  for (const side of [explanation.egress, explanation.ingress]) {
    if (side.allowed) continue
    for (const { text, object, original } of candidates(engine, side, explanation.flow)) {
      trial.setPolicy(object)
      const works = explainDirection(trial, side.direction, explanation.flow).allowed
      const opens = before === undefined || !works ? [] : reachChanges(before, reachPairs(trial, by))
      trial.setPolicy(original)
      if (works)
        fixes.push({
          direction: side.direction,
          text,
          object,
          opens: opens.filter(one => one.change === 'gained' && !isOwn(one)),
        })
    }
  }
  return fixes.sort(
    (a, b) =>
      a.direction.localeCompare(b.direction, 'en') || a.opens.length - b.opens.length || a.text.length - b.text.length,
  )
}

interface Candidate {
  readonly text: string
  readonly object: KubeObject
  readonly original: KubeObject
}

interface WrittenRule {
  readonly from?: readonly unknown[]
  readonly to?: readonly unknown[]
  readonly ports?: readonly unknown[]
}

const PORT_MISSES: ReadonlySet<string> = new Set(['port', 'protocol', 'named-port'])

function candidates(engine: PolicyEngine, side: DirectionExplanation, flow: Flow): readonly Candidate[] {
  const { direction } = side
  const field = direction === 'ingress' ? 'from' : 'to'
  const end = direction === 'ingress' ? flow.from : flow.to
  const port = { protocol: PROTOCOLS[flow.protocol], port: flow.port }
  const found = new Map<string, Candidate>()
  const offer = (policy: NetworkPolicy, path: string, value: unknown, rules: readonly WrittenRule[]): void => {
    const { namespace, name } = policy.metadata
    const text = `add to NetworkPolicy ${namespace}/${name}, ${path}: ${JSON.stringify(value)}`
    const object: KubeObject & { spec: unknown } = { ...policy, spec: { ...policy.spec, [direction]: rules } }
    found.set(text, { text, object, original: policy })
  }
  const own = side.nearMisses.filter(one => one.policy.tier === 'NetworkPolicy' && side.selecting.includes(one.policy))
  for (const miss of own) editRule(miss, field, exactPeer(engine, end, miss.policy.namespace), port, offer)
  const first = side.selecting.find(policy => policy.tier === 'NetworkPolicy')
  if (first !== undefined && side.reason === 'isolated') {
    const policy = first.object as NetworkPolicy
    const rule = { [field]: [exactPeer(engine, end, first.namespace)], ports: [port] }
    offer(policy, `spec.${direction}`, rule, [...(policy.spec[direction] ?? []), rule])
  }
  return [...found.values()]
}

function editRule(
  miss: NearMiss,
  field: 'from' | 'to',
  peer: unknown,
  port: unknown,
  offer: (policy: NetworkPolicy, path: string, value: unknown, rules: readonly WrittenRule[]) => void,
): void {
  const { index, direction } = miss
  // NetworkPolicies come from the store as they were checked.
  const policy = miss.policy.object as NetworkPolicy
  if (index === undefined) return
  const rules: readonly WrittenRule[] = policy.spec[direction] ?? []
  const rule = rules[index]
  if (rule === undefined) return
  const ofPorts = miss.misses.filter(one => PORT_MISSES.has(one.kind)).length
  const replaced = (changed: WrittenRule): readonly WrittenRule[] =>
    rules.map((one, i) => (i === index ? changed : one))
  if (ofPorts === miss.misses.length) {
    offer(
      policy,
      `spec.${direction}[${index}].ports`,
      port,
      replaced({ ...rule, ports: [...(rule.ports ?? []), port] }),
    )
  } else if (ofPorts === 0) {
    offer(
      policy,
      `spec.${direction}[${index}].${field}`,
      peer,
      replaced({ ...rule, [field]: [...(rule[field] ?? []), peer] }),
    )
  }
}

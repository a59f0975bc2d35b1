import type { Pod } from '../../../controlplane/index.ts'
import {
  type CompiledPolicy,
  type CompiledRule,
  compilePolicy,
  type Direction,
  type PolicyEngine,
} from '../../../netpol/index.ts'
import { type Flow, type Miss, ruleMisses } from './rule-misses.ts'
import { selectorMisses } from './selector-misses.ts'

/** A rule, and which object it stands in. */
export interface RuleName {
  readonly policy: CompiledPolicy
  readonly direction: Direction
  /** Undefined where the policy has no rule to speak of. */
  readonly index: number | undefined
}

export interface NearMiss extends RuleName {
  readonly rule: CompiledRule | undefined
  readonly misses: readonly Miss[]
}

export interface DirectionExplanation {
  readonly direction: Direction
  readonly allowed: boolean
  /** Policies that select the pod and speak of this direction, by precedence. */
  readonly selecting: readonly CompiledPolicy[]
  /** Rules that match the flow. Of cluster-wide policies the first one counts. */
  readonly matching: readonly RuleName[]
  /** The rule that decided; undefined where the default did: open without policies, closed with NetworkPolicies. */
  readonly decided: RuleName | undefined
  readonly reason: 'no-policy' | 'rule' | 'isolated' | 'outside'
  /** What came closest to allowing it, the closest first. Only for a refusal. */
  readonly nearMisses: readonly NearMiss[]
}

/** Why one side lets a flow pass or not: egress is about its source, ingress about its destination. */
export function explainDirection(engine: PolicyEngine, direction: Direction, flow: Flow): DirectionExplanation {
  const subject = direction === 'ingress' ? flow.to : flow.from
  const peer = direction === 'ingress' ? flow.from : flow.to
  const index = engine.classOf(subject)
  if (!('pod' in subject) || index === undefined) {
    return {
      direction,
      allowed: true,
      selecting: [],
      matching: [],
      decided: undefined,
      reason: 'outside',
      nearMisses: [],
    }
  }
  const selecting = engine.selecting(direction, index)
  const matching: RuleName[] = []
  for (const policy of selecting) {
    for (const rule of policy[direction] ?? []) {
      if (ruleMisses(engine, rule, peer, flow).length === 0) matching.push({ policy, direction, index: rule.index })
    }
  }
  const { decided, allowed, reason } = decide(selecting, matching, direction)
  const nearMisses = allowed ? [] : missed(engine, direction, flow, subject.pod, selecting)
  return { direction, allowed, selecting, matching, decided, reason, nearMisses }
}

function decide(
  selecting: readonly CompiledPolicy[],
  matching: readonly RuleName[],
  direction: Direction,
): Pick<DirectionExplanation, 'decided' | 'allowed' | 'reason'> {
  const actionOf = ({ policy, index }: RuleName) => policy[direction]?.find(rule => rule.index === index)?.action
  const admin = matching.find(one => one.policy.tier === 'Admin')
  const first = admin === undefined ? undefined : actionOf(admin)
  if (admin !== undefined && first !== 'pass') return { decided: admin, allowed: first === 'accept', reason: 'rule' }
  if (selecting.some(policy => policy.tier === 'NetworkPolicy')) {
    const decided = matching.find(one => one.policy.tier === 'NetworkPolicy')
    return { decided, allowed: decided !== undefined, reason: decided === undefined ? 'isolated' : 'rule' }
  }
  const baseline = matching.find(one => one.policy.tier === 'Baseline')
  const last = baseline === undefined ? undefined : actionOf(baseline)
  if (baseline !== undefined && last !== 'pass')
    return { decided: baseline, allowed: last === 'accept', reason: 'rule' }
  return { decided: undefined, allowed: true, reason: 'no-policy' }
}

/** At most this many are told. */
const TOLD = 8

function missed(
  engine: PolicyEngine,
  direction: Direction,
  flow: Flow,
  pod: Pod,
  selecting: readonly CompiledPolicy[],
): readonly NearMiss[] {
  const peer = direction === 'ingress' ? flow.from : flow.to
  const found: NearMiss[] = []
  for (const policy of selecting) {
    if (policy.tier !== 'NetworkPolicy') continue
    const rules = policy[direction] ?? []
    if (rules.length === 0) {
      found.push({
        policy,
        direction,
        index: undefined,
        rule: undefined,
        misses: [{ kind: 'no-rules', text: `the policy has no ${direction} rule, so it allows nothing` }],
      })
    }
    for (const rule of rules)
      found.push({ policy, direction, index: rule.index, rule, misses: ruleMisses(engine, rule, peer, flow) })
  }
  for (const policy of engine.policies) {
    if (policy.namespace !== pod.metadata.namespace || selecting.includes(policy)) continue
    const others = selectorMisses(
      policy.subject.podSelector,
      pod.metadata.labels,
      `pod ${pod.metadata.namespace}/${pod.metadata.name}`,
    )
    const subject = others.map(
      (text): Miss => ({ kind: 'subject-label', text: `the policy does not select it: ${text}` }),
    )
    const { rules, ignored } = rulesOf(policy, direction)
    for (const rule of rules) {
      const misses: Miss[] = [...subject, ...ruleMisses(engine, rule, peer, flow)]
      if (ignored)
        misses.push({
          kind: 'policy-types',
          text: `policyTypes does not list ${direction === 'ingress' ? 'Ingress' : 'Egress'}, so the ${direction} rules are ignored`,
        })
      if (misses.length > 0) found.push({ policy, direction, index: rule.index, rule, misses })
    }
  }
  // A rule without misses is told elsewhere; the sort is stable, so that equals keep the order of the policies.
  return found
    .filter(one => one.misses.length > 0)
    .sort(
      (a, b) =>
        a.misses.length - b.misses.length ||
        Number(a.misses[0]?.kind === 'no-rules') - Number(b.misses[0]?.kind === 'no-rules'),
    )
    .slice(0, TOLD)
}

/** The rules of a direction, also those that `policyTypes` switches off. */
function rulesOf(policy: CompiledPolicy, direction: Direction): { rules: readonly CompiledRule[]; ignored: boolean } {
  const own = policy[direction]
  if (own !== null) return { rules: own, ignored: false }
  const { object } = policy
  const spec: unknown = (object as { readonly spec?: unknown }).spec
  if (typeof spec !== 'object' || spec === null) return { rules: [], ignored: false }
  const both = { ...object, spec: { ...spec, policyTypes: ['Ingress', 'Egress'] } }
  return { rules: compilePolicy(both)[direction] ?? [], ignored: true }
}

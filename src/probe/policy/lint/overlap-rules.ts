import {
  type CompiledPolicy,
  type CompiledRule,
  type Direction,
  type PolicyEngine,
  PROTOCOLS,
  type TrafficEnd,
} from '../../../netpol/index.ts'
import { addrFromBigInt } from '../../../wire/addr.ts'
import { endName } from '../end-name.ts'
import { type Flow, ruleMisses } from '../why/rule-misses.ts'
import { type LintContext, type LintRule, selectedPods } from './lint-rule.ts'
import { policyRef } from './policy-ref.ts'

/** Two pods of each class, which may talk to each other, and one address of each range: what a rule can tell apart. */
function representatives({ engine, pods }: LintContext): readonly TrafficEnd[] {
  const seen = new Map<number, number>()
  const ends: TrafficEnd[] = []
  for (const pod of pods) {
    const index = engine.classOfPod(pod)
    if (index === undefined || seen.get(index) === 2) continue
    seen.set(index, (seen.get(index) ?? 0) + 1)
    ends.push({ pod })
  }
  const { cidrs } = engine.vocabulary
  for (const atom of cidrs.starts.keys())
    ends.push({ addr: addrFromBigInt(cidrs.range(atom)[0], engine.options.family) })
  return ends
}

/** The flows that a rule matches, one for each class, range and port atom. */
function* flowsOf(
  context: LintContext,
  ends: readonly TrafficEnd[],
  policy: CompiledPolicy,
  direction: Direction,
  rule: CompiledRule,
): IterableIterator<Flow> {
  const seen = new Set<number>()
  for (const pod of selectedPods(context, policy)) {
    const index = context.engine.classOfPod(pod) ?? -1
    if (seen.has(index)) continue
    seen.add(index)
    for (const end of ends) {
      if ('pod' in end && end.pod === pod) continue
      for (const { protocol, first } of context.engine.vocabulary.ports.atoms) {
        const flow: Flow =
          direction === 'ingress'
            ? { from: end, to: { pod }, protocol, port: first }
            : { from: { pod }, to: end, protocol, port: first }
        if (ruleMisses(context.engine, rule, end, flow).length === 0) yield flow
      }
    }
  }
}

const peerOf = (direction: Direction, flow: Flow): TrafficEnd => (direction === 'ingress' ? flow.from : flow.to)
const subjectOf = (direction: Direction, flow: Flow): TrafficEnd => (direction === 'ingress' ? flow.to : flow.from)

function selecting(engine: PolicyEngine, direction: Direction, flow: Flow): readonly CompiledPolicy[] {
  return engine.selecting(direction, engine.classOf(subjectOf(direction, flow)) ?? -1)
}

const redundantRule: LintRule = {
  id: 'redundant-rule',
  level: 'note',
  summary: 'Everything that a rule allows is allowed by other rules',
  *check(context) {
    const ends = representatives(context)
    for (const policy of context.engine.policies) {
      if (policy.tier !== 'NetworkPolicy') continue
      for (const direction of ['ingress', 'egress'] as const) {
        for (const rule of policy[direction] ?? []) {
          const covering = new Set<string>()
          let first: Flow | undefined
          let redundant = true
          for (const flow of flowsOf(context, ends, policy, direction, rule)) {
            const other = otherRule(context.engine, direction, flow, rule)
            if (other === undefined) {
              redundant = false
              break
            }
            first ??= flow
            covering.add(other)
          }
          if (!redundant || first === undefined) continue
          const witness = `${endName(first.from)} -> ${endName(first.to)} ${PROTOCOLS[first.protocol]} ${first.port}`
          yield {
            object: policy.object,
            path: `spec.${direction}[${rule.index}]`,
            message: `the rule adds nothing: ${[...covering].sort().join(', ')} allow all of it, such as ${witness}`,
          }
        }
      }
    }
  },
}

function otherRule(engine: PolicyEngine, direction: Direction, flow: Flow, rule: CompiledRule): string | undefined {
  for (const policy of selecting(engine, direction, flow)) {
    if (policy.tier !== 'NetworkPolicy') continue
    for (const other of policy[direction] ?? []) {
      if (other !== rule && ruleMisses(engine, other, peerOf(direction, flow), flow).length === 0)
        return `${policyRef(policy)} spec.${direction}[${other.index}]`
    }
  }
  return undefined
}

const shadowedRule: LintRule = {
  id: 'shadowed-cnp-rule',
  level: 'warning',
  summary: 'A rule of a cluster-wide policy never decides: rules before it take all that it matches',
  *check(context) {
    const ends = representatives(context)
    for (const policy of context.engine.policies) {
      if (policy.tier === 'NetworkPolicy') continue
      for (const direction of ['ingress', 'egress'] as const) {
        for (const rule of policy[direction] ?? []) {
          const before = new Set<string>()
          let first: Flow | undefined
          let shadowed = true
          for (const flow of flowsOf(context, ends, policy, direction, rule)) {
            const earlier = firstOfTier(context.engine, direction, flow, policy.tier)
            if (earlier === undefined || earlier.rule === rule) {
              shadowed = false
              break
            }
            first ??= flow
            before.add(`${policyRef(earlier.policy)} spec.${direction}[${earlier.rule.index}]`)
          }
          if (!shadowed || first === undefined) continue
          const witness = `${endName(first.from)} -> ${endName(first.to)} ${PROTOCOLS[first.protocol]} ${first.port}`
          yield {
            object: policy.object,
            path: `spec.${direction}[${rule.index}]`,
            message: `the rule never decides: ${[...before].sort().join(', ')} come first for all that it matches, such as ${witness}`,
          }
        }
      }
    }
  },
}

function firstOfTier(
  engine: PolicyEngine,
  direction: Direction,
  flow: Flow,
  tier: CompiledPolicy['tier'],
): { policy: CompiledPolicy; rule: CompiledRule } | undefined {
  for (const policy of selecting(engine, direction, flow)) {
    if (policy.tier !== tier) continue
    for (const rule of policy[direction] ?? [])
      if (ruleMisses(engine, rule, peerOf(direction, flow), flow).length === 0) return { policy, rule }
  }
  return undefined
}

const equalPriority: LintRule = {
  id: 'cnp-equal-priority-overlap',
  level: 'error',
  summary: 'Two cluster-wide policies of one priority decide differently; which one counts is not defined',
  *check(context) {
    const ends = representatives(context)
    const policies = context.engine.policies.filter(policy => policy.tier !== 'NetworkPolicy')
    for (const [i, policy] of policies.entries()) {
      for (const other of policies.slice(i + 1)) {
        if (policy.tier !== other.tier || policy.priority !== other.priority) continue
        const found = conflict(context, ends, policy, other)
        if (found !== undefined) yield { object: other.object, path: 'spec.priority', message: found }
      }
    }
  },
}

function conflict(
  context: LintContext,
  ends: readonly TrafficEnd[],
  policy: CompiledPolicy,
  other: CompiledPolicy,
): string | undefined {
  for (const direction of ['ingress', 'egress'] as const) {
    for (const rule of policy[direction] ?? []) {
      for (const flow of flowsOf(context, ends, policy, direction, rule)) {
        if (!selecting(context.engine, direction, flow).includes(other)) continue
        const own = (policy[direction] ?? []).find(
          one => ruleMisses(context.engine, one, peerOf(direction, flow), flow).length === 0,
        )
        const theirs = (other[direction] ?? []).find(
          one => ruleMisses(context.engine, one, peerOf(direction, flow), flow).length === 0,
        )
        if (own === undefined || theirs === undefined || own.action === theirs.action) continue
        return `${policyRef(policy)} and ${policyRef(other)} have priority ${policy.priority} both, and for ${endName(flow.from)} -> ${endName(flow.to)} ${PROTOCOLS[flow.protocol]} ${flow.port} one says ${own.action}, the other ${theirs.action}: which one counts is not defined`
      }
    }
  }
  return undefined
}

export const OVERLAP_RULES: readonly LintRule[] = [redundantRule, shadowedRule, equalPriority]

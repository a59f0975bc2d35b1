import type { NetworkPolicy } from '../../../controlplane/index.ts'
import { explainFlow } from '../why/index.ts'
import { type LintRule, selectedPods } from './lint-rule.ts'

const policyTypesIgnoresSection: LintRule = {
  id: 'policytypes-ignores-section',
  level: 'error',
  summary: 'policyTypes does not list a direction that the policy has rules for',
  *check({ engine }) {
    for (const { object, namespace } of engine.policies) {
      if (namespace === undefined) continue
      const { spec } = object as NetworkPolicy
      for (const [direction, type] of [
        ['ingress', 'Ingress'],
        ['egress', 'Egress'],
      ] as const) {
        if ((spec[direction] ?? []).length === 0 || spec.policyTypes === undefined || spec.policyTypes.includes(type))
          continue
        yield {
          object,
          path: `spec.${direction}`,
          message: `these ${direction} rules are ignored: policyTypes is [${spec.policyTypes.join(', ')}] and does not list ${type}`,
        }
      }
    }
  },
}

const egressEmptyNotDefaulted: LintRule = {
  id: 'egress-empty-not-defaulted',
  level: 'warning',
  summary: '`egress: []` without policyTypes denies nothing',
  *check({ engine }) {
    for (const { object, namespace } of engine.policies) {
      if (namespace === undefined) continue
      const { spec } = object as NetworkPolicy
      if (spec.egress === undefined || spec.egress.length > 0 || spec.policyTypes?.includes('Egress') === true) continue
      yield {
        object,
        path: 'spec.egress',
        message:
          'an empty egress list does not deny egress: the policy is about ingress only, unless policyTypes lists Egress',
      }
    }
  },
}

const isolatedButNothingAllowed: LintRule = {
  id: 'isolated-but-nothing-allowed',
  level: 'note',
  summary: 'Pods are isolated and no policy allows them anything',
  *check(context) {
    const told = new Set<string>()
    for (const policy of context.engine.policies) {
      if (policy.namespace === undefined) continue
      for (const direction of ['ingress', 'egress'] as const) {
        if (policy[direction] === null) continue
        const silent = selectedPods(context, policy).filter(pod => {
          const selecting = context.engine.selecting(direction, context.engine.classOfPod(pod) ?? 0)
          const named = selecting.every(one => one.tier !== 'NetworkPolicy' || (one[direction] ?? []).length === 0)
          return named && !told.has(`${direction} ${pod.metadata.namespace}/${pod.metadata.name}`)
        })
        for (const pod of silent) told.add(`${direction} ${pod.metadata.namespace}/${pod.metadata.name}`)
        const [first] = silent
        if (first === undefined) continue
        const more = silent.length > 1 ? ` and ${silent.length - 1} more` : ''
        yield {
          object: policy.object,
          path: 'spec',
          message: `pod ${first.metadata.namespace}/${first.metadata.name}${more} is isolated for ${direction}, and no policy allows it anything`,
        }
      }
    }
  },
}

const egressWithoutDns: LintRule = {
  id: 'egress-without-dns',
  level: 'warning',
  summary: 'Pods with restricted egress cannot ask the cluster DNS',
  *check(context) {
    const dns = context.pods.find(
      pod => pod.metadata.namespace === 'kube-system' && pod.metadata.labels?.['k8s-app'] === 'kube-dns',
    )
    if (dns === undefined) return
    const told = new Set<string>()
    for (const policy of context.engine.policies) {
      if (policy.namespace === undefined || (policy.egress ?? []).length === 0) continue
      for (const pod of selectedPods(context, policy)) {
        const key = `${pod.metadata.namespace}/${pod.metadata.name}`
        if (told.has(key) || pod === dns || context.engine.allows({ pod }, { pod: dns }, 1, 53)) continue
        told.add(key)
        const { ingress } = explainFlow(context.engine, { from: { pod }, to: { pod: dns }, protocol: 1, port: 53 })
        const side = ingress.allowed ? '' : ' (the DNS pods refuse it too)'
        yield {
          object: policy.object,
          path: 'spec.egress',
          message: `pod ${key} may not ask the cluster DNS (UDP 53 to kube-system, k8s-app=kube-dns): names do not resolve for it${side}`,
        }
        break
      }
    }
  },
}

export const ISOLATION_RULES: readonly LintRule[] = [
  policyTypesIgnoresSection,
  egressEmptyNotDefaulted,
  isolatedButNothingAllowed,
  egressWithoutDns,
]

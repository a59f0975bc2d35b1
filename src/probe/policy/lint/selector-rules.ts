import { type LabelSelector, matchesSelector, type NetworkPolicy } from '../../../controlplane/index.ts'
import { isHostNetwork, type Peer } from '../../../netpol/index.ts'
import { peerMisses } from '../why/rule-misses.ts'
import { type LintContext, type LintRule, selectedPods } from './lint-rule.ts'

const selectorMatchesNoPod: LintRule = {
  id: 'selector-matches-no-pod',
  level: 'warning',
  summary: 'A selector matches no pod: today, or ever',
  *check(context) {
    for (const policy of context.engine.policies) {
      if (selectedPods(context, policy).length === 0) {
        const impossible = contradicts(policy.subject.podSelector)
        const message = impossible
          ? 'podSelector contradicts itself and can never match a pod'
          : 'the policy selects no pod today'
        yield {
          object: policy.object,
          path: policy.namespace === undefined ? 'spec.subject' : 'spec.podSelector',
          message,
        }
      }
      for (const { peer, path } of peersOf(policy)) {
        if (peer.kind !== 'pods' || context.pods.some(pod => peerMisses(context.engine, peer, { pod }).length === 0))
          continue
        const impossible = contradicts(peer.podSelector) || contradicts(peer.namespaceSelector)
        yield {
          object: policy.object,
          path,
          message: impossible
            ? 'the peer contradicts itself and can never match a pod'
            : 'the peer matches no pod today',
        }
      }
    }
  },
}

const andOrIndentation: LintRule = {
  id: 'and-or-indentation',
  level: 'warning',
  summary: 'A namespaceSelector and a podSelector stand in two list items (or) where one (and) may be meant',
  *check({ engine }) {
    for (const policy of engine.policies) {
      if (policy.namespace === undefined) continue
      const { spec } = policy.object as NetworkPolicy
      for (const [direction, side] of [
        ['ingress', 'from'],
        ['egress', 'to'],
      ] as const) {
        const rules: readonly { readonly from?: readonly object[]; readonly to?: readonly object[] }[] =
          spec[direction] ?? []
        for (const [i, rule] of rules.entries()) {
          const items = rule[side] ?? []
          const namespaceOnly = items.findIndex(item => 'namespaceSelector' in item && !('podSelector' in item))
          const podOnly = items.findIndex(item => 'podSelector' in item && !('namespaceSelector' in item))
          if (items.length !== 2 || namespaceOnly < 0 || podOnly !== namespaceOnly + 1) continue
          const message =
            "these are two peers: all pods of the matching namespaces, or pods of the policy's own namespace with these labels; without the dash before podSelector it would be pods with these labels in those namespaces"
          yield { object: policy.object, path: `spec.${direction}[${i}].${side}[${podOnly}]`, message }
        }
      }
    }
  },
}

const notInMatchesMissingKey: LintRule = {
  id: 'notin-matches-missing-key',
  level: 'note',
  summary: 'NotIn also matches where the label is missing',
  *check({ engine, pods }) {
    for (const policy of engine.policies) {
      for (const { peer, path } of peersOf(policy)) {
        if (peer.kind !== 'pods') continue
        for (const { key, operator } of peer.podSelector?.matchExpressions ?? []) {
          if (operator !== 'NotIn' || hasExists(peer.podSelector, key)) continue
          const one = pods.find(
            pod => pod.metadata.labels?.[key] === undefined && peerMisses(engine, peer, { pod }).length === 0,
          )
          if (one === undefined) continue
          const message = `NotIn matches pods without the label ${key} too, such as ${one.metadata.namespace}/${one.metadata.name}; add {key: ${key}, operator: Exists} if they are not meant`
          yield { object: policy.object, path, message }
        }
      }
    }
  },
}

const hostNetworkSelected: LintRule = {
  id: 'hostnetwork-selected',
  level: 'warning',
  summary: 'A policy seems to select pods of the host network, which most implementations leave alone',
  *check({ engine, pods }) {
    for (const policy of engine.policies) {
      const { namespace, subject } = policy
      const hit = pods.find(pod => {
        if (!isHostNetwork(pod) || !matchesSelector(subject.podSelector ?? {}, pod.metadata.labels)) return false
        if (namespace !== undefined) return pod.metadata.namespace === namespace
        return (
          subject.namespaceSelector !== undefined &&
          matchesSelector(subject.namespaceSelector, engine.snapshot.namespaceLabels(pod.metadata.namespace ?? ''))
        )
      })
      if (hit === undefined) continue
      const message = `pod ${hit.metadata.namespace}/${hit.metadata.name} uses the host network: its packets are its node's, and the policy does not restrict them`
      yield { object: policy.object, path: namespace === undefined ? 'spec.subject' : 'spec.podSelector', message }
    }
  },
}

export const SELECTOR_RULES: readonly LintRule[] = [
  selectorMatchesNoPod,
  andOrIndentation,
  notInMatchesMissingKey,
  hostNetworkSelected,
]

/** Every peer with its place. */
export function* peersOf(
  policy: LintContext['engine']['policies'][number],
): IterableIterator<{ peer: Peer; path: string }> {
  for (const [direction, side] of [
    ['ingress', 'from'],
    ['egress', 'to'],
  ] as const) {
    for (const rule of policy[direction] ?? []) {
      for (const [i, peer] of (rule.peers ?? []).entries())
        yield { peer, path: `spec.${direction}[${rule.index}].${side}[${i}]` }
    }
  }
}

function hasExists(selector: LabelSelector | undefined, key: string): boolean {
  const own = selector?.matchExpressions?.some(
    one => one.key === key && (one.operator === 'Exists' || one.operator === 'In'),
  )
  return own === true || Object.hasOwn(selector?.matchLabels ?? {}, key)
}

/** Whether no labels at all can meet a selector: tried with every value that it names, for each key. */
function contradicts(selector: LabelSelector | undefined): boolean {
  const keys = new Set([
    ...Object.keys(selector?.matchLabels ?? {}),
    ...(selector?.matchExpressions ?? []).map(one => one.key),
  ])
  for (const key of keys) {
    const matchLabels = selector?.matchLabels?.[key] === undefined ? {} : { [key]: selector.matchLabels[key] ?? '' }
    const matchExpressions = (selector?.matchExpressions ?? []).filter(one => one.key === key)
    const values = [
      ...Object.values(matchLabels),
      ...matchExpressions.flatMap(one => one.values ?? []),
      'another-value',
    ]
    const possible = [{}, ...values.map(value => ({ [key]: value }))]
    if (!possible.some(labels => matchesSelector({ matchLabels, matchExpressions }, labels))) return true
  }
  return false
}

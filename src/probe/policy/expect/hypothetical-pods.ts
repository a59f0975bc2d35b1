import type { KubeObject, LabelSelector, Pod } from '../../../controlplane/index.ts'
import { type CompiledPolicy, PolicyEngine, type PolicySnapshot } from '../../../netpol/index.ts'
import { podFilter } from '../pod-filter.ts'
import type { Expectation } from './expectation.ts'

/** Pods that are thought up for one namespace, at most. */
const MOST = 512

/** Name that begins that of a pod which does not exist. */
export const HYPOTHETICAL = 'hypothetical-'

/**
 * An engine with pods that do not exist today but might: in every namespace, every combination of the labels that policies look at, as
 * far as the ends of an expectation mean them.
 */
export function withHypotheticalPods(engine: PolicyEngine, expectation: Expectation): PolicyEngine {
  const filters = [...expectation.from, ...expectation.to].filter(isSelector).map(podFilter)
  const keys = labelValues(engine.policies, expectation)
  const made: Pod[] = []
  const namespaces = new Set(engine.snapshot.namespaces.map(one => one.metadata.name))
  for (const pod of engine.pods()) namespaces.add(pod.metadata.namespace ?? 'default')
  for (const namespace of [...namespaces].sort()) {
    let count = 0
    for (const labels of combinations([...keys])) {
      const pod = madeUp(namespace, `${HYPOTHETICAL}${made.length}`, labels)
      if (!filters.some(keep => keep(pod))) continue
      made.push(pod)
      count++
      if (count >= MOST) break
    }
  }
  const { snapshot } = engine
  const world: PolicySnapshot = {
    pods: [...snapshot.pods, ...made],
    nodes: snapshot.nodes,
    namespaces: snapshot.namespaces,
    networkPolicies: snapshot.networkPolicies,
    list: (kind): readonly KubeObject[] => (kind === 'Pod' ? [...snapshot.pods, ...made] : snapshot.list(kind)),
    namespaceLabels: name => snapshot.namespaceLabels(name),
  }
  return new PolicyEngine(world, engine.options)
}

/** Whether a text means pods by what they are like, so that pods may come that it means. */
export function isSelector(text: string): boolean {
  return text === '*' || /^(?:ns|namespace)\/|[=!]|\s(?:not)?in\s/.test(text)
}

/** The keys that policies and the expectation look at, with the values that they name; absent is added. */
function labelValues(
  policies: readonly CompiledPolicy[],
  expectation: Expectation,
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, Set<string>>()
  const add = (key: string, values: readonly string[]): void => {
    const set = found.get(key) ?? new Set<string>()
    for (const value of values) set.add(value)
    found.set(key, set)
  }
  const visit = (selector: LabelSelector | undefined): void => {
    for (const [key, value] of Object.entries(selector?.matchLabels ?? {})) add(key, [value])
    for (const { key, values } of selector?.matchExpressions ?? []) add(key, values ?? [])
  }
  for (const policy of policies) {
    visit(policy.subject.podSelector)
    for (const rule of [...(policy.ingress ?? []), ...(policy.egress ?? [])]) {
      for (const peer of rule.peers ?? []) if (peer.kind === 'pods') visit(peer.podSelector)
    }
  }
  for (const text of [...expectation.from, ...expectation.to]) {
    for (const [, key = '', value = ''] of text.matchAll(/([A-Za-z0-9][-\w./]*)=([-\w.]*)/g))
      add(key.split('/').at(-1) ?? key, [value])
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, values]) => [key, [...values].sort()]))
}

function* combinations(
  keys: readonly (readonly [string, readonly string[]])[],
): IterableIterator<Readonly<Record<string, string>>> {
  const [first, ...rest] = keys
  if (first === undefined) {
    yield {}
    return
  }
  for (const others of combinations(rest)) {
    yield others
    for (const value of first[1]) yield { ...others, [first[0]]: value }
    if (!first[1].includes('another-value')) yield { ...others, [first[0]]: 'another-value' }
  }
}

function madeUp(namespace: string, name: string, labels: Readonly<Record<string, string>>): Pod {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, labels }, spec: { containers: [] } }
}

import { matchesMap } from '../../selectors.ts'
import type { Node, NodeSelectorRequirement, NodeSelectorTerm, PodSpec } from '../../types/index.ts'

/** Whether a node satisfies the pod's nodeSelector and its required node affinity. */
export function matchesNode(spec: PodSpec, node: Node): boolean {
  if (spec.nodeSelector !== undefined && !matchesMap(spec.nodeSelector, node.metadata.labels)) return false
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return required === undefined || (required.nodeSelectorTerms ?? []).some(term => matchesTerm(term, node))
}

/** The sum of the weights of the preferred terms that the node satisfies. */
export function preference(spec: PodSpec, node: Node): number {
  let sum = 0
  for (const { weight, preference: term } of spec.affinity?.nodeAffinity
    ?.preferredDuringSchedulingIgnoredDuringExecution ?? []) {
    if (term !== undefined && matchesTerm(term, node)) sum += weight
  }
  return sum
}

/** The only nodes that the required affinity can admit, where it names them (as daemon pods do). */
export function namedNodes(spec: PodSpec): ReadonlySet<string> | undefined {
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  if (terms === undefined || terms.length === 0) return undefined
  const names = new Set<string>()
  for (const { matchFields } of terms) {
    const field = matchFields?.find(one => one.key === 'metadata.name' && one.operator === 'In')
    if (field === undefined) return undefined
    for (const name of field.values ?? []) names.add(name)
  }
  return names
}

function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Node): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false
  const labels = node.metadata.labels ?? {}
  return (
    matchExpressions.every(one => matches(one, Object.hasOwn(labels, one.key) ? labels[one.key] : undefined)) &&
    matchFields.every(one => matches(one, one.key === 'metadata.name' ? node.metadata.name : undefined))
  )
}

function matches({ operator, values = [] }: NodeSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
      return isInteger(value) && isInteger(values[0]) && Number(value) > Number(values[0])
    case 'Lt':
      return isInteger(value) && isInteger(values[0]) && Number(value) < Number(values[0])
    default:
      return false
  }
}

function isInteger(text: string | undefined): text is string {
  return text !== undefined && /^-?\d+$/.test(text)
}

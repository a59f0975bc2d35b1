import type { LabelSelector } from './types/index.ts'

type Labels = Readonly<Record<string, string>> | undefined

/**
 * Whether labels satisfy a selector. An empty selector matches everything, an absent one nothing
 * (`metav1.LabelSelectorAsSelector`). `NotIn` also matches where the key is absent.
 */
export function matchesSelector(selector: LabelSelector | undefined, labels: Labels): boolean {
  if (selector === undefined) return false
  if (selector.matchLabels !== undefined && !matchesMap(selector.matchLabels, labels)) return false
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    const value = own(labels, key)
    if (operator === 'In' && (value === undefined || !values.includes(value))) return false
    if (operator === 'NotIn' && value !== undefined && values.includes(value)) return false
    if (operator === 'Exists' && value === undefined) return false
    if (operator === 'DoesNotExist' && value !== undefined) return false
  }
  return true
}

/** Whether labels have all these values. An empty map matches everything. */
export function matchesMap(wanted: Readonly<Record<string, string>>, labels: Labels): boolean {
  for (const key of Object.keys(wanted)) if (own(labels, key) !== wanted[key]) return false
  return true
}

function own(labels: Labels, key: string): string | undefined {
  return labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined
}

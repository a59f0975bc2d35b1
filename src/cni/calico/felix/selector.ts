import type { LabelSelector } from '../../../controlplane/index.ts'
import { uniqueId } from '../names.ts'

/** Calico's selector expressions, as far as NetworkPolicies come to need them (libcalico-go lib/selector). */
export type Selector =
  | { readonly kind: 'all' }
  | { readonly kind: 'equals'; readonly label: string; readonly value: string }
  | { readonly kind: 'in' | 'notIn'; readonly label: string; readonly values: readonly string[] }
  | { readonly kind: 'has' | 'hasNot'; readonly label: string }
  | { readonly kind: 'and'; readonly operands: readonly Selector[] }

/** The value of a label; undefined where there is none. */
export type LabelLookup = (label: string) => string | undefined

export const ALL: Selector = { kind: 'all' }

export function and(operands: readonly Selector[]): Selector {
  const [only] = operands
  return operands.length === 1 && only !== undefined ? only : { kind: 'and', operands }
}

export function equals(label: string, value: string): Selector {
  return { kind: 'equals', label, value }
}

/** The terms of a label selector: labels by name, then the expressions in their order. */
export function selectorTerms(selector: LabelSelector | undefined, prefix = ''): Selector[] {
  const labels = Object.entries(selector?.matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  return [
    ...labels.map(([label, value]) => equals(`${prefix}${label}`, value)),
    ...(selector?.matchExpressions ?? []).map(({ key, operator, values = [] }): Selector => {
      const label = `${prefix}${key}`
      switch (operator) {
        case 'In':
          return { kind: 'in', label, values: sorted(values) }
        case 'NotIn':
          return { kind: 'notIn', label, values: sorted(values) }
        case 'Exists':
          return { kind: 'has', label }
        default:
          return { kind: 'hasNot', label }
      }
    }),
  ]
}

/** The expression in the one spelling that is hashed. */
export function selectorText(selector: Selector): string {
  switch (selector.kind) {
    case 'all':
      return 'all()'
    case 'equals':
      return `${selector.label} == "${selector.value}"`
    case 'in':
    case 'notIn': {
      const word = selector.kind === 'in' ? 'in' : 'not in'
      return `${selector.label} ${word} {${selector.values.map(value => `"${value}"`).join(', ')}}`
    }
    case 'has':
      return `has(${selector.label})`
    case 'hasNot':
      return `!has(${selector.label})`
    case 'and':
      return `(${selector.operands.map(selectorText).join(' && ')})`
  }
}

export function selectorMatches(selector: Selector, labels: LabelLookup): boolean {
  switch (selector.kind) {
    case 'all':
      return true
    case 'equals':
      return labels(selector.label) === selector.value
    case 'in':
    case 'notIn': {
      const value = labels(selector.label)
      return (value !== undefined && selector.values.includes(value)) === (selector.kind === 'in')
    }
    case 'has':
    case 'hasNot':
      return (labels(selector.label) !== undefined) === (selector.kind === 'has')
    case 'and':
      return selector.operands.every(operand => selectorMatches(operand, labels))
  }
}

/** `s:` and a hash: which set of addresses a selector stands for. */
export function selectorId(selector: Selector): string {
  return uniqueId('s', selectorText(selector))
}

function sorted(values: readonly string[]): string[] {
  return [...new Set(values)].sort()
}

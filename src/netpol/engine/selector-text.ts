import type { LabelSelector } from '../../controlplane/index.ts'

/** The same text for selectors that say the same in another order. Absent is `*`, and so is an empty one. */
export function selectorKey(selector: LabelSelector | undefined): string {
  if (selector === undefined) return '*'
  const parts = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key}\u0001i\u0001${value}`)
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const sign = operator === 'In' ? 'i' : operator === 'NotIn' ? 'n' : operator === 'Exists' ? 'e' : 'd'
    parts.push(`${key}\u0001${sign}\u0001${[...(values ?? [])].sort().join('\u0002')}`)
  }
  return parts.length === 0 ? '*' : parts.length === 1 ? (parts[0] ?? '*') : parts.sort().join('\u0003')
}

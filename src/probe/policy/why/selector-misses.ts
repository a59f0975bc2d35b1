import type { LabelSelector } from '../../../controlplane/index.ts'

type Labels = Readonly<Record<string, string>> | undefined

/** What of a selector labels do not meet, one sentence for each requirement; `what` is whose labels they are. */
export function selectorMisses(selector: LabelSelector | undefined, labels: Labels, what: string): string[] {
  const misses: string[] = []
  for (const [key, wanted] of Object.entries(selector?.matchLabels ?? {})) {
    const found = labelOf(labels, key)
    if (found === undefined) misses.push(`${what} has no label ${key}; ${key}=${wanted} is wanted`)
    else if (found !== wanted) misses.push(`${what} has ${key}=${found}; ${key}=${wanted} is wanted`)
  }
  for (const { key, operator, values = [] } of selector?.matchExpressions ?? []) {
    const found = labelOf(labels, key)
    const list = values.join(', ')
    if (operator === 'In' && (found === undefined || !values.includes(found)))
      misses.push(
        `${what} has ${found === undefined ? `no label ${key}` : `${key}=${found}`}; one of ${list} is wanted`,
      )
    if (operator === 'NotIn' && found !== undefined && values.includes(found))
      misses.push(`${what} has ${key}=${found}, and none of ${list} is wanted`)
    if (operator === 'Exists' && found === undefined) misses.push(`${what} has no label ${key}, which must exist`)
    if (operator === 'DoesNotExist' && found !== undefined)
      misses.push(`${what} has a label ${key}, which must not exist`)
  }
  return misses
}

function labelOf(labels: Labels, key: string): string | undefined {
  return labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined
}

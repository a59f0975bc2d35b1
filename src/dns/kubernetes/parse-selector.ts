import type { LabelSelector } from '../../controlplane/index.ts'

type Expression = NonNullable<LabelSelector['matchExpressions']>[number]

const KEY = '[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?'
const VALUE = '(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?'
const FORMS = {
  set: new RegExp(`^(${KEY})\\s+(in|notin)\\s*\\(([^()]*)\\)$`),
  equal: new RegExp(`^(${KEY})\\s*(==|=|!=)\\s*(${VALUE})$`),
  exists: new RegExp(`^(!?)\\s*(${KEY})$`),
}

/** Reads a label selector as `kubectl -l` takes it: `a=b,c in (d, e),!f`. Undefined when it is none (labels.Parse). */
export function parseSelector(text: string): LabelSelector | undefined {
  if (text.length > 4096) return undefined
  const matchExpressions: Expression[] = []
  for (const part of splitOutsideParentheses(text)) {
    const expression = parseRequirement(part.trim())
    if (expression === undefined) return undefined
    matchExpressions.push(expression)
  }
  return { matchExpressions }
}

function parseRequirement(text: string): Expression | undefined {
  const [, key = '', operator, list = ''] = FORMS.set.exec(text) ?? []
  if (operator !== undefined) {
    const values = list.split(',').map(value => value.trim())
    if (!values.every(value => new RegExp(`^${VALUE}$`).test(value))) return undefined
    return { key, operator: operator === 'in' ? 'In' : 'NotIn', values }
  }
  const [, name, sign, value = ''] = FORMS.equal.exec(text) ?? []
  if (name !== undefined) return { key: name, operator: sign === '!=' ? 'NotIn' : 'In', values: [value] }
  const [, not, present] = FORMS.exists.exec(text) ?? []
  return present === undefined ? undefined : { key: present, operator: not === '!' ? 'DoesNotExist' : 'Exists' }
}

function splitOutsideParentheses(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let part = ''
  for (const c of text) {
    if (c === '(') depth++
    if (c === ')') depth--
    if (c === ',' && depth === 0) {
      parts.push(part)
      part = ''
    } else part += c
  }
  return [...parts, part]
}

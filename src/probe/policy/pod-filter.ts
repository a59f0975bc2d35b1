import type { LabelSelector, Pod } from '../../controlplane/index.ts'
import { matchesSelector } from '../../controlplane/index.ts'
import { KubehopError } from '../../errors.ts'

/**
 * Reads who is meant: `namespace/NAME` (or `ns/NAME`), `NAMESPACE/app=web`, or labels as kubectl takes them: `app=web,tier!=db`,
 * `app in (a, b)`, `app`, `!app`. Throws KH_USAGE.
 */
export function podFilter(text: string): (pod: Pod) => boolean {
  const slash = /^([a-z0-9-]+)\/(.*)$/.exec(text)
  // A key may have a prefix with dots and a slash; a namespace has no dots.
  if (slash !== null) {
    const [, head = '', rest = ''] = slash
    if ((head === 'namespace' || head === 'ns') && /^[a-z0-9-]+$/.test(rest))
      return pod => pod.metadata.namespace === rest
    const selector = parseSelector(rest)
    return pod => pod.metadata.namespace === head && matchesSelector(selector, pod.metadata.labels)
  }
  const selector = parseSelector(text)
  return pod => matchesSelector(selector, pod.metadata.labels)
}

type Requirement = NonNullable<LabelSelector['matchExpressions']>[number]

/** Labels as kubectl's `-l` takes them. Throws KH_USAGE. */
export function parseSelector(text: string): LabelSelector {
  const matchExpressions: Requirement[] = []
  const parts = text.match(/[^,(]+(?:\([^)]*\))?[^,]*/g) ?? []
  for (const raw of parts) matchExpressions.push(parseRequirement(raw.trim(), text))
  return { matchExpressions }
}

const KEY = '[A-Za-z0-9][-A-Za-z0-9_./]*'
const VALUE = '[-A-Za-z0-9_.]*'
const EQUALS = new RegExp(`^(${KEY})\\s*(==|=|!=)\\s*(${VALUE})$`)
const SET = new RegExp(`^(${KEY})\\s+(in|notin)\\s*\\(([^()]*)\\)$`)
const EXISTS = new RegExp(`^(!?)\\s*(${KEY})$`)

function parseRequirement(part: string, whole: string): Requirement {
  const equals = EQUALS.exec(part)
  if (equals !== null) {
    const [, key = '', sign, value = ''] = equals
    return { key, operator: sign === '!=' ? 'NotIn' : 'In', values: [value] }
  }
  const set = SET.exec(part)
  if (set !== null) {
    const [, key = '', word, list = ''] = set
    return { key, operator: word === 'in' ? 'In' : 'NotIn', values: list.split(',').map(value => value.trim()) }
  }
  const exists = EXISTS.exec(part)
  if (exists !== null) return { key: exists[2] ?? '', operator: exists[1] === '!' ? 'DoesNotExist' : 'Exists' }
  throw new KubehopError(
    'KH_USAGE',
    `${JSON.stringify(whole)} is no selector; expected such as app=web,tier!=db or namespace/NAME`,
  )
}

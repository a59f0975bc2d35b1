import type { Dispenser } from '../../corefile/dispenser.ts'
import type { Site } from '../../plugin.ts'
import { classNumber, fqdn, type Rr, rcodeNumber, TYPES, typeNumber } from '../../wire/index.ts'
import { regularExpression } from '../regular-expression.ts'
import { type EdnsChange, edns0Change } from './edns0-rule.ts'

/** Rewrites a name; undefined where it does not apply. */
export type NameChange = (name: string) => string | undefined

export type Rule = { readonly goOn: boolean } & (
  | {
      readonly field: 'name'
      readonly change: NameChange
      /** Owners in the answer are put back; with `value` so are the names inside records. */
      readonly back: ((name: string) => string | undefined)[]
      readonly values: ((name: string) => string | undefined)[]
      readonly auto: boolean
    }
  | { readonly field: 'type' | 'class'; readonly from: number; readonly to: number }
  | {
      readonly field: 'ttl'
      readonly matches: (name: string) => boolean
      readonly least: number
      readonly most: number
    }
  | {
      readonly field: 'rcode'
      readonly matches: (name: string) => boolean
      readonly from: number | undefined
      readonly to: number
    }
  | { readonly field: 'cname'; readonly change: NameChange }
  | { readonly field: 'edns0'; readonly change: EdnsChange }
)

/** One `rewrite [continue|stop] FIELD …`, with its block when it has one. Throws KH_COREFILE. */
export function parseRules(c: Dispenser, site: Site): Rule[] {
  const args = c.remainingArgs()
  const lines: string[][] = args.length > 0 ? [args] : []
  while (c.nextBlock()) {
    if (args.length > 0) lines[0]?.push(c.val, ...c.remainingArgs())
    else lines.push([c.val, ...c.remainingArgs()])
  }
  if (lines.length === 0) throw c.argErr()
  // A block behind a line holds the rest of that one rule; a block alone holds rules.
  return lines.map(words => parseRule(words, c, site))
}

function parseRule(line: readonly string[], c: Dispenser, site: Site): Rule {
  const words = [...line]
  let goOn = false
  if (words[0] === 'continue' || words[0] === 'stop') goOn = words.shift() === 'continue'
  const field = words.shift()?.toLowerCase()
  switch (field) {
    case 'name':
      return { goOn, ...nameRule(words, c) }
    case 'answer':
      throw c.err('response rewrites must begin with a name rule')
    case 'type':
    case 'class': {
      const number = field === 'type' ? typeNumber : classNumber
      const [from, to] = words.map(word => number(word))
      if (words.length !== 2 || from === undefined || to === undefined)
        throw c.err(`${field} rules must have exactly two arguments, a ${field} each`)
      return { goOn, field, from, to }
    }
    case 'ttl': {
      const [matcher, rest] = matcherOf(words, c)
      const [least, most] = ttlRange(rest[0] ?? '', c)
      return { goOn, field, matches: name => matcher(name) !== undefined, least, most }
    }
    case 'rcode': {
      const [matcher, rest] = matcherOf(words, c)
      const [from, to] = rest
      const target = rcodeNumber(to ?? '')
      if (from === undefined || target === undefined)
        throw c.err('few arguments for an rcode rule, or no response code')
      return {
        goOn,
        field,
        matches: name => matcher(name) !== undefined,
        from: from === '*' ? undefined : rcodeNumber(from),
        to: target,
      }
    }
    case 'cname': {
      const [change] = changeOf(words, c)
      return { goOn, field, change }
    }
    case 'edns0':
      return { goOn, field, change: edns0Change(words, c, site) }
    default:
      throw c.err(`invalid rule type ${JSON.stringify(field ?? '')}`)
  }
}

function nameRule(words: readonly string[], c: Dispenser): Omit<Extract<Rule, { field: 'name' }>, 'goOn'> {
  const answers = words.indexOf('answer')
  const own = answers < 0 ? words : words.slice(0, answers)
  const [change, reverse] = changeOf(own, c)
  const back: NameChange[] = []
  const values: NameChange[] = []
  let auto = reverse !== undefined && own[0] !== 'regex' && own[0] !== 'substring'
  for (let i = answers; i >= 0 && i < words.length; ) {
    if (words[i] !== 'answer') throw c.err(`unexpected ${JSON.stringify(words[i])}; expected answer`)
    const kind = words[i + 1]
    if (kind === 'auto') {
      auto = true
      i += 2
      continue
    }
    const at = kind === 'name' || kind === 'value' ? i + 2 : i + 1
    const [pattern, replacement] = [words[at], words[at + 1]]
    if (pattern === undefined || replacement === undefined)
      throw c.err('invalid number of arguments for answer rewrite')
    const answerChange = regexChange(pattern, replacement, c)
    ;(kind === 'value' ? values : back).push(answerChange)
    i = at + 2
  }
  if (auto && reverse !== undefined && back.length === 0) back.push(reverse)
  if (auto && reverse !== undefined && own[0] !== 'exact' && values.length === 0) values.push(reverse)
  return { field: 'name', change, back, values, auto }
}

const KINDS = ['exact', 'prefix', 'suffix', 'substring', 'regex']

/** A change of names, and its inverse where there is one. */
function changeOf(words: readonly string[], c: Dispenser): [NameChange, NameChange | undefined] {
  const kind = KINDS.includes(words[0] ?? '') ? (words[0] ?? 'exact') : 'exact'
  const [from, to, ...rest] = KINDS.includes(words[0] ?? '') ? words.slice(1) : words
  if (from === undefined || to === undefined || rest.length > 0) throw c.err(`${kind} rules take a FROM and a TO`)
  switch (kind) {
    case 'exact': {
      const [a, b] = [fqdn(from.toLowerCase()), fqdn(to.toLowerCase())]
      return [name => (name === a ? b : undefined), name => (name === b ? a : undefined)]
    }
    case 'prefix':
      return [
        name => (name.startsWith(from) ? to + name.slice(from.length) : undefined),
        name => (name.startsWith(to) ? from + name.slice(to.length) : undefined),
      ]
    case 'suffix': {
      const [a, b] = [fqdn(from.toLowerCase()), fqdn(to.toLowerCase())]
      return [
        name => (name.endsWith(a) ? name.slice(0, -a.length) + b : undefined),
        name => (name.endsWith(b) ? name.slice(0, -b.length) + a : undefined),
      ]
    }
    case 'substring':
      return [name => (name.includes(from) ? name.replaceAll(from, () => to) : undefined), undefined]
    default:
      return [regexChange(from, to, c), undefined]
  }
}

/** `{0}`, `{1}` … stand for what the pattern found. */
const GROUP = /\{([0-9]{1,3})\}/g

function regexChange(pattern: string, replacement: string, c: Dispenser): NameChange {
  const expression = regularExpression(pattern, c, () => `invalid regex matching pattern: ${pattern}`)
  if (new Set(replacement.match(GROUP)).size > expression.groupCount) {
    throw c.err(
      `the rewrite regex pattern (${replacement}) uses more subexpressions than its corresponding matching regex pattern (${pattern})`,
    )
  }
  return name => {
    const match = expression.match(name)
    const fill = (whole: string, i: string): string =>
      match === undefined || Number(i) > expression.groupCount ? whole : match(Number(i))
    return match === undefined ? undefined : fqdn(replacement.replace(GROUP, fill))
  }
}

/** The matcher of a ttl or rcode rule and what stands behind it. */
function matcherOf(words: readonly string[], c: Dispenser): [NameChange, readonly string[]] {
  const kind = KINDS.includes(words[0] ?? '')
  const pattern = kind ? words[1] : words[0]
  if (pattern === undefined) throw c.err('few arguments for a rule')
  const [matcher] = changeOf(
    [kind ? (words[0] ?? 'exact') : 'exact', pattern, pattern === '' ? '.' : pattern.replace(/[{}]/g, '')],
    c,
  )
  return [matcher, words.slice(kind ? 2 : 1)]
}

function ttlRange(text: string, c: Dispenser): [number, number] {
  const [, low, dash, high] = /^([0-9]{1,9})?(-)?([0-9]{1,9})?$/.exec(text) ?? []
  if (low === undefined && high === undefined) throw c.err(`invalid ttl ${JSON.stringify(text)}`)
  const least = low === undefined ? 0 : Number(low)
  const most = dash === undefined ? least : high === undefined ? 0x7fffffff : Number(high)
  if (most < least) throw c.err(`invalid ttl range ${JSON.stringify(text)}`)
  return [least, most]
}

/** A record with the name inside it changed. */
export function changeValue(rr: Rr, change: (name: string) => string | undefined): Rr {
  const { data } = rr
  if (data.kind === 'name') return { ...rr, data: { ...data, name: change(data.name) ?? data.name } }
  if (data.kind === 'srv') return { ...rr, data: { ...data, target: change(data.target) ?? data.target } }
  if (data.kind === 'mx') return { ...rr, data: { ...data, exchange: change(data.exchange) ?? data.exchange } }
  return rr
}

export const ADDRESS_TYPES: ReadonlySet<number> = new Set([TYPES.A, TYPES.AAAA])

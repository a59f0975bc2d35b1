import { BitExpr, type BitOperator } from '../expr/bit-expr.ts'
import { ConcatExpr } from '../expr/concat-expr.ts'
import type { Expr } from '../expr/expr.ts'
import { FieldExpr } from '../expr/field-expr.ts'
import { MapExpr } from '../expr/map-expr.ts'
import { NumgenExpr } from '../expr/numgen-expr.ts'
import { CT_FIELDS } from '../fields/ct.ts'
import { FIB_KEYS, type FibKey, fibField } from '../fields/fib.ts'
import type { Field } from '../fields/field.ts'
import { BARE_META, META_FIELDS } from '../fields/meta.ts'
import { PAYLOAD_FIELDS } from '../fields/payload.ts'
import type { DataType } from '../types/data-type.ts'
import { parseSetUse } from './parse-set-use.ts'
import { parseInterval } from './parse-value.ts'
import type { RuleScope } from './rule-scope.ts'

const OPERATORS: Readonly<Record<string, BitOperator>> = {
  '&': '&',
  and: '&',
  '|': '|',
  or: '|',
  '^': '^',
  xor: '^',
  '<<': '<<',
  lshift: '<<',
  '>>': '>>',
  rshift: '>>',
}
const HEADERS = new Set(['ip', 'ip6', 'tcp', 'udp', 'sctp', 'icmp', 'icmpv6', 'th', 'ether'])
const NOT_SIMULATED = new Set([
  'jhash',
  'symhash',
  'socket',
  'osf',
  'rt',
  'ipsec',
  'exthdr',
  'frag',
  'hbh',
  'dst',
  'mh',
  'srh',
  'udplite',
  'dccp',
  'ah',
  'esp',
  'comp',
  'vlan',
  'arp',
  'igmp',
  '@',
])

/** Whether an expression can begin with the next word. */
export function seesExpr({ reader }: RuleScope): boolean {
  const { kind, text } = reader.next
  if (kind === 'symbol') return text === '@'
  return (
    kind === 'word' &&
    (HEADERS.has(text) ||
      NOT_SIMULATED.has(text) ||
      BARE_META.has(text) ||
      ['meta', 'ct', 'fib', 'numgen'].includes(text))
  )
}

/** Fields with dots between them, arithmetic with constants, and a `map` behind it. */
export function parseExpr(scope: RuleScope, dataTypes: readonly DataType[] | null = null, minData?: number): Expr {
  const { reader } = scope
  const parts = [parseTerm(scope)]
  while (reader.accept('.')) parts.push(parseTerm(scope))
  const [only] = parts
  const expr = parts.length === 1 && only !== undefined ? only : new ConcatExpr(parts)
  if (!reader.sees('map')) return expr
  const token = reader.take()
  if (dataTypes === null) return reader.fail('a map is not expected here', token)
  return new MapExpr(expr, parseSetUse(scope, expr.types, dataTypes, minData), dataTypes)
}

function parseTerm(scope: RuleScope): Expr {
  const { reader } = scope
  if (reader.accept('(')) {
    const inner = parseTerm(scope)
    reader.expect(')')
    return inner
  }
  let expr = parsePrimary(scope)
  for (;;) {
    const operator = OPERATORS[reader.next.text]
    if (operator === undefined || reader.next.kind === 'string') return expr
    reader.take()
    const [type] = expr.types
    if (type === undefined) return reader.fail('nothing to calculate with')
    expr = new BitExpr(expr, operator, parseOperand(scope, type, operator))
  }
}

function parseOperand({ reader }: RuleScope, type: DataType, operator: BitOperator): number | string {
  if (operator === '<<' || operator === '>>') return reader.number('a number of bits', 31)
  if (!reader.accept('(')) {
    const token = reader.next
    const interval = parseInterval(reader, type)
    if (!interval.single) reader.fail('a single value is expected', token)
    return interval.lo
  }
  let bits = 0
  do bits |= Number(parseInterval(reader, type).lo)
  while (reader.accept('|') || reader.accept('or') || reader.accept(','))
  reader.expect(')')
  return bits >>> 0
}

function parsePrimary(scope: RuleScope): Expr {
  const { reader } = scope
  const token = reader.next
  const word = token.text
  if (token.kind !== 'word') {
    if (word === '@') reader.fail('raw payload expressions (@base,offset,length) are not simulated by kubehop')
    reader.unexpected('an expression such as ip saddr')
  }
  if (NOT_SIMULATED.has(word)) reader.fail(`"${word}" is not simulated by kubehop`)
  reader.take()
  if (BARE_META.has(word)) return new FieldExpr(metaField(scope, word))
  switch (word) {
    case 'meta':
      return new FieldExpr(metaField(scope, reader.name('a meta key')))
    case 'ct':
      return new FieldExpr(ctField(scope))
    case 'fib':
      return new FieldExpr(parseFib(scope))
    case 'numgen':
      return parseNumgen(scope)
    default:
  }
  const name = reader.next
  const field = HEADERS.has(word) ? PAYLOAD_FIELDS.get(`${word} ${name.text}`) : undefined
  if (field === undefined) {
    if (HEADERS.has(word)) reader.fail(`"${word} ${name.text}" is not simulated by kubehop`, name)
    return reader.fail(
      `syntax error, unexpected ${JSON.stringify(word)}, expecting an expression such as ip saddr`,
      token,
    )
  }
  reader.take()
  const wrong = field.nfproto !== 0 && scope.family !== 'inet' && scope.family !== (field.nfproto === 4 ? 'ip' : 'ip6')
  if (wrong) reader.fail('conflicting protocols specified', token)
  return new FieldExpr(field)
}

function metaField({ reader }: RuleScope, key: string): Field {
  const field = META_FIELDS.get(key)
  if (field === undefined) return reader.fail(`"meta ${key}" is not simulated by kubehop`)
  return field
}

function ctField({ reader }: RuleScope): Field {
  let text = 'ct'
  for (let words = 0; words < 3; words++) {
    text += ` ${reader.name('a ct key')}`
    const field = CT_FIELDS.get(text)
    if (field !== undefined) return field
    // The protocol is the same in both directions, and is printed without one.
    if (/^ct (?:original|reply) (?:protocol|l3proto)$/.test(text)) text = `ct ${text.split(' ')[2]}`
    const same = CT_FIELDS.get(text)
    if (same !== undefined) return same
    if (!/^ct (?:original|reply)(?: ip| ip6)?$/.test(text)) break
  }
  return reader.fail(`"${text}" is not simulated by kubehop`)
}

function parseFib({ reader }: RuleScope): Field {
  const keys = new Set<FibKey>()
  do {
    const word = reader.name('saddr, daddr, mark, iif or oif')
    const key = FIB_KEYS.find(known => known === word)
    if (key === undefined) return reader.fail(`"fib ${word}" is not saddr, daddr, mark, iif or oif`)
    keys.add(key)
  } while (reader.accept('.'))
  if (keys.has('saddr') === keys.has('daddr')) reader.fail('fib: need either saddr or daddr')
  if (keys.has('iif') && keys.has('oif')) reader.fail('fib: iif and oif are mutually exclusive')
  const word = reader.name('type, oif or oifname')
  if (word !== 'type' && word !== 'oif' && word !== 'oifname')
    return reader.fail(`"fib … ${word}" is not type, oif or oifname`)
  const presence = word !== 'type' && (reader.sees('exists') || reader.sees('missing'))
  return fibField(keys, word, presence)
}

function parseNumgen(scope: RuleScope): Expr {
  const { reader } = scope
  const mode = reader.name('random or inc')
  if (mode !== 'random' && mode !== 'inc') return reader.fail(`numgen ${mode}: random or inc is expected`)
  reader.expect('mod')
  const modulus = reader.number('a modulus')
  if (modulus === 0) reader.fail('numgen: the modulus must not be 0')
  const offset = reader.accept('offset') ? reader.number('an offset') : 0
  if (offset + modulus > 0x1_0000_0000) reader.fail('numgen: the offset is too large')
  return new NumgenExpr(mode, modulus, offset, mode === 'inc' ? scope.slot(modulus) : 0)
}

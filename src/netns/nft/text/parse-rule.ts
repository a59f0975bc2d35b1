import { IPPROTO_TCP } from '../../../wire/protocol.ts'
import type { Expr } from '../expr/expr.ts'
import { FieldExpr } from '../expr/field-expr.ts'
import { MapExpr } from '../expr/map-expr.ts'
import { META_FIELDS } from '../fields/meta.ts'
import type { RuleSpec } from '../ruleset/rule.ts'
import type { TableFamily } from '../ruleset/table.ts'
import type { SetSpec } from '../sets/nft-set.ts'
import { counterStatement, namedCounter } from '../statements/counter.ts'
import { DynsetStatement } from '../statements/dynset.ts'
import { SetMatch, ValueMatch } from '../statements/match.ts'
import { notrackStatement } from '../statements/notrack.ts'
import { type SettableField, setFieldStatement } from '../statements/set-field.ts'
import type { Statement } from '../statements/statement.ts'
import { verdictStatement } from '../statements/verdicts.ts'
import { INET_PROTO } from '../types/data-types.ts'
import { Interval } from '../types/interval.ts'
import { parseCounts, parseDuration, parseVerdict } from './parse-elements.ts'
import { parseExpr } from './parse-expr.ts'
import { parseLimit } from './parse-limit.ts'
import { parseLog } from './parse-log.ts'
import { parseMatch } from './parse-match.ts'
import { parseNat } from './parse-nat.ts'
import { parseReject } from './parse-reject.ts'
import { parseInterval } from './parse-value.ts'
import { hiddenMatch, isL4Match, reduce } from './reduce.ts'
import type { RuleScope } from './rule-scope.ts'
import type { TokenReader } from './token-reader.ts'

/** Statements in one rule; more are refused. */
const MAX_STATEMENTS = 128
const MAX_COMMENT = 128
const NOT_SIMULATED = new Set([
  'quota',
  'queue',
  'tproxy',
  'synproxy',
  'dup',
  'fwd',
  'flow',
  'xt',
  'last',
  'set',
  'map',
  'reset',
])

/** A rule up to the end of its line. */
export function parseRule(
  reader: TokenReader,
  family: TableFamily,
  set: (name: string) => SetSpec | undefined,
): RuleSpec {
  return new RuleParser(reader, family, set).parse()
}

class RuleParser implements RuleScope {
  readonly reader: TokenReader
  readonly family: TableFamily
  readonly #set: (name: string) => SetSpec | undefined
  readonly #initial: number[] = []
  readonly #statements: Statement[] = []
  /** What the conditions so far say of the packet. */
  #nfproto: 4 | 6 | 0
  #transport = false
  #tcp = false

  constructor(reader: TokenReader, family: TableFamily, set: (name: string) => SetSpec | undefined) {
    this.reader = reader
    this.family = family
    this.#set = set
    this.#nfproto = family === 'ip' ? 4 : family === 'ip6' ? 6 : 0
  }

  set(name: string): SetSpec | undefined {
    return this.#set(name)
  }

  slot(initial: number): number {
    return this.#initial.push(initial) - 1
  }

  parse(): RuleSpec {
    const { reader } = this
    let comment: string | null = null
    while (!reader.atEnd()) {
      if (this.#statements.length >= MAX_STATEMENTS) reader.fail(`a rule of more than ${MAX_STATEMENTS} statements`)
      if (reader.accept('comment')) {
        comment = reader.quoted('a comment')
        if (comment.length > MAX_COMMENT) reader.fail(`comment is longer than ${MAX_COMMENT} characters`)
        if (!reader.atEnd()) reader.unexpected('newline or semicolon')
      } else {
        this.#statements.push(...this.#statement())
      }
    }
    if (this.#statements.length === 0) reader.unexpected('a statement')
    return { statements: reduce(this.#statements, this.family), comment, initial: this.#initial }
  }

  #statement(): readonly Statement[] {
    const { reader } = this
    const token = reader.next
    const verdict = parseVerdict(reader)
    if (verdict !== undefined) return [verdictStatement(verdict)]
    if (token.kind === 'word' && NOT_SIMULATED.has(token.text)) {
      reader.fail(`the statement "${token.text}" is not simulated by kubehop`)
    }
    switch (token.kind === 'word' ? token.text : '') {
      case 'counter':
        reader.take()
        return [this.#counter()]
      case 'limit':
        reader.take()
        return [parseLimit(this)]
      case 'log':
        reader.take()
        return [parseLog(this)]
      case 'notrack':
        reader.take()
        return [notrackStatement()]
      case 'reject':
        reader.take()
        return this.#reject()
      case 'dnat':
      case 'snat':
      case 'masquerade':
      case 'redirect': {
        const { text: verb } = reader.take()
        if (verb === 'dnat' || verb === 'snat' || verb === 'masquerade' || verb === 'redirect')
          return [parseNat(this, verb, this.#transport)]
        return []
      }
      case 'add':
      case 'update':
      case 'delete':
        return [this.#dynset()]
      default:
        return [this.#expression()]
    }
  }

  #counter(): Statement {
    const { reader } = this
    if (reader.accept('name')) return namedCounter(reader.quoted('the name of a counter'))
    const { packets, bytes } = parseCounts(reader)
    const slot = this.slot(packets)
    this.slot(bytes)
    return counterStatement(slot)
  }

  /** A TCP reset is for TCP only: the rule gets that condition when it has none. */
  #reject(): readonly Statement[] {
    const statement = parseReject(this, this.#nfproto)
    if (!statement.text.endsWith('tcp reset')) return [statement]
    const last = this.#statements[this.#statements.length - 1]
    if (last !== undefined && isL4Match(last, IPPROTO_TCP)) {
      if (this.family === 'inet') return [statement]
      this.#statements.pop()
    } else if (this.#tcp) {
      return [statement]
    }
    return this.family === 'inet' ? [tcpOnly(), statement] : [hiddenMatch(tcpOnly()), statement]
  }

  #dynset(): Statement {
    const { reader } = this
    const verb = reader.take().text
    reader.expect('@')
    const token = reader.next
    const name = reader.name('the name of a set')
    reader.expect('{')
    const key = parseExpr(this)
    const spec = this.set(name)
    if (spec !== undefined && spec.types.length !== key.types.length) reader.fail('datatype mismatch', token)
    let timeout = 0
    while (!reader.accept('}')) {
      if (reader.accept('timeout')) timeout = parseDuration(reader)
      else if (reader.sees(':')) reader.fail('adding to maps from a rule is not simulated by kubehop')
      else reader.unexpected('"}"')
    }
    return new DynsetStatement(verb === 'add' || verb === 'delete' ? verb : 'update', name, key, timeout)
  }

  #expression(): Statement {
    const { reader } = this
    const token = reader.next
    if (reader.seesTwo('meta', 'nftrace')) {
      reader.take()
      reader.take()
      reader.expect('set')
      return setFieldStatement('meta nftrace', reader.number('0 or 1', 1), [])
    }
    const left = parseExpr(this)
    if (reader.accept('set')) {
      const field = settable(left)
      if (field === undefined) return reader.fail(`"${left.text} set" is not simulated by kubehop`, token)
      return this.#assignment(field, left)
    }
    const match = parseMatch(this, left)
    this.#learn(left, match)
    return match
  }

  #assignment(field: SettableField, left: Expr): Statement {
    const { reader } = this
    const [type] = left.types
    if (type === undefined) return reader.fail('nothing to set')
    const { kind } = reader.next
    if (kind === 'number') {
      let value = Number(parseInterval(reader, type).lo)
      while (reader.accept('|') || reader.accept('or')) value = (value | Number(parseInterval(reader, type).lo)) >>> 0
      return setFieldStatement(field, value, [])
    }
    const source = parseExpr(this, [type])
    const sets = source instanceof MapExpr && source.map.name !== null ? [source.map.name] : []
    return setFieldStatement(field, source, sets)
  }

  /** Remembers which protocols a condition leaves. */
  #learn(left: Expr, match: Statement): void {
    if (left instanceof FieldExpr) {
      const { field } = left
      if (field.nfproto !== 0) this.#nfproto = field.nfproto
      if (field.protocols.length > 0) this.#transport = field.header !== 'icmp' && field.header !== 'icmpv6'
      if (field.header === 'tcp') this.#tcp = true
      const positive =
        (match instanceof ValueMatch && match.operator === '==') || (match instanceof SetMatch && !match.negate)
      const protocol = field.text === 'meta l4proto' || field.text === 'ip protocol' || field.text === 'ip6 nexthdr'
      if (positive && protocol) this.#transport = true
      if (match instanceof ValueMatch && positive) {
        const value = match.right[0]?.lo
        if (field.text === 'meta nfproto') this.#nfproto = value === 10 ? 6 : 4
        if (protocol && value === IPPROTO_TCP) this.#tcp = true
      }
    } else {
      for (const type of left.types) {
        if (type.name === 'inet_proto') this.#transport = true
        if (type.name === 'ipv4_addr') this.#nfproto = 4
        if (type.name === 'ipv6_addr') this.#nfproto = 6
      }
    }
  }
}

function settable(expr: Expr): SettableField | undefined {
  return expr.text === 'meta mark' || expr.text === 'ct mark' ? expr.text : undefined
}

function tcpOnly(): Statement {
  const field = META_FIELDS.get('l4proto')
  if (field === undefined) throw new Error('meta l4proto is missing')
  return new ValueMatch(new FieldExpr(field), '==', [Interval.value(INET_PROTO, IPPROTO_TCP)])
}

import { IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from '../../../wire/protocol.ts'
import { ConcatExpr } from '../expr/concat-expr.ts'
import type { Expr } from '../expr/expr.ts'
import { FieldExpr } from '../expr/field-expr.ts'
import type { Field } from '../fields/field.ts'
import { PAYLOAD_FIELDS } from '../fields/payload.ts'
import type { TableFamily } from '../ruleset/table.ts'
import { FlagsMatch, SetMatch, ValueMatch } from '../statements/match.ts'
import type { Statement } from '../statements/statement.ts'
import { VmapStatement } from '../statements/verdicts.ts'

/**
 * Brings a rule into the form in which the kernel gives it back: a protocol that a following condition implies is left out,
 * `th` is named after a protocol that is known, and neighbouring fields that are loaded together stand in the order of the
 * header.
 */
export function reduce(statements: readonly Statement[], family: TableFamily): readonly Statement[] {
  return inHeaderOrder(withoutImplied(statements, family))
}

/** Whether a statement is `meta l4proto PROTOCOL`. */
export function isL4Match(statement: Statement, protocol: number): boolean {
  return l4Match(statement, 'ip') === protocol && statement.text.startsWith('meta ')
}

/** A condition that is not printed. */
export function hiddenMatch(match: Statement): Statement {
  return {
    text: '',
    print: () => '',
    decides: true,
    verdict: null,
    needs: match.needs,
    run: (skb, walk) => match.run(skb, walk),
    actual: (skb, walk) => match.actual(skb, walk),
  }
}

const TRANSPORTS: Readonly<Record<number, string>> = {
  [IPPROTO_TCP]: 'tcp',
  [IPPROTO_UDP]: 'udp',
  [IPPROTO_SCTP]: 'sctp',
}

/** The protocol that a condition asks for: `meta l4proto tcp`, and `ip protocol tcp` where the family is clear. */
function l4Match(statement: Statement, family: TableFamily): number | null {
  if (!(statement instanceof ValueMatch) || statement.operator !== '==') return null
  const [value] = statement.right
  const { text } = statement.left
  const asks = text === 'meta l4proto' || (family !== 'inet' && (text === 'ip protocol' || text === 'ip6 nexthdr'))
  return asks && value?.single === true ? Number(value.lo) : null
}

/** The address family that `meta nfproto` asks for. */
function nfMatch(statement: Statement): 4 | 6 | null {
  if (!(statement instanceof ValueMatch) || statement.operator !== '==' || statement.left.text !== 'meta nfproto')
    return null
  return statement.right[0]?.lo === 10 ? 6 : 4
}

function withoutImplied(statements: readonly Statement[], family: TableFamily): readonly Statement[] {
  const kept: (Statement | null)[] = []
  let known: number | null = null
  /** Where the conditions on protocols stand that may still be implied; other statements than conditions fix them. */
  let l4At = -1
  let nfAt = -1
  for (const original of statements) {
    const statement = named(original, known)
    const fields = fieldsOf(statement)
    const l4 = l4Match(statement, family)
    const nf = nfMatch(statement)
    if (fields === null) {
      l4At = -1
      nfAt = -1
    } else {
      if (
        l4At >= 0 &&
        known !== null &&
        fields.some(({ protocols }) => protocols.length === 1 && protocols[0] === known)
      ) {
        kept[l4At] = null
        l4At = -1
      }
      const told = nfAt < 0 ? null : nfMatch(kept[nfAt] ?? statement)
      if (family === 'inet' && told !== null && fields.some(({ nfproto }) => nfproto === told)) {
        kept[nfAt] = null
        nfAt = -1
      }
    }
    if (l4 !== null) {
      known = l4
      l4At = kept.length
    }
    if (nf !== null) nfAt = kept.length
    kept.push(statement)
  }
  return kept.filter(statement => statement !== null)
}

/** The statement with `tcp dport` for `th dport` where the packet is known to be TCP. */
function named(statement: Statement, protocol: number | null): Statement {
  const header = protocol === null ? undefined : TRANSPORTS[protocol]
  if (header === undefined || fieldsOf(statement)?.some(field => field.header === 'th') !== true) return statement
  const rename = (expr: Expr): Expr => {
    if (expr instanceof ConcatExpr) return new ConcatExpr(expr.parts.map(rename))
    if (!(expr instanceof FieldExpr) || expr.field.header !== 'th') return expr
    const field = PAYLOAD_FIELDS.get(expr.field.text.replace(/^th/, header))
    return field === undefined ? expr : new FieldExpr(field)
  }
  if (statement instanceof ValueMatch)
    return new ValueMatch(rename(statement.left), statement.operator, statement.right)
  if (statement instanceof SetMatch) return new SetMatch(rename(statement.left), statement.negate, statement.set)
  return statement instanceof VmapStatement ? new VmapStatement(rename(statement.key), statement.map) : statement
}

/** The fields that a condition or vmap is about; null for other statements. */
function fieldsOf(statement: Statement): readonly Field[] | null {
  if (statement instanceof VmapStatement) return fieldsIn(statement.key)
  const condition = statement instanceof ValueMatch || statement instanceof FlagsMatch || statement instanceof SetMatch
  return condition ? fieldsIn(statement.left) : null
}

function fieldsIn(expr: Expr): readonly Field[] {
  if (expr instanceof ConcatExpr) return expr.parts.flatMap(fieldsIn)
  return expr instanceof FieldExpr ? [expr.field] : []
}

/** Bits that the kernel compares at once. */
const MERGED_BITS = 32

function inHeaderOrder(statements: readonly Statement[]): readonly Statement[] {
  const ordered = [...statements]
  for (let i = 0; i + 1 < ordered.length; i++) {
    const [one, two] = [ordered[i], ordered[i + 1]]
    if (one === undefined || two === undefined) continue
    const [a, b] = [plainField(one), plainField(two)]
    if (a === null || b === null || a.header === null || a.header !== b.header) continue
    if (b.offset + b.bits === a.offset && a.bits + b.bits <= MERGED_BITS) {
      ordered[i] = two
      ordered[i + 1] = one
    }
  }
  return ordered
}

/** The field of a condition with `==` and a single value. */
function plainField(statement: Statement): Field | null {
  if (!(statement instanceof ValueMatch) || statement.operator !== '==' || statement.right[0]?.single !== true)
    return null
  return statement.left instanceof FieldExpr ? statement.left.field : null
}

import { type Addr, addrToBigInt, isV6 } from '../../../wire/addr.ts'
import { BitExpr } from '../expr/bit-expr.ts'
import type { Expr } from '../expr/expr.ts'
import { FieldExpr } from '../expr/field-expr.ts'
import type { SetUse } from '../expr/set-use.ts'
import { type Comparison, FlagsMatch, SetMatch, ValueMatch } from '../statements/match.ts'
import type { Statement } from '../statements/statement.ts'
import { VmapStatement } from '../statements/verdicts.ts'
import type { DataType } from '../types/data-type.ts'
import { Interval } from '../types/interval.ts'
import { parseSetUse } from './parse-set-use.ts'
import { isAddress, parseBits, parseConcatValue } from './parse-value.ts'
import type { RuleScope } from './rule-scope.ts'

const SIGNS: Readonly<Record<string, Comparison>> = {
  '==': '==',
  eq: '==',
  '!=': '!=',
  ne: '!=',
  '<': '<',
  lt: '<',
  '>': '>',
  gt: '>',
  '<=': '<=',
  le: '<=',
  '>=': '>=',
  ge: '>=',
}

/** What follows an expression in a rule: `vmap …`, or a comparison. */
export function parseMatch(scope: RuleScope, left: Expr): Statement {
  const { reader } = scope
  if (reader.accept('vmap')) return new VmapStatement(left, parseSetUse(scope, left.types, 'verdict'))
  const type = only(left)
  const bits = type?.bitmask === true
  if (bits && reader.accept('!')) return new FlagsMatch(left, 'none', parseBits(reader, type), 0)
  const token = reader.next
  const sign = token.kind === 'string' ? undefined : SIGNS[token.text]
  if (sign !== undefined) reader.take()
  if (reader.sees('{') || reader.sees('@')) {
    if (sign !== undefined && sign !== '==' && sign !== '!=') reader.fail(`${sign} is not for sets`, token)
    const set = parseSetUse(scope, left.types, null)
    return single(left, sign === '!=', set) ?? new SetMatch(left, sign === '!=', set)
  }
  if (type !== undefined && (bits || left instanceof BitExpr)) return parseBitsMatch(scope, left, type, sign)
  const right = parseConcatValue(reader, left.types)
  if (sign !== undefined && sign !== '==' && sign !== '!=' && !right.every(part => part.single)) {
    reader.fail(`${sign} needs a single value`, token)
  }
  return new ValueMatch(left, sign ?? '==', right)
}

/** A set of one value without a name is that value. */
function single(left: Expr, negate: boolean, set: SetUse): Statement | null {
  const type = only(left)
  if (type === undefined || set.store === null || set.written !== 1) return null
  const [element] = set.store.values()
  const value = element?.key?.[0]
  if (value === undefined) return null
  if (type.bitmask && !negate) return new FlagsMatch(left, 'any', Number(value.lo), 0)
  return new ValueMatch(left, negate ? '!=' : '==', [value])
}

function only(expr: Expr): DataType | undefined {
  return expr.types.length === 1 ? expr.types[0] : undefined
}

/** Flags and what was calculated with `&`, in the forms that nft reduces them to. */
function parseBitsMatch(scope: RuleScope, left: Expr, type: DataType, sign: Comparison | undefined): Statement {
  const { reader } = scope
  if (!type.bitmask) return maskedMatch(left, sign ?? '==', parseConcatValue(reader, [type]))
  const value = parseBits(reader, type)
  if (reader.accept('/')) return new FlagsMatch(left, sign === '!=' ? '!=' : '==', value, parseBits(reader, type))
  if (left instanceof BitExpr && left.operator === '&' && left.left instanceof FieldExpr) {
    const mask = Number(left.right)
    if (value === 0 && (sign === '!=' || sign === '==')) {
      return new FlagsMatch(left.left, sign === '!=' ? 'any' : 'none', mask, 0)
    }
    if (sign === '==' || sign === '!=') return new FlagsMatch(left.left, sign, value, mask)
  }
  if (sign === undefined) return new FlagsMatch(left, 'any', value, 0)
  return new ValueMatch(left, sign, [Interval.value(type, value)])
}

/** `ip daddr & 255.255.255.0 == 10.0.0.0` is the prefix 10.0.0.0/24. */
function maskedMatch(left: Expr, sign: Comparison, right: readonly Interval[]): Statement {
  const [value] = right
  if (
    left instanceof BitExpr &&
    left.operator === '&' &&
    value?.single === true &&
    isAddress(value.type) &&
    (sign === '==' || sign === '!=')
  ) {
    const length = maskLength(left.right as Addr)
    if (length !== null && length > 0) {
      const prefix = Interval.prefix(value.type, value.lo as Addr, length)
      if (prefix.lo === value.lo) return new ValueMatch(left.left, sign, [prefix])
    }
  }
  return new ValueMatch(left, sign, right)
}

/** Length of a netmask; null where the ones are not together at its begin. */
function maskLength(mask: Addr): number | null {
  const bits = isV6(mask) ? 128 : 32
  const text = addrToBigInt(mask).toString(2).padStart(bits, '0')
  return /^1*0*$/.test(text) ? text.replace(/0+$/, '').length : null
}

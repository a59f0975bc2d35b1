import { type Addr, addrFromBigInt, addrToBigInt, isV6 } from '../../../wire/addr.ts'
import type { Skb } from '../../model/skb.ts'
import type { DataType, Value } from '../types/data-type.ts'
import type { NftWalk } from '../walk.ts'
import type { Expr } from './expr.ts'

export type BitOperator = '&' | '|' | '^' | '<<' | '>>'

/** `meta mark & 0x4000`: the right side is a constant. */
export class BitExpr implements Expr {
  readonly left: Expr
  readonly operator: BitOperator
  readonly right: Value
  readonly types: readonly DataType[]

  constructor(left: Expr, operator: BitOperator, right: Value) {
    this.left = left
    this.operator = operator
    this.right = right
    this.types = left.types
  }

  get text(): string {
    const [type] = this.types
    const inner = this.left
    if (this.operator === '|' && inner instanceof BitExpr && inner.operator === '&' && type !== undefined) {
      const kept = (Number(inner.right) | Number(this.right)) >>> 0
      return `${inner.left.text} & ${type.format(kept)} | ${type.format(this.right)}`
    }
    const shift = this.operator === '<<' || this.operator === '>>'
    const right = shift || type === undefined ? String(this.right) : type.format(this.right)
    return `${this.left.text} ${this.operator} ${right}`
  }

  get conntrack(): boolean {
    return this.left.conntrack
  }

  read(skb: Skb, walk: NftWalk, at: number): boolean {
    if (!this.left.read(skb, walk, at)) return false
    walk.key[at] = combine(this.operator, walk.key[at] ?? 0, this.right)
    return true
  }
}

function combine(operator: BitOperator, left: Value, right: Value): Value {
  const a = Number(left)
  const b = Number(right)
  if (isV6(a as Addr) && isV6(b as Addr)) {
    const [x, y] = [addrToBigInt(a as Addr), addrToBigInt(b as Addr)]
    return addrFromBigInt(operator === '&' ? x & y : operator === '|' ? x | y : x ^ y, 6)
  }
  switch (operator) {
    case '&':
      return (a & b) >>> 0
    case '|':
      return (a | b) >>> 0
    case '^':
      return (a ^ b) >>> 0
    case '<<':
      return (a << b) >>> 0
    case '>>':
      return a >>> b
  }
}

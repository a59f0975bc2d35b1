import type { Skb } from '../../model/skb.ts'
import type { Expr } from '../expr/expr.ts'
import type { SetUse } from '../expr/set-use.ts'
import { BREAK, NEXT, type Outcome } from '../sets/verdict.ts'
import type { Interval } from '../types/interval.ts'
import type { NftWalk } from '../walk.ts'
import type { Statement, StatementNeeds } from './statement.ts'

export type Comparison = '==' | '!=' | '<' | '>' | '<=' | '>='

abstract class Condition implements Statement {
  readonly left: Expr
  readonly decides = true
  readonly verdict = null
  abstract readonly text: string

  constructor(left: Expr) {
    this.left = left
  }

  get needs(): StatementNeeds {
    return { conntrack: this.left.conntrack }
  }

  print(): string {
    return this.text
  }

  run(skb: Skb, walk: NftWalk): Outcome {
    return this.left.read(skb, walk, 0) && this.holds(walk) ? NEXT : BREAK
  }

  actual(skb: Skb, walk: NftWalk): string {
    if (!this.left.read(skb, walk, 0)) return `no ${this.left.text}`
    return this.left.types.map((type, i) => type.format(walk.key[i] ?? 0)).join(' . ')
  }

  /** Judges the values that were read. */
  protected abstract holds(walk: NftWalk): boolean
}

/** `ip saddr 10.0.0.0/8`, `tcp dport != 22`, `ip ttl > 3`: one value, prefix or range for each component. */
export class ValueMatch extends Condition {
  readonly operator: Comparison
  readonly right: readonly Interval[]

  constructor(left: Expr, operator: Comparison, right: readonly Interval[]) {
    super(left)
    this.operator = operator
    this.right = right
  }

  get text(): string {
    const operator = this.operator === '==' && !this.#explicit() ? '' : `${this.operator} `
    return `${this.left.text} ${operator}${this.#value()}`
  }

  /** Several flags are printed in another way here than where any of them will do. */
  #value(): string {
    const [only] = this.right
    if (only?.type.bitmask !== true) return this.right.map(String).join(' . ')
    const text = String(only)
    if (!text.includes(',')) return text
    return only.type.name === 'tcp_flag' ? `0x${Number(only.lo).toString(16)}` : text.split(',').join(' | ')
  }

  /** After arithmetic the sign is printed; also for flags, where a bare value has another meaning. */
  #explicit(): boolean {
    return this.left.text.includes(' & ') || this.left.text.includes(' ^ ') || this.left.types[0]?.bitmask === true
  }

  protected holds(walk: NftWalk): boolean {
    if (this.operator === '==' || this.operator === '!=') {
      let same = true
      for (let i = 0; i < this.right.length && same; i++) same = this.right[i]?.has(walk.key[i] ?? 0) ?? false
      return same === (this.operator === '==')
    }
    const type = this.left.types[0]
    const bound = this.right[0]
    if (type === undefined || bound === undefined) return false
    const value = type.order(walk.key[0] ?? 0)
    switch (this.operator) {
      case '<':
        return value < bound.lowest
      case '>':
        return value > bound.lowest
      case '<=':
        return value <= bound.lowest
      case '>=':
        return value >= bound.lowest
    }
  }
}

/** `ct state new,related` (some bit is set), `tcp flags ! syn` (none is), `tcp flags syn / syn,ack` (exactly those of the mask). */
export class FlagsMatch extends Condition {
  readonly sign: 'any' | 'none' | '==' | '!='
  readonly value: number
  readonly mask: number

  constructor(left: Expr, sign: 'any' | 'none' | '==' | '!=', value: number, mask: number) {
    super(left)
    this.sign = sign
    this.value = value
    this.mask = mask
  }

  get text(): string {
    const format = (bits: number): string => this.left.types[0]?.format(bits) ?? String(bits)
    const sign = this.sign === 'none' ? '! ' : this.sign === '!=' ? '!= ' : ''
    const masked = this.sign === '==' || this.sign === '!='
    if (masked && (this.mask & (this.mask - 1)) === 0)
      return `${this.left.text} & ${format(this.mask)} ${this.sign} ${format(this.value)}`
    return `${this.left.text} ${sign}${format(this.value)}${masked ? ` / ${format(this.mask)}` : ''}`
  }

  protected holds(walk: NftWalk): boolean {
    const bits = Number(walk.key[0] ?? 0)
    switch (this.sign) {
      case 'any':
        return (bits & this.value) !== 0
      case 'none':
        return (bits & this.value) === 0
      case '==':
        return (bits & this.mask) === this.value
      case '!=':
        return (bits & this.mask) !== this.value
    }
  }
}

/** `ip saddr @set`, `tcp dport { 80, 443 }`, either with `!=`. */
export class SetMatch implements Statement {
  readonly left: Expr
  readonly negate: boolean
  readonly set: SetUse
  readonly decides = true
  readonly verdict = null

  constructor(left: Expr, negate: boolean, set: SetUse) {
    this.left = left
    this.negate = negate
    this.set = set
  }

  get text(): string {
    const explicit = this.left.text.includes(' & ')
    return `${this.left.text} ${this.negate ? '!= ' : explicit ? '== ' : ''}${this.set.text}`
  }

  get needs(): StatementNeeds {
    return { conntrack: this.left.conntrack, sets: this.set.name === null ? [] : [this.set.name] }
  }

  print(): string {
    return this.text
  }

  run(skb: Skb, walk: NftWalk): Outcome {
    const element = this.set.find(this.left, skb, walk, 0)
    if (element === null) return this.negate && this.left.read(skb, walk, 0) ? NEXT : BREAK
    if (this.negate) return BREAK
    walk.element = element
    return NEXT
  }

  actual(skb: Skb, walk: NftWalk): string {
    if (!this.left.read(skb, walk, 0)) return `no ${this.left.text}`
    return this.left.types.map((type, i) => type.format(walk.key[i] ?? 0)).join(' . ')
  }
}

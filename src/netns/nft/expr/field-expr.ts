import type { Skb } from '../../model/skb.ts'
import { type Field, NOTHING } from '../fields/field.ts'
import type { DataType } from '../types/data-type.ts'
import type { NftWalk } from '../walk.ts'
import type { Expr } from './expr.ts'

/** A field of the packet or of what is kept beside it. */
export class FieldExpr implements Expr {
  readonly field: Field
  readonly types: readonly DataType[]

  constructor(field: Field) {
    this.field = field
    this.types = [field.type]
  }

  get text(): string {
    return this.field.text
  }

  get conntrack(): boolean {
    return this.field.conntrack
  }

  read(skb: Skb, walk: NftWalk, at: number): boolean {
    const value = this.field.read(skb, walk)
    if (value === NOTHING) return false
    walk.key[at] = value
    return true
  }
}

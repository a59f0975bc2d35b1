import type { Skb } from '../../model/skb.ts'
import type { DataType } from '../types/data-type.ts'
import type { NftWalk } from '../walk.ts'
import type { Expr } from './expr.ts'

/** `ip daddr . meta l4proto . th dport`. */
export class ConcatExpr implements Expr {
  readonly parts: readonly Expr[]
  readonly types: readonly DataType[]

  constructor(parts: readonly Expr[]) {
    this.parts = parts
    this.types = parts.flatMap(part => part.types)
  }

  get text(): string {
    return this.parts.map(part => part.text).join(' . ')
  }

  get conntrack(): boolean {
    return this.parts.some(part => part.conntrack)
  }

  read(skb: Skb, walk: NftWalk, at: number): boolean {
    for (let i = 0; i < this.parts.length; i++) if (this.parts[i]?.read(skb, walk, at + i) !== true) return false
    return true
  }
}

import type { Skb } from '../../model/skb.ts'
import type { DataType } from '../types/data-type.ts'
import type { NftWalk } from '../walk.ts'
import type { Expr } from './expr.ts'
import type { SetUse } from './set-use.ts'

/** `KEY map { … }` or `KEY map @name`: the values that the element of the key stands for. */
export class MapExpr implements Expr {
  readonly key: Expr
  readonly map: SetUse
  readonly types: readonly DataType[]

  constructor(key: Expr, map: SetUse, types: readonly DataType[]) {
    this.key = key
    this.map = map
    this.types = types
  }

  get text(): string {
    return `${this.key.text} map ${this.map.text}`
  }

  get conntrack(): boolean {
    return this.key.conntrack
  }

  read(skb: Skb, walk: NftWalk, at: number): boolean {
    const element = this.map.find(this.key, skb, walk, at)
    if (element === null || element.data?.kind !== 'values') return false
    const { values } = element.data
    walk.element = element
    for (let i = 0; i < values.length; i++) walk.key[at + i] = values[i]?.lo ?? 0
    return true
  }
}

import type { Skb } from '../../model/skb.ts'
import type { DataType } from '../types/data-type.ts'
import type { NftWalk } from '../walk.ts'

/** Something that gives one value, or several with dots between them. Immutable: what it remembers is in the rule. */
export interface Expr {
  readonly types: readonly DataType[]
  readonly text: string
  /** Whether evaluating it needs conntrack. */
  readonly conntrack: boolean
  /** Writes the values to `walk.key` from `at`. False when the packet has no such thing: the rule does not match. */
  read(skb: Skb, walk: NftWalk, at: number): boolean
}

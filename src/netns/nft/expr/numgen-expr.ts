import type { Skb } from '../../model/skb.ts'
import type { DataType } from '../types/data-type.ts'
import { INTEGER } from '../types/data-types.ts'
import type { NftWalk } from '../walk.ts'
import type { Expr } from './expr.ts'

/** `numgen random mod N` and `numgen inc mod N` (nft_numgen.c); `slot` is where the rule keeps the counter. */
export class NumgenExpr implements Expr {
  readonly types: readonly DataType[] = [INTEGER]
  readonly conntrack = false
  readonly mode: 'random' | 'inc'
  readonly modulus: number
  readonly offset: number
  readonly slot: number

  constructor(mode: 'random' | 'inc', modulus: number, offset: number, slot: number) {
    this.mode = mode
    this.modulus = modulus
    this.offset = offset
    this.slot = slot
  }

  get text(): string {
    return `numgen ${this.mode} mod ${this.modulus}${this.offset === 0 ? '' : ` offset ${this.offset}`}`
  }

  read(skb: Skb, walk: NftWalk, at: number): boolean {
    walk.key[at] = this.offset + (this.mode === 'random' ? this.#draw(skb, walk) : this.#count(skb, walk))
    return true
  }

  #draw(skb: Skb, walk: NftWalk): number {
    const drawn = walk.ns.sim.chance.pick(walk.site(), this.modulus)
    if (walk.ns.sim.recorder !== null && this.modulus > 1) walk.recordDraw(skb, 'random', 1, this.modulus)
    return drawn
  }

  /** The counter begins at the modulus, so that the first packet gets 0. */
  #count(skb: Skb, walk: NftWalk): number {
    const last = walk.state[this.slot] ?? 0
    const next = last >= this.modulus ? 0 : last
    walk.state[this.slot] = next + 1
    if (walk.ns.sim.recorder !== null) walk.recordDraw(skb, 'nth', next, this.modulus)
    return next
  }
}

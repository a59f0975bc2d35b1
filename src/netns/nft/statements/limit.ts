import type { Skb } from '../../model/skb.ts'
import { BREAK, NEXT, type Outcome } from '../sets/verdict.ts'
import type { NftWalk } from '../walk.ts'
import type { Statement, StatementNeeds } from './statement.ts'

export interface LimitSpec {
  /** Packets or bytes in one `seconds`. */
  readonly rate: number
  readonly seconds: number
  readonly unit: 'packets' | 'bytes'
  readonly burst: number
  readonly over: boolean
  /** As printed: `10/second`, `1 mbytes/second`, with the burst where it is not the default. */
  readonly text: string
}

/** `limit rate …` (nft_limit.c): a bucket of nanoseconds. Its slots hold the tokens and the time they were counted. */
export class LimitStatement implements Statement {
  readonly spec: LimitSpec
  readonly slot: number
  readonly decides = true
  readonly verdict = null
  readonly needs: StatementNeeds = {}
  readonly #nsecs: number
  readonly #max: number

  constructor(spec: LimitSpec, slot: number) {
    this.spec = spec
    this.slot = slot
    this.#nsecs = spec.seconds * 1e9
    this.#max =
      spec.unit === 'packets'
        ? Math.floor(this.#nsecs / spec.rate) * spec.burst
        : Math.floor((this.#nsecs * (spec.rate + spec.burst)) / spec.rate)
  }

  get text(): string {
    return `limit rate ${this.spec.over ? 'over ' : ''}${this.spec.text}`
  }

  print(): string {
    return this.text
  }

  /** What a full bucket holds. */
  get full(): number {
    return this.#max
  }

  run(skb: Skb, walk: NftWalk): Outcome {
    const { rate, unit, over } = this.spec
    const { state } = walk
    const now = walk.ns.sim.now * 1000
    const cost = Math.floor(unit === 'packets' ? this.#nsecs / rate : (this.#nsecs * skb.length) / rate)
    const tokens = Math.min(this.#max, (state[this.slot] ?? 0) + now - (state[this.slot + 1] ?? 0))
    state[this.slot + 1] = now
    const enough = tokens >= cost
    state[this.slot] = enough ? tokens - cost : tokens
    return enough !== over ? NEXT : BREAK
  }

  actual(): string {
    return this.spec.over ? 'limit not exceeded' : 'limit exceeded'
  }
}

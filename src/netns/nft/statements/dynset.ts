import type { Skb } from '../../model/skb.ts'
import type { Expr } from '../expr/expr.ts'
import { BREAK, NEXT, type Outcome } from '../sets/verdict.ts'
import { Interval } from '../types/interval.ts'
import { formatTime } from '../types/time.ts'
import type { NftWalk } from '../walk.ts'
import type { Statement, StatementNeeds } from './statement.ts'

/** `add @set { ip saddr timeout 1m }`, `update @set { … }`, `delete @set { … }` (nft_dynset.c). */
export class DynsetStatement implements Statement {
  readonly verb: 'add' | 'update' | 'delete'
  readonly set: string
  readonly key: Expr
  /** Microseconds, 0 for the set's own. */
  readonly timeout: number
  /** The set may be full, or the element not there: then the rule ends. */
  readonly decides = true
  readonly verdict = null
  readonly needs: StatementNeeds

  constructor(verb: 'add' | 'update' | 'delete', set: string, key: Expr, timeout: number) {
    this.verb = verb
    this.set = set
    this.key = key
    this.timeout = timeout
    this.needs = { conntrack: key.conntrack, sets: [set], updates: set }
  }

  get text(): string {
    const timeout = this.timeout === 0 ? '' : ` timeout ${formatTime(this.timeout)}`
    return `${this.verb} @${this.set} { ${this.key.text}${timeout} }`
  }

  print(): string {
    return this.text
  }

  run(skb: Skb, walk: NftWalk): Outcome {
    const set = walk.set(this.set)
    if (set === undefined || !this.key.read(skb, walk, 0)) return BREAK
    const { now } = walk.ns.sim
    if (this.verb !== 'delete')
      return set.addPacket(walk.key, 0, now, this.timeout, this.verb === 'update') ? NEXT : BREAK
    if (set.find(walk.key, 0, now) === null) return BREAK
    set.store.delete(this.key.types.map((type, i) => Interval.value(type, walk.key[i] ?? 0)))
    return NEXT
  }

  actual(): string {
    return this.verb === 'delete' ? 'no such element' : 'the set is full'
  }
}

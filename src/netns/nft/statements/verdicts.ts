import type { Skb } from '../../model/skb.ts'
import type { Expr } from '../expr/expr.ts'
import type { SetUse } from '../expr/set-use.ts'
import { BREAK, formatVerdict, type Outcome, type Verdict, verdictName } from '../sets/verdict.ts'
import type { NftWalk } from '../walk.ts'
import { actionStatement, type Statement, type StatementNeeds } from './statement.ts'

/** `accept`, `jump CHAIN`, … */
export function verdictStatement(verdict: Verdict): Statement {
  const { outcome, chain } = verdict
  return actionStatement(
    formatVerdict(verdict),
    verdictName(outcome),
    (_, walk) => {
      walk.target = chain
      return outcome
    },
    chain === '' ? {} : { chains: [chain] },
  )
}

/** `KEY vmap @map` or `KEY vmap { … }`. */
export class VmapStatement implements Statement {
  readonly key: Expr
  readonly map: SetUse
  readonly decides = true
  readonly verdict = null
  readonly needs: StatementNeeds

  constructor(key: Expr, map: SetUse) {
    this.key = key
    this.map = map
    const chains: string[] = []
    for (const { data } of map.store?.values() ?? [])
      if (data?.kind === 'verdict' && data.verdict.chain !== '') chains.push(data.verdict.chain)
    this.needs = { conntrack: key.conntrack, chains, sets: map.name === null ? [] : [map.name] }
  }

  get text(): string {
    return `${this.key.text} vmap ${this.map.text}`
  }

  print(): string {
    return this.text
  }

  run(skb: Skb, walk: NftWalk): Outcome {
    const element = this.map.find(this.key, skb, walk, 0)
    if (element === null || element.data?.kind !== 'verdict') return BREAK
    const { verdict } = element.data
    walk.element = element
    walk.target = verdict.chain
    return verdict.outcome
  }

  actual(skb: Skb, walk: NftWalk): string {
    if (!this.key.read(skb, walk, 0)) return `no ${this.key.text}`
    return this.key.types.map((type, i) => type.format(walk.key[i] ?? 0)).join(' . ')
  }
}

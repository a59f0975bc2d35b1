import type { Hook } from '../../model/netfilter.ts'
import type { Rule } from './rule.ts'

/** What makes a chain a base chain. */
export interface BaseSpec {
  readonly type: 'filter' | 'nat' | 'route'
  readonly hook: Hook
  readonly priority: number
  readonly policyDrop: boolean
}

/** A chain of one table. */
export class Chain {
  readonly name: string
  base: BaseSpec | null
  readonly comment: string | null
  readonly rules: Rule[]

  constructor(name: string, base: BaseSpec | null, comment: string | null, rules: Rule[] = []) {
    this.name = name
    this.base = base
    this.comment = comment
    this.rules = rules
  }

  /** The same rules, to be changed by itself. */
  copy(): Chain {
    return new Chain(this.name, this.base, this.comment, [...this.rules])
  }
}

import type { RuleRef } from '../../../trace/recorder.ts'
import type { Rule } from './rule.ts'

/** A rule as events name it. The text is printed when somebody reads it. */
export class NamedRule implements RuleRef {
  readonly table: string
  readonly chain: string
  readonly index: number
  readonly #rule: Rule

  constructor(table: string, chain: string, index: number, rule: Rule) {
    this.table = table
    this.chain = chain
    this.index = index
    this.#rule = rule
  }

  get text(): string {
    const spec = this.#rule.spec
    return spec === '' ? `-A ${this.chain}` : `-A ${this.chain} ${spec}`
  }

  get comment(): string | null {
    return this.#rule.comment
  }

  get target(): string | null {
    return this.#rule.target.name
  }
}

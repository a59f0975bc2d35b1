import type { RuleRef } from '../../../trace/recorder.ts'
import type { Statement } from '../statements/statement.ts'

/** A rule as it was written: shared by every namespace that reads the same text. */
export interface RuleSpec {
  readonly statements: readonly Statement[]
  readonly comment: string | null
  /** What the slots of the statements begin with. */
  readonly initial: readonly number[]
}

/** A rule of one chain: its statements, and the numbers that they remember. */
export class Rule {
  readonly spec: RuleSpec
  readonly handle: number
  readonly state: Float64Array
  /** Index of the first statement after everything that could still end the rule without a verdict. */
  readonly actsFrom: number

  constructor(spec: RuleSpec, handle: number) {
    this.spec = spec
    this.handle = handle
    this.state = Float64Array.from(spec.initial)
    let acts = 0
    spec.statements.forEach((statement, i) => {
      if (statement.decides) acts = i + 1
    })
    this.actsFrom = acts
  }

  /** As `nft -s list` prints it. */
  get text(): string {
    return this.#join(this.spec.statements.map(statement => statement.text))
  }

  /** As `nft list` prints it. */
  print(): string {
    return this.#join(this.spec.statements.map(statement => statement.print(this.state)))
  }

  /** The word of what the rule does with a packet that passes its conditions. */
  get verdict(): string {
    for (let i = this.actsFrom; i < this.spec.statements.length; i++) {
      const verdict = this.spec.statements[i]?.verdict ?? null
      if (verdict !== null) return verdict
    }
    return 'CONTINUE'
  }

  #join(words: readonly string[]): string {
    const { comment } = this.spec
    const said = words.filter(word => word !== '')
    return (comment === null ? said : [...said, `comment "${comment}"`]).join(' ')
  }
}

/** A rule as events name it. The text is printed when somebody reads it. */
export class NftRuleRef implements RuleRef {
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
    return this.#rule.text
  }

  get comment(): string | null {
    return this.#rule.spec.comment
  }

  get target(): string | null {
    const { statements } = this.#rule.spec
    return statements[statements.length - 1]?.text ?? null
  }
}

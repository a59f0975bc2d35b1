import { LineFailure } from './failure.ts'
import type { Word } from './words.ts'

/** One option of an extension: how many arguments it takes, and whether `!` may stand before it. */
export interface OptionSpec {
  readonly args: 0 | 1 | 2
  readonly invert?: true
  /** The option it is another name of. */
  readonly is?: string
  /** May be given several times; the last one counts. */
  readonly repeat?: true
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>

/** What the rest of the rule says; extensions depend on it. */
export interface RuleContext {
  readonly family: 4 | 6
  readonly table: string
  /** Number after `-p`, 0 for none. */
  readonly proto: number
  readonly protoInvert: boolean
}

interface Given {
  readonly invert: boolean
  readonly values: readonly Word[]
  readonly column: number
}

/** The options that were written for one `-m` or `-j`, already checked for number, repetition and `!`. */
export class Options {
  readonly extension: string
  readonly context: RuleContext
  readonly #given: ReadonlyMap<string, Given>
  readonly #column: number

  constructor(extension: string, context: RuleContext, given: ReadonlyMap<string, Given>, column: number) {
    this.extension = extension
    this.context = context
    this.#given = given
    this.#column = column
  }

  get empty(): boolean {
    return this.#given.size === 0
  }

  has(name: string): boolean {
    return this.#given.has(name)
  }

  inverted(name: string): boolean {
    return this.#given.get(name)?.invert ?? false
  }

  /** `! ` before an inverted option, for the printed form. */
  bang(name: string): string {
    return this.inverted(name) ? '! ' : ''
  }

  /** The option's argument, undefined when it was not given. */
  value(name: string, index = 0): string | undefined {
    return this.#given.get(name)?.values[index]?.text
  }

  /** The argument of an option that must be there. */
  required(name: string): string {
    const value = this.value(name)
    if (value === undefined) this.fail(null, `option "--${name}" must be specified`)
    return value
  }

  /** Refuses the rule: at the argument of the option `name`, or at the extension's own word. */
  fail(name: string | null, message: string): never {
    const given = name === null ? undefined : this.#given.get(name)
    throw new LineFailure(`${this.extension}: ${message}`, given?.values[0]?.column ?? given?.column ?? this.#column)
  }

  /** Refuses two options at once. */
  exclusive(...names: readonly string[]): void {
    const found = names.filter(name => this.has(name))
    if (found.length > 1)
      this.fail(found[1] ?? null, `option "--${found[0]}" cannot be used together with "--${found[1]}"`)
  }
}

/** Collects options while a rule is read. */
export class OptionCollector {
  readonly extension: string
  readonly specs: OptionSpecs
  readonly column: number
  readonly #given = new Map<string, Given>()

  constructor(extension: string, specs: OptionSpecs, column: number) {
    this.extension = extension
    this.specs = specs
    this.column = column
  }

  /** Whether nothing was given yet. */
  get empty(): boolean {
    return this.#given.size === 0
  }

  add(name: string, invert: boolean, values: readonly Word[], column: number): void {
    const spec = this.specs[name]
    if (spec === undefined) throw new LineFailure(`${this.extension}: unknown option "--${name}"`, column)
    const real = spec.is ?? name
    if (invert && spec.invert !== true)
      throw new LineFailure(`${this.extension}: option "--${real}" cannot be inverted`, column)
    if (this.#given.has(real) && spec.repeat !== true) {
      throw new LineFailure(`${this.extension}: option "--${real}" can only be used once`, column)
    }
    this.#given.set(real, { invert, values, column })
  }

  finish(context: RuleContext): Options {
    return new Options(this.extension, context, this.#given, this.column)
  }
}

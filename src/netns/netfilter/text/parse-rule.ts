import { findMatch, findTarget, UNSIMULATED_MATCHES, UNSIMULATED_TARGETS } from '../extensions.ts'
import type { Match } from '../rules/match.ts'
import { Rule } from '../rules/rule.ts'
import { ACCEPT_TARGET, chainTarget, DROP_TARGET, NO_TARGET, RETURN_TARGET, type Target } from '../rules/target.ts'
import type { Counters } from './command.ts'
import type { MatchExtension, TargetExtension } from './extension.ts'
import { LineFailure } from './failure.ts'
import { HeaderParser } from './header-parser.ts'
import { checkChainName, clip } from './names.ts'
import { OptionCollector, type RuleContext } from './options.ts'
import { completeOption, type GlobalOption, LONG_OPTIONS, SHORT_OPTIONS } from './rule-options.ts'
import type { Word } from './words.ts'

/** Modules that `-p NAME` loads by itself when an unknown option follows. */
const PROTOCOL_MODULES: ReadonlyMap<number, string> = new Map([
  [6, 'tcp'],
  [17, 'udp'],
  [132, 'sctp'],
  [1, 'icmp'],
  [58, 'icmp6'],
])

interface LoadedMatch {
  readonly extension: MatchExtension
  readonly options: OptionCollector
}

/** Reads the words of one command line, option by option. */
export class RuleParser {
  #words: readonly Word[]
  readonly #family: 4 | 6
  readonly #table: string
  #at = 0
  readonly #header: HeaderParser
  #jumped = false
  readonly #matches: LoadedMatch[] = []
  #target: TargetExtension | null = null
  #targetOptions: OptionCollector | null = null
  #plainTarget: Target = NO_TARGET
  /** Column of the name after `-j` or `-g`. */
  targetColumn = 1
  counters: Counters | null = null

  constructor(words: readonly Word[], family: 4 | 6, table: string) {
    this.#words = words
    this.#family = family
    this.#table = table
    this.#header = new HeaderParser(family)
  }

  /** Reads all options; `command` is asked for those that name a command. */
  read(command: (option: GlobalOption, parser: RuleParser, column: number) => void): void {
    let invert = false
    let bangColumn = 0
    while (this.#at < this.#words.length) {
      const word = this.#words[this.#at++]
      if (word === undefined) break
      if (!word.quoted && word.text === '!') {
        if (invert) throw new LineFailure('multiple consecutive ! not allowed', word.column)
        invert = true
        bangColumn = word.column
        continue
      }
      if (word.quoted || word.text.length < 2 || word.text[0] !== '-') {
        throw new LineFailure(`found \`${clip(word.text)}' where an option such as -s or -j is expected`, word.column)
      }
      this.#option(word, invert, command)
      invert = false
    }
    if (invert) throw new LineFailure('nothing to negate after !', bangColumn)
  }

  /** Columns of `-i` and `-o`, 0 when they were not given. */
  get inColumn(): number {
    return this.#header.inColumn
  }

  get outColumn(): number {
    return this.#header.outColumn
  }

  /** The next word as argument of the option at `column`. */
  argument(name: string, column: number): Word {
    const word = this.#words[this.#at]
    if (word === undefined) throw new LineFailure(`option "${name}" requires an argument`, column)
    this.#at++
    return word
  }

  /** The next word when it is no option. */
  optionalArgument(): Word | undefined {
    const word = this.#words[this.#at]
    if (word === undefined || (!word.quoted && (word.text[0] === '-' || word.text === '!'))) return undefined
    this.#at++
    return word
  }

  /** The rules of the line: one for each pair of source and destination. */
  rules(): Rule[] {
    const { header, sources, destinations } = this.#header
    const context: RuleContext = {
      family: this.#family,
      table: this.#table,
      proto: header.proto,
      protoInvert: header.protoInvert,
    }
    const rules: Rule[] = []
    for (const src of sources.length === 0 ? [null] : sources) {
      for (const dst of destinations.length === 0 ? [null] : destinations) {
        const matches: Match[] = this.#matches.map(m => m.extension.build(m.options.finish(context)))
        const target =
          this.#target === null || this.#targetOptions === null
            ? this.#plainTarget
            : this.#target.build(this.#targetOptions.finish(context))
        rules.push(new Rule({ ...header, src, dst }, matches, target))
      }
    }
    return rules
  }

  #option(
    word: Word,
    invert: boolean,
    command: (option: GlobalOption, parser: RuleParser, column: number) => void,
  ): void {
    const long = word.text[1] === '-'
    let name = word.text.slice(long ? 2 : 1)
    let attached: Word | undefined
    const equals = long ? name.indexOf('=') : -1
    if (equals > 0) {
      attached = { text: name.slice(equals + 1), column: word.column + 3 + equals, quoted: true }
      name = name.slice(0, equals)
    } else if (!long && name.length > 1) {
      attached = { text: name.slice(1), column: word.column + 2, quoted: true }
      name = name.slice(0, 1)
    }
    if (attached !== undefined) this.#words = insertAt(this.#words, this.#at, attached)
    if (!long) {
      const option = SHORT_OPTIONS.get(name)
      if (option === undefined) throw new LineFailure(`unknown option "${clip(word.text)}"`, word.column)
      this.#global(option, word, invert, command)
      return
    }
    if (this.#extensionOption(name, word, invert, false)) return
    const exact = LONG_OPTIONS.get(name)
    if (exact !== undefined) {
      this.#global(exact, word, invert, command)
      return
    }
    if (this.#extensionOption(name, word, invert, true)) return
    const completed = completeOption(LONG_OPTIONS.keys(), name)
    const option = completed === undefined ? undefined : LONG_OPTIONS.get(completed)
    if (option !== undefined) {
      this.#global(option, word, invert, command)
      return
    }
    if (this.#loadProtocolModule(word.column)) {
      if (this.#extensionOption(name, word, invert, false) || this.#extensionOption(name, word, invert, true)) return
    }
    throw new LineFailure(`unknown option "${clip(word.text)}"`, word.column)
  }

  /** Gives the option to the extension that has it; the one loaded last is asked first. */
  #extensionOption(name: string, word: Word, invert: boolean, complete: boolean): boolean {
    const collectors: OptionCollector[] = this.#targetOptions === null ? [] : [this.#targetOptions]
    for (let i = this.#matches.length - 1; i >= 0; i--) {
      const loaded = this.#matches[i]
      if (loaded !== undefined) collectors.push(loaded.options)
    }
    for (const options of collectors) {
      const full = complete ? completeOption(Object.keys(options.specs), name) : name
      if (full === undefined || !Object.hasOwn(options.specs, full)) continue
      const spec = options.specs[full]
      if (spec === undefined) continue
      const values: Word[] = []
      for (let i = 0; i < spec.args; i++) values.push(this.argument(word.text, word.column))
      options.add(full, invert, values, word.column)
      return true
    }
    return false
  }

  #loadProtocolModule(column: number): boolean {
    const name = PROTOCOL_MODULES.get(this.#header.header.proto)
    if (name === undefined || this.#header.header.protoInvert) return false
    if (this.#matches.some(loaded => loaded.extension.name === name)) return false
    const extension = findMatch(name, this.#family)
    if (extension === undefined) return false
    this.#matches.push({ extension, options: new OptionCollector(name, extension.options, column) })
    return true
  }

  #global(
    option: GlobalOption,
    word: Word,
    invert: boolean,
    command: (option: GlobalOption, parser: RuleParser, column: number) => void,
  ): void {
    if (this.#header.take(option, word, invert, () => this.argument(word.text, word.column))) return
    switch (option) {
      case 'match':
        this.#notInverted(word, invert)
        this.#match(this.argument(word.text, word.column))
        return
      case 'jump':
      case 'goto':
        this.#notInverted(word, invert)
        if (this.#jumped) throw new LineFailure('a rule takes one -j or -g only', word.column)
        this.#jumped = true
        this.#jump(this.argument(word.text, word.column), option === 'goto')
        return
      case 'set-counters':
        this.counters = this.#counters(word)
        return
      case 'ipv4':
      case 'ipv6':
        return
      case 'table':
        throw new LineFailure('the -t option cannot be used here: the table is named by its *line', word.column)
      case 'ignored':
        return
      default:
        this.#notInverted(word, invert)
        command(option, this, word.column)
    }
  }

  #notInverted(word: Word, invert: boolean): void {
    if (invert) throw new LineFailure(`cannot have ! before ${word.text}`, word.column)
  }

  #match(word: Word): void {
    const extension = findMatch(word.text, this.#family)
    if (extension === undefined) {
      throw new LineFailure(
        UNSIMULATED_MATCHES.has(word.text)
          ? `match \`${word.text}' is not simulated by kubehop`
          : `unknown match \`${clip(word.text)}'`,
        word.column,
      )
    }
    this.#matches.push({ extension, options: new OptionCollector(extension.name, extension.options, word.column) })
  }

  #jump(word: Word, goto: boolean): void {
    this.targetColumn = word.column
    const name = word.text
    if (!goto) {
      if (name === 'ACCEPT') this.#plainTarget = ACCEPT_TARGET
      else if (name === 'DROP') this.#plainTarget = DROP_TARGET
      else if (name === 'RETURN') this.#plainTarget = RETURN_TARGET
      if (this.#plainTarget !== NO_TARGET) return
      const extension = findTarget(name, this.#family)
      if (extension !== undefined) {
        this.#target = extension
        this.#targetOptions = new OptionCollector(extension.name, extension.options, word.column)
        return
      }
      if (UNSIMULATED_TARGETS.has(name)) {
        throw new LineFailure(`target \`${name}' is not simulated by kubehop`, word.column)
      }
    }
    checkChainName(name, word.column)
    this.#plainTarget = chainTarget(name, goto)
  }

  #counters(option: Word): Counters {
    const packets = this.argument(option.text, option.column)
    const bytes = this.argument(option.text, option.column)
    for (const word of [packets, bytes]) {
      if (!/^[0-9]{1,19}$/.test(word.text)) throw new LineFailure(`\`${clip(word.text)}' is not a counter`, word.column)
    }
    return { packets: Number(packets.text), bytes: Number(bytes.text) }
  }
}

function insertAt(words: readonly Word[], index: number, word: Word): Word[] {
  return [...words.slice(0, index), word, ...words.slice(index)]
}

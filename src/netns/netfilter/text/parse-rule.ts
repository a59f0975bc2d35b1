import { findMatch, findTarget, UNSIMULATED_MATCHES, UNSIMULATED_TARGETS } from '../extensions.ts'
import type { AddrMatch } from '../rules/addr-match.ts'
import type { Match } from '../rules/match.ts'
import { Rule, type RuleHeader } from '../rules/rule.ts'
import { ACCEPT_TARGET, chainTarget, DROP_TARGET, NO_TARGET, RETURN_TARGET, type Target } from '../rules/target.ts'
import type { Counters } from './command.ts'
import type { MatchExtension, TargetExtension } from './extension.ts'
import { LineFailure } from './failure.ts'
import { OptionCollector, type RuleContext } from './options.ts'
import { protocolNumber } from './protocols.ts'
import { completeOption, type GlobalOption, LONG_OPTIONS, SHORT_OPTIONS } from './rule-options.ts'
import { parseAddrMatch } from './values.ts'
import type { Word } from './words.ts'

/** Linux: IFNAMSIZ − 1. */
const MAX_DEVICE_NAME = 15
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
  readonly #header: RuleHeader = {
    src: null,
    srcInvert: false,
    dst: null,
    dstInvert: false,
    inDev: null,
    inInvert: false,
    outDev: null,
    outInvert: false,
    proto: 0,
    protoInvert: false,
    fragment: 0,
  }
  #sources: AddrMatch[] = []
  #destinations: AddrMatch[] = []
  readonly #seen = new Set<GlobalOption>()
  readonly #matches: LoadedMatch[] = []
  #target: TargetExtension | null = null
  #targetOptions: OptionCollector | null = null
  #plainTarget: Target = NO_TARGET
  /** Column of the name after `-j` or `-g`. */
  targetColumn = 1
  counters: Counters | null = null
  inColumn = 0
  outColumn = 0

  constructor(words: readonly Word[], family: 4 | 6, table: string) {
    this.#words = words
    this.#family = family
    this.#table = table
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
    const context: RuleContext = {
      family: this.#family,
      table: this.#table,
      proto: this.#header.proto,
      protoInvert: this.#header.protoInvert,
    }
    const rules: Rule[] = []
    for (const src of this.#sources.length === 0 ? [null] : this.#sources) {
      for (const dst of this.#destinations.length === 0 ? [null] : this.#destinations) {
        const matches: Match[] = this.#matches.map(m => m.extension.build(m.options.finish(context)))
        const target =
          this.#target === null || this.#targetOptions === null
            ? this.#plainTarget
            : this.#target.build(this.#targetOptions.finish(context))
        rules.push(new Rule({ ...this.#header, src, dst }, matches, target))
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
    const name = PROTOCOL_MODULES.get(this.#header.proto)
    if (name === undefined || this.#header.protoInvert) return false
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
    const header = this.#header
    switch (option) {
      case 'source':
        this.#once(option, word)
        header.srcInvert = invert
        this.#sources = this.#addresses(word, invert)
        return
      case 'destination':
        this.#once(option, word)
        header.dstInvert = invert
        this.#destinations = this.#addresses(word, invert)
        return
      case 'in-interface':
        this.#once(option, word)
        this.inColumn = word.column
        header.inDev = this.#device(word, invert)
        header.inInvert = invert && header.inDev !== null
        return
      case 'out-interface':
        this.#once(option, word)
        this.outColumn = word.column
        header.outDev = this.#device(word, invert)
        header.outInvert = invert && header.outDev !== null
        return
      case 'protocol':
        this.#once(option, word)
        this.#protocol(word, invert)
        return
      case 'fragments':
        this.#once(option, word)
        if (this.#family === 6) throw new LineFailure('-f is not supported in IPv6, use -m frag instead', word.column)
        header.fragment = invert ? 2 : 1
        return
      case 'match':
        this.#notInverted(word, invert)
        this.#match(this.argument(word.text, word.column))
        return
      case 'jump':
      case 'goto':
        this.#notInverted(word, invert)
        if (this.#seen.has('jump')) throw new LineFailure('a rule takes one -j or -g only', word.column)
        this.#seen.add('jump')
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

  #once(option: GlobalOption, word: Word): void {
    if (this.#seen.has(option)) throw new LineFailure(`option "${word.text}" can only be used once`, word.column)
    this.#seen.add(option)
  }

  #notInverted(word: Word, invert: boolean): void {
    if (invert) throw new LineFailure(`cannot have ! before ${word.text}`, word.column)
  }

  #addresses(option: Word, invert: boolean): AddrMatch[] {
    const word = this.argument(option.text, option.column)
    const parts = word.text.split(',')
    if (invert && parts.length > 1) throw new LineFailure('! is not allowed with several addresses', word.column)
    const found: AddrMatch[] = []
    for (const part of parts) {
      const addr = parseAddrMatch(part, this.#family)
      if (addr === undefined) {
        throw new LineFailure(
          `\`${clip(part)}' is not an IPv${this.#family} address, ADDRESS/LENGTH or ADDRESS/MASK`,
          word.column,
        )
      }
      if (addr.length !== 0) found.push(addr)
      else if (invert) throw new LineFailure('a negated /0 never matches', word.column)
      else return []
    }
    return found
  }

  /** The pattern, or null for one that every device has. */
  #device(option: Word, invert: boolean): string | null {
    const word = this.argument(option.text, option.column)
    if (word.text.length > MAX_DEVICE_NAME || word.text === '') {
      throw new LineFailure(
        `interface name \`${clip(word.text)}' must have 1 to ${MAX_DEVICE_NAME} characters`,
        word.column,
      )
    }
    return word.text === '+' && !invert ? null : word.text
  }

  #protocol(option: Word, invert: boolean): void {
    const word = this.argument(option.text, option.column)
    const proto = protocolNumber(word.text)
    if (proto === undefined) throw new LineFailure(`unknown protocol \`${clip(word.text)}'`, word.column)
    if (proto === 0 && invert) throw new LineFailure('rule would never match protocol', word.column)
    this.#header.proto = proto
    this.#header.protoInvert = invert
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

/** Refuses what iptables refuses as the name of a chain. */
export function checkChainName(name: string, column: number): void {
  if (name === '' || name.length > 28) {
    throw new LineFailure(`chain name \`${clip(name)}' must have 1 to 28 characters`, column)
  }
  if (name[0] === '-' || name[0] === '!') {
    throw new LineFailure(`chain name not allowed to start with \`${name[0]}'`, column)
  }
  if (/[\s"\\]/.test(name))
    throw new LineFailure(`chain name \`${clip(name)}' has a character that is not allowed`, column)
}

/** Text from the input as it goes into a message. */
export function clip(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

function insertAt(words: readonly Word[], index: number, word: Word): Word[] {
  return [...words.slice(0, index), word, ...words.slice(index)]
}

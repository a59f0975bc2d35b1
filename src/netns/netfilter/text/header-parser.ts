import type { AddrMatch } from '../rules/addr-match.ts'
import type { RuleHeader } from '../rules/rule.ts'
import { LineFailure } from './failure.ts'
import { clip } from './names.ts'
import { protocolNumber } from './protocols.ts'
import type { GlobalOption } from './rule-options.ts'
import { parseAddrMatch } from './values.ts'
import type { Word } from './words.ts'

/** Linux: IFNAMSIZ − 1. */
const MAX_DEVICE_NAME = 15

/** Reads the options that every rule may have: -s -d -i -o -p -f. */
export class HeaderParser {
  readonly header: RuleHeader = {
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
  /** `-s` and `-d` may name several addresses: a rule is made for each pair. Empty for any address. */
  sources: AddrMatch[] = []
  destinations: AddrMatch[] = []
  inColumn = 0
  outColumn = 0
  readonly #family: 4 | 6
  readonly #seen = new Set<GlobalOption>()

  constructor(family: 4 | 6) {
    this.#family = family
  }

  /** Takes an option with its argument; false when it is none of these. */
  take(option: GlobalOption, word: Word, invert: boolean, argument: () => Word): boolean {
    const header = this.header
    switch (option) {
      case 'source':
        this.#once(option, word)
        header.srcInvert = invert
        this.sources = this.#addresses(argument(), invert)
        return true
      case 'destination':
        this.#once(option, word)
        header.dstInvert = invert
        this.destinations = this.#addresses(argument(), invert)
        return true
      case 'in-interface':
        this.#once(option, word)
        this.inColumn = word.column
        header.inDev = this.#device(argument(), invert)
        header.inInvert = invert && header.inDev !== null
        return true
      case 'out-interface':
        this.#once(option, word)
        this.outColumn = word.column
        header.outDev = this.#device(argument(), invert)
        header.outInvert = invert && header.outDev !== null
        return true
      case 'protocol':
        this.#once(option, word)
        this.#protocol(argument(), invert)
        return true
      case 'fragments':
        this.#once(option, word)
        if (this.#family === 6) throw new LineFailure('-f is not supported in IPv6, use -m frag instead', word.column)
        header.fragment = invert ? 2 : 1
        return true
      default:
        return false
    }
  }

  #once(option: GlobalOption, word: Word): void {
    if (this.#seen.has(option)) throw new LineFailure(`option "${word.text}" can only be used once`, word.column)
    this.#seen.add(option)
  }

  #addresses(word: Word, invert: boolean): AddrMatch[] {
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
  #device(word: Word, invert: boolean): string | null {
    if (word.text.length > MAX_DEVICE_NAME || word.text === '') {
      throw new LineFailure(
        `interface name \`${clip(word.text)}' must have 1 to ${MAX_DEVICE_NAME} characters`,
        word.column,
      )
    }
    return word.text === '+' && !invert ? null : word.text
  }

  #protocol(word: Word, invert: boolean): void {
    const proto = protocolNumber(word.text)
    if (proto === undefined) throw new LineFailure(`unknown protocol \`${clip(word.text)}'`, word.column)
    if (proto === 0 && invert) throw new LineFailure('rule would never match protocol', word.column)
    this.header.proto = proto
    this.header.protoInvert = invert
  }
}

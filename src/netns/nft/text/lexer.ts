import { KubehopError } from '../../../errors.ts'
import { tryParseAddr } from '../../../wire/addr.ts'

/** `end`: a newline or semicolon. `text` of a `string` is without its quotes. */
export type TokenKind = 'word' | 'number' | 'address' | 'mac' | 'string' | 'symbol' | 'end' | 'eof'

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  /** Both count from 1. */
  readonly line: number
  readonly column: number
}

/** Longest text that is read, in characters. */
const MAX_TEXT = 256 * 1024 * 1024

const SPACE = /[ \t\r]+|\\\r?\n|#[^\n]*/y
const STRING = /"[^"\n]*"/y
const MAC = /[0-9a-fA-F]{1,2}(?::[0-9a-fA-F]{1,2}){5}(?![0-9a-fA-F:])/y
const ADDRESS6 = /[0-9a-fA-F]*:[0-9a-fA-F:]*:[0-9a-fA-F:.]*/y
const ADDRESS4 = /\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![0-9A-Za-z_])/y
/** Numbers, and times such as 1h30m: a time is a word. */
const TIME = /(?:\d+d)?(?:\d+h)?(?:\d+m(?!s))?(?:\d+s)?(?:\d+ms)?(?![0-9A-Za-z_])/y
const NUMBER = /(?:0x[0-9a-fA-F]+|\d+)/y
const WORD = /[A-Za-z_][A-Za-z0-9_/.\\-]*\*?/y
const SYMBOL = /==|!=|<=|>=|<<|>>|[{}()[\],:.\-+/&|^<>=!@$*]/y

/** The words of `nft -f` input (scanner.l). Throws KH_NFT where no word can begin. */
export function tokenize(text: string, file: string): Token[] {
  if (text.length > MAX_TEXT) throw new KubehopError('KH_LIMIT', `${file}: more than ${MAX_TEXT} characters`)
  const tokens: Token[] = []
  let at = 0
  let line = 1
  let lineStart = 0
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0]
    return found === '' ? undefined : found
  }
  const push = (kind: TokenKind, word: string, length: number): void => {
    tokens.push({ kind, text: word, line, column: at - lineStart + 1 })
    at += length
  }
  while (at < text.length) {
    const space = match(SPACE)
    if (space !== undefined) {
      at += space.length
      if (space.endsWith('\n')) {
        line++
        lineStart = at
      }
      continue
    }
    const char = text[at]
    if (char === '\n') {
      push('end', '\n', 1)
      line++
      lineStart = at
      continue
    }
    if (char === ';') {
      push('end', ';', 1)
      continue
    }
    const string = match(STRING)
    if (string !== undefined) {
      push('string', string.slice(1, -1), string.length)
      continue
    }
    const mac = match(MAC)
    if (mac !== undefined) {
      push('mac', mac, mac.length)
      continue
    }
    const address = address6(match(ADDRESS6)) ?? match(ADDRESS4)
    if (address !== undefined) {
      push('address', address, address.length)
      continue
    }
    const number = match(NUMBER)
    if (number !== undefined) {
      const time = match(TIME)
      if (time !== undefined && time.length > number.length) push('word', time, time.length)
      else push('number', number, number.length)
      continue
    }
    const word = match(WORD)
    if (word !== undefined) {
      push('word', word, word.length)
      continue
    }
    const symbol = match(SYMBOL)
    if (symbol === undefined) {
      const place = { file, line, column: at - lineStart + 1 }
      throw new KubehopError('KH_NFT', `syntax error, unexpected ${JSON.stringify(text[at])}`, place)
    }
    push('symbol', symbol, symbol.length)
  }
  tokens.push({ kind: 'eof', text: 'end of file', line, column: at - lineStart + 1 })
  return tokens
}

/** Hexadecimal digits and colons can be something else, such as an address with a colon and a port behind it. */
function address6(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const trimmed = text.replace(/\.+$/, '')
  return tryParseAddr(trimmed) === undefined ? undefined : trimmed
}

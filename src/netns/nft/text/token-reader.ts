import { KubehopError } from '../../../errors.ts'
import { type Token, tokenize } from './lexer.ts'

/** Variables within variables. */
const MAX_EXPANSION = 10_000

/** Goes through the words of a ruleset; `$NAME` is replaced by the words of its definition on the way. */
export class TokenReader {
  readonly file: string
  #tokens: Token[]
  #at = 0
  readonly #variables = new Map<string, readonly Token[]>()
  #expansions = 0

  constructor(text: string, file: string) {
    this.file = file
    this.#tokens = tokenize(text, file)
  }

  /** The next token, which is not taken. */
  get next(): Token {
    const token = this.#tokens[this.#at] ?? this.#tokens[this.#tokens.length - 1]
    if (token === undefined) throw new KubehopError('KH_INTERNAL', 'a token list without an end')
    if (token.kind === 'symbol' && token.text === '$') {
      this.#expand(token)
      return this.next
    }
    return token
  }

  take(): Token {
    const token = this.next
    if (this.#at < this.#tokens.length - 1) this.#at++
    return token
  }

  /** Whether the next token is this word or symbol. */
  sees(text: string): boolean {
    const { kind, text: found } = this.next
    return found === text && (kind === 'word' || kind === 'symbol')
  }

  /** Whether the next two tokens are these. */
  seesTwo(first: string, second: string): boolean {
    return this.sees(first) && this.#tokens[this.#at + 1]?.text === second
  }

  /** Whether a symbol comes before another one. */
  seesBefore(symbol: string, other: string): boolean {
    for (let i = this.#at; i < this.#tokens.length; i++) {
      const token = this.#tokens[i]
      if (token?.kind !== 'symbol') continue
      if (token.text === symbol) return true
      if (token.text === other) return false
    }
    return false
  }

  /** Takes this word or symbol when it is next. */
  accept(text: string): boolean {
    if (!this.sees(text)) return false
    this.take()
    return true
  }

  expect(text: string): Token {
    if (!this.sees(text)) this.unexpected(`"${text}"`)
    return this.take()
  }

  /** An identifier: of a table, chain, set. */
  name(what: string): string {
    const { kind } = this.next
    if (kind !== 'word' && kind !== 'string') this.unexpected(what)
    return this.take().text
  }

  quoted(what: string): string {
    if (this.next.kind !== 'string' && this.next.kind !== 'word') this.unexpected(what)
    return this.take().text
  }

  number(what: string, max = 0xffffffff): number {
    const token = this.next
    if (token.kind !== 'number') this.unexpected(what)
    const value = Number(token.text)
    if (value > max) this.fail(`${token.text} is too large for ${what}, at most ${max} is expected`)
    this.take()
    return value
  }

  skipEnds(): void {
    while (this.next.kind === 'end') this.take()
  }

  /** The end of a line or rule; a closing brace and the end of the file end one too. */
  atEnd(): boolean {
    const { kind, text } = this.next
    return kind === 'end' || kind === 'eof' || (kind === 'symbol' && text === '}')
  }

  expectEnd(): void {
    if (!this.atEnd()) this.unexpected('newline or semicolon')
    if (this.next.kind === 'end') this.take()
  }

  /** `define NAME = …`: the words up to the end of the line (of the braces). */
  define(name: string, redefine: boolean): void {
    if (this.#variables.has(name) && !redefine) this.fail(`redefinition of symbol '${name}'`)
    const words: Token[] = []
    let depth = 0
    while (this.next.kind !== 'eof' && !(depth === 0 && this.atEnd())) {
      const token = this.take()
      if (token.kind === 'symbol' && token.text === '{') depth++
      if (token.kind === 'symbol' && token.text === '}') depth--
      if (token.kind !== 'end') words.push(token)
    }
    if (words.length === 0) this.unexpected('a value')
    this.#variables.set(name, words)
  }

  undefine(name: string): void {
    if (!this.#variables.delete(name)) this.fail(`undefined symbol '${name}'`)
  }

  unexpected(expected: string): never {
    const { kind, text } = this.next
    const found =
      kind === 'end' ? (text === ';' ? 'semicolon' : 'newline') : kind === 'eof' ? text : JSON.stringify(text)
    this.fail(`syntax error, unexpected ${found}, expecting ${expected}`)
  }

  /** Throws KH_NFT at a token, the next one by default. */
  fail(text: string, token: Token = this.next): never {
    throw new KubehopError('KH_NFT', text, { file: this.file, line: token.line, column: token.column })
  }

  #expand(dollar: Token): void {
    const name = this.#tokens[this.#at + 1]
    const words = name === undefined ? undefined : this.#variables.get(name.text)
    if (words === undefined) {
      throw this.#error(dollar, `unknown identifier '${name?.text ?? ''}'`)
    }
    if (++this.#expansions > MAX_EXPANSION) throw this.#error(dollar, `more than ${MAX_EXPANSION} uses of variables`)
    const here = words.map(({ kind, text }) => ({ kind, text, line: dollar.line, column: dollar.column }))
    this.#tokens.splice(this.#at, 2, ...here)
  }

  #error(token: Token, text: string): KubehopError {
    return new KubehopError('KH_NFT', text, { file: this.file, line: token.line, column: token.column })
  }
}

import { KubehopError } from '../../errors.ts'
import { corefileError } from './dispenser.ts'
import { matchImportPattern } from './import-pattern.ts'
import { lexCorefile, type Token } from './lexer.ts'

/** A server block as written: its keys, and the tokens of each directive (repeated directives follow each other). */
export interface ServerBlock {
  readonly keys: readonly Token[]
  readonly directives: ReadonlyMap<string, readonly Token[]>
}

export interface CorefileInput {
  readonly text: string
  /** Name in messages. Default `Corefile`. */
  readonly file?: string
  readonly env?: Readonly<Record<string, string>>
  /** Files that `import` may name: text by path; a pattern with `*` gives all that match. */
  readonly files?: Readonly<Record<string, string>>
}

/** As CoreDNS: imports in one file, nested ones included. */
const MAX_IMPORTS = 10_000

/**
 * Reads a Corefile into server blocks; `known` are the directives that exist, `notSimulated` those that exist in CoreDNS only. Throws
 * KH_COREFILE in CoreDNS's words, with line.
 */
export function parseCorefile(
  input: CorefileInput,
  known: ReadonlySet<string>,
  notSimulated: ReadonlySet<string>,
): ServerBlock[] {
  const file = input.file ?? 'Corefile'
  return new Parser(lexCorefile(input.text, file, input.env ?? {}), input, known, notSimulated).all()
}

class Parser {
  #tokens: Token[]
  readonly #input: CorefileInput
  readonly #known: ReadonlySet<string>
  readonly #notSimulated: ReadonlySet<string>
  readonly #snippets = new Map<string, readonly Token[]>()
  #cursor = 0
  #imports = 0

  constructor(tokens: Token[], input: CorefileInput, known: ReadonlySet<string>, notSimulated: ReadonlySet<string>) {
    this.#tokens = tokens
    this.#input = input
    this.#known = known
    this.#notSimulated = notSimulated
  }

  all(): ServerBlock[] {
    const blocks: ServerBlock[] = []
    while (this.#cursor < this.#tokens.length) {
      const block = this.#block()
      if (block !== undefined) blocks.push(block)
    }
    return blocks
  }

  #block(): ServerBlock | undefined {
    const keys = this.#keys()
    const [first] = keys
    const snippet = keys.length === 1 ? /^\((.*)\)$/.exec(first?.text ?? '')?.[1] : undefined
    if (snippet !== undefined) {
      if (this.#snippets.has(snippet))
        throw corefileError(`redeclaration of previously declared snippet ${snippet}`, first)
      this.#snippets.set(snippet, this.#snippetTokens(first))
      return undefined
    }
    if (keys.length === 0) return undefined
    const directives = new Map<string, Token[]>()
    if (this.#peek()?.text !== '{') {
      // Without braces the whole file is one block.
      while (this.#cursor < this.#tokens.length) this.#directive(directives)
      return { keys, directives }
    }
    this.#cursor++
    for (;;) {
      const token = this.#peek()
      if (token === undefined) throw corefileError('Unexpected EOF', this.#tokens.at(-1))
      if (token.text === '}') {
        this.#cursor++
        return { keys, directives }
      }
      this.#directive(directives)
    }
  }

  /** Keys of a block, separated by blanks or commas; a comma at the end of a line goes on. */
  #keys(): Token[] {
    const keys: Token[] = []
    let goOn = false
    for (;;) {
      const token = this.#peek()
      if (token === undefined) {
        if (goOn) throw corefileError('Unexpected EOF', this.#tokens.at(-1))
        return keys
      }
      const previous = this.#tokens[this.#cursor - 1]
      if (keys.length > 0 && !goOn && token.text !== '{' && previous !== undefined && !sameLine(previous, token))
        return keys
      if (token.text === 'import' && keys.length === 0) {
        this.#import()
        continue
      }
      if (token.text === '{') {
        if (goOn) throw corefileError(`Site addresses cannot end with a comma: '${previous?.text}'`, token)
        if (keys.length === 0) throw corefileError(`Syntax error: Unexpected token '{', expecting 'zone'`, token)
        return keys
      }
      if (token.text === '}') throw corefileError(`Unexpected '}' because no matching opening brace`, token)
      this.#cursor++
      goOn = token.text.endsWith(',')
      for (const part of token.text.split(',')) if (part !== '') keys.push({ ...token, text: part })
    }
  }

  #snippetTokens(name: Token | undefined): Token[] {
    const open = this.#peek()
    if (open?.text !== '{')
      throw corefileError(`Syntax error: Unexpected token '${open?.text ?? ''}', expecting '{'`, open ?? name)
    this.#cursor++
    const tokens: Token[] = []
    let depth = 1
    for (;;) {
      const token = this.#tokens[this.#cursor++]
      if (token === undefined) throw corefileError('Unexpected EOF', this.#tokens.at(-1))
      if (token.text === '}') depth--
      if (depth === 0) return tokens
      if (token.text === '{') depth++
      tokens.push(token)
    }
  }

  /** One directive: its line, and its block when the line ends with `{`. */
  #directive(directives: Map<string, Token[]>): void {
    const name = this.#peek()
    if (name === undefined) return
    if (name.text === 'import') {
      this.#import()
      return
    }
    if (name.text === '}') throw corefileError(`Unexpected '}' because no matching opening brace`, name)
    if (this.#notSimulated.has(name.text))
      throw corefileError(`plugin '${name.text}' is not simulated: take it out`, name)
    if (!this.#known.has(name.text)) throw corefileError(`Unknown directive '${name.text}'`, name)
    const tokens = directives.get(name.text) ?? []
    directives.set(name.text, tokens)
    let depth = 0
    let last = name
    for (;;) {
      const token = this.#peek()
      if (token === undefined) {
        if (depth > 0) throw corefileError('Unexpected EOF', last)
        return
      }
      if (depth === 0 && token !== name && !sameLine(last, token)) return
      if (token.text === 'import' && depth > 0 && !sameLine(last, token)) {
        this.#import()
        continue
      }
      if (token.text === '{') depth++
      if (token.text === '}') {
        if (depth === 0) return
        depth--
      }
      tokens.push(token)
      last = token
      this.#cursor++
      if (depth === 0 && token.text === '}') return
    }
  }

  /** Puts a snippet's or a file's tokens where the import stands. */
  #import(): void {
    const at = this.#cursor
    const word = this.#tokens[at]
    const argument = this.#tokens[at + 1]
    if (word === undefined || argument === undefined || !sameLine(word, argument))
      throw corefileError(`Wrong argument count or unexpected line ending after 'import'`, word)
    const extra = this.#tokens[at + 2]
    if (extra !== undefined && sameLine(argument, extra) && extra.text !== '}')
      throw corefileError('Import takes only one argument (glob pattern or file)', word)
    if (++this.#imports > MAX_IMPORTS)
      throw corefileError(`too many imports (more than ${MAX_IMPORTS}); does one import itself?`, word)
    const tokens = this.#snippets.get(argument.text) ?? this.#fileTokens(argument)
    if (this.#tokens.length + tokens.length > 1_000_000)
      throw new KubehopError('KH_LIMIT', `${word.file}: imports make more than 1000000 words`)
    this.#tokens = [...this.#tokens.slice(0, at), ...tokens, ...this.#tokens.slice(at + 2)]
  }

  #fileTokens(argument: Token): Token[] {
    const files = this.#input.files ?? {}
    const pattern = argument.text
    if (/[*?[]/.test(pattern)) {
      return matchImportPattern(argument, Object.keys(files)).flatMap(path =>
        lexCorefile(files[path] ?? '', path, this.#input.env ?? {}),
      )
    }
    const text = Object.hasOwn(files, pattern) ? files[pattern] : undefined
    if (text === undefined) throw corefileError(`File to import not found: ${pattern}`, argument)
    return lexCorefile(text, pattern, this.#input.env ?? {})
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#cursor]
  }
}

function sameLine(a: Token, b: Token): boolean {
  return a.file === b.file && a.line + (a.text.includes('\n') ? a.text.split('\n').length - 1 : 0) === b.line
}

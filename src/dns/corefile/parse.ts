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
/** Words that wait to be read at most. */
const MAX_WORDS = 1_000_000

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
  /** What is still to be read, the next token last: what is imported is put on top. */
  readonly #rest: Token[]
  readonly #end: Token | undefined
  #previous: Token | undefined
  readonly #input: CorefileInput
  readonly #known: ReadonlySet<string>
  readonly #notSimulated: ReadonlySet<string>
  readonly #snippets = new Map<string, readonly Token[]>()
  #imports = 0

  constructor(tokens: Token[], input: CorefileInput, known: ReadonlySet<string>, notSimulated: ReadonlySet<string>) {
    this.#rest = [...tokens].reverse()
    this.#end = tokens.at(-1)
    this.#input = input
    this.#known = known
    this.#notSimulated = notSimulated
  }

  all(): ServerBlock[] {
    const blocks: ServerBlock[] = []
    while (this.#peek() !== undefined) {
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
      while (this.#peek() !== undefined) this.#directive(directives)
      return { keys, directives }
    }
    this.#take()
    for (;;) {
      const token = this.#peek()
      if (token === undefined) throw corefileError('Unexpected EOF', this.#end)
      if (token.text === '}') {
        this.#take()
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
        if (goOn) throw corefileError('Unexpected EOF', this.#end)
        return keys
      }
      const previous = this.#previous
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
      this.#take()
      goOn = token.text.endsWith(',')
      for (const part of token.text.split(',')) if (part !== '') keys.push({ ...token, text: part })
    }
  }

  #snippetTokens(name: Token | undefined): Token[] {
    const open = this.#peek()
    if (open?.text !== '{')
      throw corefileError(`Syntax error: Unexpected token '${open?.text ?? ''}', expecting '{'`, open ?? name)
    this.#take()
    const tokens: Token[] = []
    let depth = 1
    for (;;) {
      const token = this.#take()
      if (token === undefined) throw corefileError('Unexpected EOF', this.#end)
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
      this.#take()
      if (depth === 0 && token.text === '}') return
    }
  }

  /** Puts a snippet's or a file's tokens where the import stands. */
  #import(): void {
    const [extra, argument, word] = [this.#rest.at(-3), this.#rest.at(-2), this.#rest.at(-1)]
    if (word === undefined || argument === undefined || !sameLine(word, argument))
      throw corefileError(`Wrong argument count or unexpected line ending after 'import'`, word)
    if (extra !== undefined && sameLine(argument, extra) && extra.text !== '}')
      throw corefileError('Import takes only one argument (glob pattern or file)', word)
    if (++this.#imports > MAX_IMPORTS)
      throw corefileError(`too many imports (more than ${MAX_IMPORTS}); does one import itself?`, word)
    const tokens = this.#snippets.get(argument.text) ?? this.#fileTokens(argument)
    if (this.#rest.length + tokens.length > MAX_WORDS)
      throw new KubehopError('KH_LIMIT', `${word.file}: imports make more than ${MAX_WORDS} words`)
    this.#rest.length -= 2
    for (let i = tokens.length - 1; i >= 0; i--) this.#rest.push(tokens[i] ?? word)
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
    return this.#rest.at(-1)
  }

  #take(): Token | undefined {
    const token = this.#rest.pop()
    this.#previous = token
    return token
  }
}

function sameLine(a: Token, b: Token): boolean {
  return a.file === b.file && a.line + (a.text.includes('\n') ? a.text.split('\n').length - 1 : 0) === b.line
}

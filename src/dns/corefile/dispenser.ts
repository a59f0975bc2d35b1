import { KubehopError } from '../../errors.ts'
import type { Token } from './lexer.ts'

/** Walks the tokens of one directive as a plugin's setup does (caddyfile/dispenser.go). The cursor starts before the first. */
export class Dispenser {
  readonly #tokens: readonly Token[]
  #cursor = -1
  #nesting = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  /** The token under the cursor; empty outside. */
  get val(): string {
    return this.#tokens[this.#cursor]?.text ?? ''
  }

  get token(): Token | undefined {
    return this.#tokens[this.#cursor]
  }

  /** Moves on. False at the end. */
  next(): boolean {
    if (this.#cursor >= this.#tokens.length - 1) return false
    this.#cursor++
    return true
  }

  /** Moves on when the next token is on the same line. */
  nextArg(): boolean {
    const token = this.#tokens[this.#cursor]
    const next = this.#tokens[this.#cursor + 1]
    if (token === undefined || next === undefined) return false
    if (token.file !== next.file || token.line + newlines(token.text) !== next.line) return false
    this.#cursor++
    return true
  }

  /** The arguments left on this line; stops before `{`. */
  remainingArgs(): string[] {
    const args: string[] = []
    while (this.nextArg()) {
      if (this.val === '{') {
        this.#cursor--
        break
      }
      args.push(this.val)
    }
    return args
  }

  /** Enters a block behind the directive, then moves from line to line in it; false behind its `}`. Throws where there is none. */
  nextBlock(): boolean {
    if (this.#nesting > 0) {
      if (!this.next()) throw this.err('Unexpected EOF')
      if (this.#isAt('}')) {
        this.#nesting--
        return false
      }
      return true
    }
    if (!this.nextArg()) return false
    if (!this.#isAt('{')) {
      this.#cursor--
      return false
    }
    this.next()
    if (this.#isAt('}')) return false
    this.#nesting++
    return true
  }

  #isAt(text: string): boolean {
    return this.val === text
  }

  argErr(): KubehopError {
    return this.err(`Wrong argument count or unexpected line ending after '${this.val}'`)
  }

  /** CoreDNS's words: `Corefile:3 - Error during parsing: …`. */
  err(text: string): KubehopError {
    const token = this.#tokens[Math.max(0, this.#cursor)] ?? this.#tokens.at(-1)
    return corefileError(text, token)
  }
}

/** `FILE:LINE - Error during parsing: …` (KH_COREFILE). */
export function corefileError(text: string, token: Pick<Token, 'file' | 'line'> | undefined): KubehopError {
  return new KubehopError(
    'KH_COREFILE',
    `${token?.file ?? 'Corefile'}:${token?.line ?? 1} - Error during parsing: ${text}`,
  )
}

function newlines(text: string): number {
  return text.includes('\n') ? text.split('\n').length - 1 : 0
}

import type { FieldPath } from '../field-path.ts'

/** What a scan of one JSON value found. Offsets are into the text. */
export interface JsonScan {
  /** Just behind the value. */
  readonly end: number
  /** Where the wanted path's key (or list item) begins; of its nearest existing ancestor where it does not exist. */
  readonly found: number
  readonly duplicate: { readonly offset: number; readonly key: string } | undefined
}

export type JsonProblem = { readonly problem: 'malformed' | 'deep'; readonly offset: number }

/**
 * Walks over one JSON value without building it: finds its end, repeated keys and the place of a path.
 * `JSON.parse` gives none of these.
 */
export function scanJson(
  text: string,
  start: number,
  maxDepth: number,
  wanted: FieldPath = [],
): JsonScan | JsonProblem {
  const scanner = new Scanner(text, maxDepth, wanted)
  try {
    const end = scanner.value(scanner.blank(start), 0, true)
    return { end, found: scanner.found, duplicate: scanner.duplicate }
  } catch (problem) {
    if (problem instanceof Problem) return { problem: problem.problem, offset: problem.offset }
    throw problem
  }
}

class Problem extends Error {
  readonly problem: 'malformed' | 'deep'
  readonly offset: number
  constructor(problem: 'malformed' | 'deep', offset: number) {
    super(problem)
    this.problem = problem
    this.offset = offset
  }
}

const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y
const BLANK = /[ \t\r\n]*/y

class Scanner {
  readonly #text: string
  readonly #maxDepth: number
  readonly #wanted: FieldPath
  found = -1
  duplicate: { offset: number; key: string } | undefined

  constructor(text: string, maxDepth: number, wanted: FieldPath) {
    this.#text = text
    this.#maxDepth = maxDepth
    this.#wanted = wanted
  }

  /** `onPath`: all keys so far are those of the wanted path. */
  value(at: number, depth: number, onPath: boolean): number {
    if (onPath && depth === 0) this.found = at
    const first = this.#text[at]
    if (first === '{' || first === '[') {
      if (depth >= this.#maxDepth) throw new Problem('deep', at)
      return first === '{' ? this.#object(at, depth, onPath) : this.#array(at, depth, onPath)
    }
    return first === '"' ? this.#string(at) : this.#match(SCALAR, at)
  }

  blank(at: number): number {
    BLANK.lastIndex = at
    BLANK.test(this.#text)
    return BLANK.lastIndex
  }

  #object(at: number, depth: number, onPath: boolean): number {
    const seen = new Set<string>()
    let next = this.blank(at + 1)
    if (this.#text[next] === '}') return next + 1
    for (;;) {
      const keyEnd = this.#string(next)
      const raw = this.#text.slice(next + 1, keyEnd - 1)
      const key = raw.includes('\\') ? unescapeKey(raw, next) : raw
      if (seen.has(key)) this.duplicate ??= { offset: next, key }
      seen.add(key)
      const isWanted = onPath && this.#wanted[depth] === key
      if (isWanted) this.found = next
      const colon = this.blank(keyEnd)
      if (this.#text[colon] !== ':') throw new Problem('malformed', colon)
      next = this.blank(this.value(this.blank(colon + 1), depth + 1, isWanted))
      if (this.#text[next] === '}') return next + 1
      if (this.#text[next] !== ',') throw new Problem('malformed', next)
      next = this.blank(next + 1)
    }
  }

  #array(at: number, depth: number, onPath: boolean): number {
    let next = this.blank(at + 1)
    if (this.#text[next] === ']') return next + 1
    for (let index = 0; ; index++) {
      const isWanted = onPath && this.#wanted[depth] === index
      if (isWanted) this.found = next
      next = this.blank(this.value(next, depth + 1, isWanted))
      if (this.#text[next] === ']') return next + 1
      if (this.#text[next] !== ',') throw new Problem('malformed', next)
      next = this.blank(next + 1)
    }
  }

  #string(at: number): number {
    if (this.#text[at] !== '"') throw new Problem('malformed', at)
    for (let i = at + 1; i < this.#text.length; i++) {
      const unit = this.#text.charCodeAt(i)
      if (unit === 0x22) return i + 1
      if (unit === 0x5c) i++
    }
    throw new Problem('malformed', at)
  }

  #match(pattern: RegExp, at: number): number {
    pattern.lastIndex = at
    if (!pattern.test(this.#text)) throw new Problem('malformed', at)
    return pattern.lastIndex
  }
}

function unescapeKey(raw: string, at: number): string {
  try {
    return String(JSON.parse(`"${raw}"`))
  } catch {
    throw new Problem('malformed', at)
  }
}

import { KubehopError, type Place } from '../../../errors.ts'
import { type Addr, tryParseAddr } from '../../../wire/addr.ts'

/** Longest line that is read. */
const MAX_LINE = 4096

/**
 * The words of one command line of iproute2, with the column of each, so that an error points at its word. Errors are
 * KH_ROUTE and begin as those of iproute2 do.
 */
export class Words {
  readonly #words: readonly string[]
  readonly #columns: readonly number[]
  readonly #place: Place
  readonly #end: number
  #next = 0

  /** `place`: where the line stands; columns count within the line, from its `column` (default 1). */
  constructor(line: string, place: Place) {
    if (line.length > MAX_LINE) {
      throw new KubehopError('KH_ROUTE', `a line of ${line.length} characters is longer than ${MAX_LINE}`, place)
    }
    const first = place.column ?? 1
    const words: string[] = []
    const columns: number[] = []
    for (const match of line.matchAll(/\S+/g)) {
      words.push(match[0])
      columns.push(first + match.index)
    }
    this.#words = words
    this.#columns = columns
    this.#place = { line: 1, ...place }
    this.#end = first + line.trimEnd().length
  }

  get done(): boolean {
    return this.#next >= this.#words.length
  }

  /** The next word without taking it; undefined at the end. */
  get peek(): string | undefined {
    return this.#words[this.#next]
  }

  /** Column of the word that was taken last. */
  get column(): number {
    return this.#columns[this.#next - 1] ?? this.#end
  }

  /** Takes the next word. */
  take(): string {
    const word = this.#words[this.#next]
    if (word === undefined) {
      throw new KubehopError('KH_ROUTE', 'Command line is not complete.', { ...this.#place, column: this.#end })
    }
    this.#next++
    return word
  }

  /** Takes the next word if it is one of these. */
  takeIf(...words: readonly string[]): boolean {
    const { peek } = this
    if (peek === undefined || !words.includes(peek)) return false
    this.#next++
    return true
  }

  /** An error about the word that was taken last, or the one at `column`. */
  error(text: string, column = this.column): KubehopError {
    return new KubehopError('KH_ROUTE', text, { ...this.#place, column })
  }

  /** A decimal or 0x number in [0, max], as iproute2's get_u32 takes it. */
  number(name: string, max = 0xffffffff): number {
    return this.parseNumber(this.take(), name, max)
  }

  parseNumber(word: string, name: string, max = 0xffffffff): number {
    const value = /^(?:0x[0-9a-f]{1,8}|[0-9]{1,10})$/i.test(word) ? Number(word) : Number.NaN
    if (!(value <= max))
      throw this.error(`argument ${JSON.stringify(word)} is wrong: ${name} value is invalid (0–${max})`)
    return value
  }

  /** An address; of the family, when that is known. */
  address(family?: 4 | 6): Addr {
    const word = this.take()
    const addr = tryParseAddr(word)
    if (addr === undefined || (family !== undefined && (addr > 0xffffffff ? 6 : 4) !== family)) {
      const kind = family === undefined ? 'any valid' : family === 4 ? 'inet' : 'inet6'
      throw this.error(`${kind} address is expected rather than ${JSON.stringify(word)}.`)
    }
    return addr
  }
}

import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, YAMLMap } from 'yaml'
import { KubehopError, type Place } from '../errors.ts'

/** Nesting and size that a configuration may have. */
const MAX_BYTES = 1 << 20

/**
 * Reads a YAML file field by field and remembers where each field stands, so that a wrong value gets one message with its
 * place. Fields that nobody asked for are wrong too.
 */
export class FieldReader {
  readonly #file: string
  readonly #lines: LineCounter
  readonly #map: YAMLMap
  readonly #path: string
  readonly #asked = new Set<string>()

  private constructor(file: string, lines: LineCounter, map: YAMLMap, path: string) {
    this.#file = file
    this.#lines = lines
    this.#map = map
    this.#path = path
  }

  static parse(file: string, text: string): FieldReader {
    if (text.length > MAX_BYTES) throw new KubehopError('KH_LIMIT', `larger than ${MAX_BYTES} bytes`, { file })
    const lines = new LineCounter()
    let root: unknown
    try {
      const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
      const [error] = document.errors
      if (error !== undefined) {
        const at = lines.linePos(error.pos[0])
        throw new KubehopError('KH_YAML', error.message, { file, line: at.line, column: at.col })
      }
      root = document.contents
    } catch (error) {
      if (error instanceof KubehopError) throw error
      throw new KubehopError('KH_YAML', `cannot be read as YAML: ${error instanceof Error ? error.message : error}`, {
        file,
      })
    }
    if (!isMap(root))
      throw new KubehopError('KH_CONFIG', 'expected a mapping with apiVersion, kind and spec', { file, line: 1 })
    return new FieldReader(file, lines, root, '')
  }

  has(key: string): boolean {
    return this.#node(key) !== undefined
  }

  string(key: string, fallback: string): string {
    const value = this.#scalar(key)
    if (value === undefined) return fallback
    if (typeof value !== 'string') throw this.fail(key, `${show(value)} is not text`)
    return value
  }

  oneOf<T extends string>(key: string, allowed: readonly T[], fallback: T): T {
    const value = this.string(key, fallback)
    const found = allowed.find(word => word === value)
    if (found === undefined) throw this.fail(key, `${show(value)} is not one of ${allowed.join(', ')}`)
    return found
  }

  boolean(key: string, fallback: boolean): boolean {
    const value = this.#scalar(key)
    if (value === undefined) return fallback
    if (typeof value !== 'boolean') throw this.fail(key, `${show(value)} is not true or false`)
    return value
  }

  integer(key: string, least: number, most: number, fallback: number): number {
    const value = this.#scalar(key)
    if (value === undefined) return fallback
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
      throw this.fail(key, `${show(value)} is not a whole number from ${least} to ${most}`)
    }
    return value
  }

  isSequence(key: string): boolean {
    return isSeq(this.#node(key))
  }

  strings(key: string): string[] {
    const node = this.#node(key)
    if (node === undefined) return []
    if (!isSeq(node)) throw this.fail(key, 'expected a list')
    return node.items.map(item => {
      if (!isScalar(item) || typeof item.value !== 'string') throw this.fail(key, 'expected a list of texts')
      return item.value
    })
  }

  /** Scalars of a mapping as text: labels, sysctls. */
  stringMap(key: string): Record<string, string> {
    const node = this.#node(key)
    if (node === undefined) return {}
    if (!isMap(node)) throw this.fail(key, 'expected a mapping')
    const entries = node.items.map(({ key: name, value }): [string, string] => {
      if (!isScalar(name) || !isScalar(value)) throw this.fail(key, 'expected a mapping of texts')
      return [String(name.value), String(value.value)]
    })
    return Object.fromEntries(entries)
  }

  /** The fields of a mapping; of an empty one when it is left out. */
  section(key: string): FieldReader {
    const node = this.#node(key)
    if (node === undefined) return new FieldReader(this.#file, this.#lines, new YAMLMap(), this.#at(key))
    if (!isMap(node)) throw this.fail(key, 'expected a mapping')
    return new FieldReader(this.#file, this.#lines, node, this.#at(key))
  }

  maps(key: string): FieldReader[] {
    const node = this.#node(key)
    if (node === undefined) return []
    if (!isSeq(node)) throw this.fail(key, 'expected a list')
    return node.items.map((item, i) => {
      if (!isMap(item)) throw this.fail(key, 'expected a list of mappings')
      return new FieldReader(this.#file, this.#lines, item, `${this.#at(key)}[${i}]`)
    })
  }

  /** The error for a field: `file:line:column: path: text`. */
  fail(key: string, text: string): KubehopError {
    return new KubehopError('KH_CONFIG', `${this.#at(key)}: ${text}`, this.#placeOf(this.#node(key) ?? this.#map))
  }

  /** Throws for a field that was never asked for. */
  finish(): void {
    for (const { key } of this.#map.items) {
      const name = isScalar(key) ? String(key.value) : ''
      if (this.#asked.has(name)) continue
      const known = [...this.#asked].sort().join(', ')
      throw this.fail(name, `no such field; known here: ${known}`)
    }
  }

  #at(key: string): string {
    return this.#path === '' ? key : `${this.#path}.${key}`
  }

  #node(key: string): Node | undefined {
    this.#asked.add(key)
    const node: unknown = this.#map.get(key, true)
    if (node === undefined || node === null || (isScalar(node) && node.value === null)) return undefined
    return isScalar(node) || isMap(node) || isSeq(node) ? node : undefined
  }

  #scalar(key: string): unknown {
    const node = this.#node(key)
    if (node === undefined) return undefined
    if (!isScalar(node)) throw this.fail(key, 'expected a single value')
    return node.value
  }

  #placeOf(node: Node): Place {
    const offset = node.range?.[0]
    if (offset === undefined) return { file: this.#file }
    const at = this.#lines.linePos(offset)
    return { file: this.#file, line: at.line, column: at.col }
  }
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value)
}

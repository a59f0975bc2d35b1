import { type Document, isCollection, parseAllDocuments, visit } from 'yaml'
import { KubehopError } from '../../errors.ts'
import type { FieldPath } from '../field-path.ts'
import type { Source } from './input.ts'
import { scanJson } from './json-scan.ts'
import { type LoadLimits, YAML_SIZE } from './limits.ts'
import { templateError } from './template-hint.ts'
import { YAML_OPTIONS } from './yaml-options.ts'

/** One document's value, and the part of the text that it was read from. */
export interface ParsedDocument {
  readonly value: unknown
  readonly source: Source
  readonly start: number
  readonly end: number
  readonly syntax: 'json' | 'yaml'
}

/** Where an object was read: its document, and its path inside (`['items', 3]` for the fourth of a List). */
export interface DocumentPath {
  readonly document: ParsedDocument
  readonly path: FieldPath
}

/** Reads all documents of a text. Throws KH_YAML with the place of the first error, KH_LIMIT when there is too much. */
export function parseDocuments(source: Source, limits: LoadLimits): ParsedDocument[] {
  if (source.text.length > limits.size) throw tooMuch(source, 'characters', source.text.length, limits.size)
  return readJson(source, limits) ?? readYaml(source, limits)
}

/** JSON values one after the other; undefined where the text is not that (then it may be YAML). */
function readJson(source: Source, limits: LoadLimits): ParsedDocument[] | undefined {
  if (!/^\s*\{\s*(?:"|\})/.test(source.text)) return undefined
  const documents: ParsedDocument[] = []
  for (let start = source.text.search(/\S/); start < source.text.length; ) {
    const scan = scanJson(source.text, start, limits.depth)
    if ('problem' in scan) {
      if (scan.problem === 'deep') throw tooDeep(source, scan.offset, limits)
      return undefined
    }
    if (scan.duplicate !== undefined) throw duplicateKey(source, scan.duplicate.offset, scan.duplicate.key)
    let value: unknown
    try {
      value = JSON.parse(source.text.slice(start, scan.end))
    } catch {
      return undefined
    }
    documents.push({ value, source, start, end: scan.end, syntax: 'json' })
    if (documents.length > limits.documents) throw tooMuch(source, 'documents', documents.length, limits.documents)
    const next = source.text.slice(scan.end).search(/\S/)
    if (next < 0) break
    start = scan.end + next
  }
  return documents
}

function readYaml(source: Source, limits: LoadLimits): ParsedDocument[] {
  if (source.text.length > YAML_SIZE) throw tooMuch(source, 'characters of YAML', source.text.length, YAML_SIZE)
  const marks = source.text.match(/^(?:---|\.\.\.)/gm)?.length ?? 0
  if (marks > 2 * limits.documents) throw tooMuch(source, 'documents', marks, limits.documents)
  const documents: ParsedDocument[] = []
  for (const parsed of parseAll(source, limits)) {
    const [start, , end] = parsed.range
    const error = parsed.errors[0]
    if (error !== undefined) {
      if (error.message.includes('call stack')) throw tooDeep(source, start, limits)
      throw templateError(source, error.pos[0]) ?? yamlError(source, error.pos[0], error.code, error.message)
    }
    if (source.text.includes('{{')) refuseTemplates(parsed, source)
    const value = toValue(parsed, source, limits)
    documents.push({ value, source, start, end, syntax: 'yaml' })
  }
  if (documents.length > limits.documents) throw tooMuch(source, 'documents', documents.length, limits.documents)
  return documents
}

function parseAll(source: Source, limits: LoadLimits): Document.Parsed[] {
  try {
    const parsed = parseAllDocuments(source.text, YAML_OPTIONS)
    // An empty stream comes as an object of its own kind: an array without documents.
    return [...parsed] as Document.Parsed[]
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep(source, 0, limits)
    throw yamlError(source, 0, 'PARSE', error instanceof Error ? error.message : String(error))
  }
}

function toValue(parsed: Document.Parsed, source: Source, limits: LoadLimits): unknown {
  const at = parsed.range[0]
  let value: unknown
  try {
    value = parsed.toJS({ maxAliasCount: limits.aliases })
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep(source, at, limits)
    if (error instanceof ReferenceError && error.message.includes('alias')) {
      throw new KubehopError('KH_LIMIT', `aliases expand to more than ${limits.aliases} copies`, source.place(at))
    }
    throw yamlError(source, at, 'VALUE', error instanceof Error ? error.message : String(error))
  }
  if (depthOf(value, limits.depth) > limits.depth) throw tooDeep(source, at, limits)
  return value
}

function refuseTemplates(parsed: Document.Parsed, source: Source): void {
  visit(parsed, {
    Pair(_, pair) {
      if (!isCollection(pair.key)) return undefined
      const at = pair.key.range?.[0] ?? parsed.range[0]
      throw templateError(source, at) ?? yamlError(source, at, 'KEY', 'a map or list cannot be a key')
    },
  })
}

/** The nesting of a value, counted up to `limit` + 1; without recursion, since that is what it protects. */
function depthOf(root: unknown, limit: number): number {
  let level: unknown[] = [root]
  for (let depth = 0; ; depth++) {
    const next: unknown[] = []
    for (const value of level) {
      if (typeof value === 'object' && value !== null) for (const child of Object.values(value)) next.push(child)
    }
    if (next.length === 0 || depth > limit) return depth
    level = next
  }
}

function yamlError(source: Source, offset: number, code: string, message: string): KubehopError {
  if (code === 'DUPLICATE_KEY') {
    const key = /^[^\s:]+/.exec(source.text.slice(offset))?.[0] ?? ''
    return duplicateKey(source, offset, key)
  }
  const tab = /^[ ]*\t/.test(source.text.slice(source.text.lastIndexOf('\n', offset - 1) + 1, offset + 1))
  const hint = tab ? '; YAML is indented with blanks, not tabs' : ''
  return new KubehopError(
    'KH_YAML',
    `not well-formed YAML: ${message.replace(/\s+/g, ' ')}${hint}`,
    source.place(offset),
  )
}

function duplicateKey(source: Source, offset: number, key: string): KubehopError {
  const text = `the key ${JSON.stringify(key)} is given twice in the same map; expected each key once`
  return new KubehopError('KH_YAML', text, source.place(offset))
}

function tooDeep(source: Source, offset: number, limits: LoadLimits): KubehopError {
  return new KubehopError('KH_LIMIT', `nested more than ${limits.depth} levels deep`, source.place(offset))
}

function tooMuch(source: Source, what: string, found: number, limit: number): KubehopError {
  return new KubehopError('KH_LIMIT', `${found} ${what}; at most ${limit} are taken`, { file: source.name })
}

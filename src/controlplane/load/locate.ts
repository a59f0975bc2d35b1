import { isMap, isScalar, isSeq, type Node, parseDocument } from 'yaml'
import type { Place } from '../../errors.ts'
import type { FieldPath } from '../field-path.ts'
import { scanJson } from './json-scan.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import type { DocumentPath } from './parse-documents.ts'
import { YAML_OPTIONS } from './yaml-options.ts'

/**
 * The place of a field: of its key, or of the item in a list; where the field does not exist, of the nearest thing around it
 * that does. The document is read again, so that nothing but values is kept after loading.
 */
export function locate(origin: DocumentPath, path: FieldPath = []): Place {
  const { document } = origin
  const full = [...origin.path, ...path]
  if (document.syntax === 'json') {
    const scan = scanJson(document.source.text, document.start, DEFAULT_LIMITS.depth, full)
    return document.source.place('found' in scan ? scan.found : document.start)
  }
  const slice = document.source.text.slice(document.start, document.end)
  return document.source.place(document.start + yamlOffset(slice, full))
}

function yamlOffset(text: string, path: FieldPath): number {
  const parsed = parseDocument(text, { ...YAML_OPTIONS, keepSourceTokens: false })
  let node: Node | null = parsed.contents
  let offset = node?.range?.[0] ?? 0
  for (const part of path) {
    let next: unknown
    if (isMap(node)) {
      const pair = node.items.find(item => isScalar(item.key) && String(item.key.value) === String(part))
      if (pair === undefined || !isScalar(pair.key)) break
      offset = pair.key.range?.[0] ?? offset
      next = pair.value
    } else if (isSeq(node)) {
      next = node.items[Number(part)]
      if (next === undefined) break
      offset = (next as Node).range?.[0] ?? offset
    } else break
    node = next as Node | null
  }
  return offset
}

/** A path into an object: field names and list indexes. */
export type FieldPath = readonly (string | number)[]

/** `spec.containers[0].ports[1].name`; map keys that are not identifiers are written `metadata.labels[example.com/x]`. */
export function formatPath(path: FieldPath): string {
  let text = ''
  for (const part of path) {
    if (typeof part === 'number' || !/^[A-Za-z_$][\w$-]*$/.test(part)) text += `[${part}]`
    else text += text === '' ? part : `.${part}`
  }
  return text
}

/** The inverse of `formatPath`, for paths that users write. */
export function parsePath(text: string): FieldPath {
  const path: (string | number)[] = []
  for (const [, index, key, name] of text.matchAll(/\[(\d+)\]|\[([^\]]*)\]|([^.[\]]+)/g)) {
    if (index !== undefined) path.push(Number(index))
    else path.push(key ?? name ?? '')
  }
  return path
}

/** The value at a path; undefined where there is none. */
export function valueAt(root: unknown, path: FieldPath): unknown {
  let value = root
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as Record<string | number, unknown>)[part]
  }
  return value
}

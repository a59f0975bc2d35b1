import type { Operation } from './operation.ts'

/** A question as HTTP carries it. */
export interface OperationRequest {
  readonly method: Operation['method']
  /** With its query. */
  readonly path: string
  /** JSON; left out for GET. */
  readonly body?: string
}

/** Where each part of an input goes: into the path, the query, or the body. */
export function operationRequest(
  { method, path, params, query }: Pick<Operation, 'method' | 'path' | 'params' | 'query'>,
  input: Readonly<Record<string, unknown>>,
): OperationRequest {
  const rest = new Map(Object.entries(input).filter(([, value]) => value !== undefined))
  let filled = path
  for (const name of Object.keys(params.properties)) {
    filled = filled.replace(`:${name}`, encodeURIComponent(textOf(rest.get(name) ?? '')))
    rest.delete(name)
  }
  const search = new URLSearchParams()
  for (const [name, value] of [...rest]) {
    if (method !== 'GET' && !Object.hasOwn(query.properties, name)) continue
    search.append(name, textOf(value))
    rest.delete(name)
  }
  const where = search.size === 0 ? filled : `${filled}?${search}`
  return method === 'GET'
    ? { method, path: where }
    : { method, path: where, body: JSON.stringify(Object.fromEntries(rest)) }
}

/** Only plain values belong there; what is none is refused by the operation, not here. */
function textOf(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

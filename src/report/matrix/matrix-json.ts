import type { ReachMatrix } from '../../probe/index.ts'

/** One JSON document, written row by row: schema kubehop.dev/reach/v1. */
export function* matrixJson(matrix: ReachMatrix): IterableIterator<string> {
  const head = {
    schema: matrix.schema,
    by: matrix.by,
    ...(matrix.protocol === undefined ? {} : { protocol: matrix.protocol }),
    ...(matrix.port === undefined ? {} : { port: matrix.port }),
    sources: matrix.sources.map(group => group.name),
    destinations: matrix.destinations.map(group => group.name),
  }
  const open = JSON.stringify(head, null, 2)
  yield `${open.slice(0, -2)},\n  "rows": [`
  let first = true
  for (const { source, cells } of matrix.rows()) {
    yield `${first ? '' : ','}\n    ${JSON.stringify({ from: source.name, cells })}`
    first = false
  }
  yield '\n  ]\n}\n'
}

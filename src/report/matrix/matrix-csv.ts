import type { ReachMatrix } from '../../probe/index.ts'

/** One line for each pair (RFC 4180): from, to, verdict, what some pair may do, what every pair may do. */
export function* matrixCsv(matrix: ReachMatrix): IterableIterator<string> {
  yield 'from,to,verdict,any,every\r\n'
  for (const { source, cells } of matrix.rows()) {
    for (const [i, { verdict, any, every }] of cells.entries()) {
      const fields = [source.name, matrix.destinations[i]?.name ?? '', verdict, any, every]
      yield `${fields.map(quote).join(',')}\r\n`
    }
  }
}

/** A spreadsheet must not take a name for a formula. */
function quote(field: string): string {
  const safe = /^[=+\-@]/.test(field) ? `'${field}` : field
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

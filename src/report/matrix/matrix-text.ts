import type { ReachCell, ReachMatrix } from '../../probe/index.ts'
import { printable } from '../printable.ts'

/** How a cell is drawn; the same letters as the upstream tests use. */
export const CELL_SIGNS: Readonly<Record<ReachCell['verdict'], string>> = {
  allowed: '.',
  denied: 'X',
  some: '+',
  self: '-',
}

/**
 * A grid with one letter for each cell: `.` allowed, `X` denied, `+` some ports or pairs, `-` itself; below it what `+` means. Columns are
 * numbered, so that long names do not make it wide.
 */
export function* matrixText(matrix: ReachMatrix): IterableIterator<string> {
  const width = Math.max(...matrix.sources.map(source => printable(source.name).length), 4)
  const digits = String(matrix.destinations.length).length
  yield `${matrix.subject}, by ${matrix.by}: rows open connections to columns\n\n`
  const heads = matrix.destinations.map((_, i) => String(i + 1).padStart(digits))
  yield `${' '.repeat(width + digits + 2)} ${heads.join(' ')}\n`
  const details: string[] = []
  let row = 0
  for (const { source, cells } of matrix.rows()) {
    row++
    const signs = cells.map(cell => CELL_SIGNS[cell.verdict].padStart(digits)).join(' ')
    const number = matrix.destinations[row - 1]?.name === source.name ? String(row) : ''
    yield `${printable(source.name).padEnd(width)} ${number.padStart(digits)}  ${signs}\n`
    for (const [i, cell] of cells.entries()) {
      if (cell.verdict !== 'some') continue
      const text = cell.every === cell.any ? cell.any : `some pairs: ${cell.any}; every pair: ${cell.every}`
      details.push(`${printable(source.name)} -> ${printable(matrix.destinations[i]?.name ?? '')}: ${text}`)
    }
  }
  const same =
    matrix.sources.length === matrix.destinations.length &&
    matrix.sources.every((source, i) => source.name === matrix.destinations[i]?.name)
  if (!same) {
    yield '\n'
    for (const [i, destination] of matrix.destinations.entries()) {
      yield `${String(i + 1).padStart(digits)}  ${printable(destination.name)}\n`
    }
  }
  yield '\n. allowed   X denied   + some   - itself\n'
  if (details.length > 0) yield '\n'
  for (const line of details) yield `${line}\n`
}

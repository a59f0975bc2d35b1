import type { MatrixLine } from './matrix-lines.ts'
import { type CodeGrid, VERDICT_CODES } from './verdict-code.ts'

const { self, allowed, denied, some, gained, lost } = VERDICT_CODES

/**
 * The grid as lines see it: a cell of several pairs is allowed or denied when all of them are, and `some` otherwise; a pod and itself do
 * not count. A change shows through: pairs of which some were gained and none lost are `gained`.
 */
export function foldGrid(grid: CodeGrid, rows: readonly MatrixLine[], columns: readonly MatrixLine[]): CodeGrid {
  const rowLines = linesOf(rows, grid.rows)
  const columnLines = linesOf(columns, grid.columns)
  const seen = new Uint8Array(rows.length * columns.length)
  for (let row = 0; row < grid.rows; row++) {
    const line = rowLines[row] ?? -1
    if (line < 0) continue
    const [from, to] = [row * grid.columns, line * columns.length]
    for (let column = 0; column < grid.columns; column++) {
      const place = columnLines[column] ?? -1
      if (place >= 0) seen[to + place] = (seen[to + place] ?? 0) | (1 << (grid.codes[from + column] ?? 0))
    }
  }
  return { rows: rows.length, columns: columns.length, codes: seen.map(bits => FOLDED[bits] ?? self) }
}

/** The code for each set of codes. */
const FOLDED: Uint8Array = Uint8Array.from({ length: 64 }, (_, bits) => {
  const has = (code: number): boolean => (bits & (1 << code)) !== 0
  if (has(gained)) return has(lost) ? some : gained
  if (has(lost)) return lost
  if (has(some) || (has(allowed) && has(denied))) return some
  return has(allowed) ? allowed : has(denied) ? denied : self
})

function linesOf(lines: readonly MatrixLine[], count: number): Int32Array {
  const places = new Int32Array(count).fill(-1)
  for (const [at, { members }] of lines.entries()) for (const member of members) places[member] = at
  return places
}

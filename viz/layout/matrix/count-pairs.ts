import type { MatrixLine } from './matrix-lines.ts'
import { type CellVerdict, type CodeGrid, VERDICTS } from './verdict-code.ts'

/** How many pairs of a folded cell there are of each verdict. */
export function countPairs(grid: CodeGrid, row: MatrixLine, column: MatrixLine): Readonly<Record<CellVerdict, number>> {
  const counts: Record<CellVerdict, number> = { self: 0, allowed: 0, denied: 0, some: 0, gained: 0, lost: 0 }
  for (const from of row.members) {
    for (const to of column.members) counts[VERDICTS[grid.codes[from * grid.columns + to] ?? 0] ?? 'self']++
  }
  return counts
}

import type { ClusterDiff } from '../../../src/api/operations/index.ts'
import { type CodeGrid, type MatrixLine, VERDICT_CODES } from '../../layout/index.ts'

const { gained, lost, some } = VERDICT_CODES

/** The grid with what a change gains and loses in its cells; `some` where a cell has both. */
export function markChanges(
  grid: CodeGrid,
  rows: readonly MatrixLine[],
  columns: readonly MatrixLine[],
  changes: ClusterDiff['reach'],
): CodeGrid {
  const codes = grid.codes.slice()
  const [rowOf, columnOf] = [placesOf(rows), placesOf(columns)]
  const marked = new Map<number, number>()
  for (const { from, to, change } of changes) {
    const [row, column] = [placeOf(rowOf, from), placeOf(columnOf, to)]
    if (row === undefined || column === undefined) continue
    const at = row * grid.columns + column
    const code = change === 'gained' ? gained : lost
    const known = marked.get(at)
    marked.set(at, known === undefined || known === code ? code : some)
  }
  for (const [at, code] of marked) codes[at] = code
  return { ...grid, codes }
}

function placesOf(lines: readonly MatrixLine[]): ReadonlyMap<string, number> {
  return new Map(lines.map((line, i) => [line.key, i]))
}

/** Changes name workloads, or namespaces in a large cluster. */
function placeOf(places: ReadonlyMap<string, number>, name: string): number | undefined {
  const [namespace = ''] = name.split('/')
  return places.get(`wl:${name}`) ?? places.get(`pod:${name}`) ?? places.get(`ns:${namespace}`)
}

import type { ReachGroup } from './reach-group.ts'
import type { ReachCell, ReachMatrix } from './reach-matrix.ts'

/** The matrix with one character for each cell. */
export interface PackedMatrix {
  /** One text a source: `+` allowed, `-` denied, `~` some of its pairs or ports, `=` itself. */
  readonly rows: string[]
  /** What at least one pair of a cell may do: its index in `texts`. */
  readonly connections?: { texts: string[]; rows: number[][] }
}

const SIGNS: Readonly<Record<ReachCell['verdict'], string>> = { allowed: '+', denied: '-', some: '~', self: '=' }

/** Packs a matrix; `withTexts`: also what each cell may do. Groups of the same classes have the same cells, which are found once. */
export function packMatrix(matrix: ReachMatrix, withTexts: boolean): PackedMatrix {
  const { sources, destinations } = matrix
  const known = new Map<string, ReachCell>()
  const texts = new Map<string, number>()
  const keys = new Map([...sources, ...destinations].map(group => [group, classKey(group)]))
  const rows: string[] = []
  const indexes: number[][] = []
  for (const source of sources) {
    let row = ''
    const own: number[] = []
    for (const destination of destinations) {
      const cell = cellOf(matrix, source, destination, keys, known)
      row += SIGNS[cell.verdict]
      if (!withTexts) continue
      const index = texts.get(cell.any) ?? texts.size
      texts.set(cell.any, index)
      own.push(index)
    }
    rows.push(row)
    if (withTexts) indexes.push(own)
  }
  return withTexts ? { rows, connections: { texts: [...texts.keys()], rows: indexes } } : { rows }
}

function cellOf(
  matrix: ReachMatrix,
  source: ReachGroup,
  destination: ReachGroup,
  keys: ReadonlyMap<ReachGroup, string | undefined>,
  known: Map<string, ReachCell>,
): ReachCell {
  const from = keys.get(source)
  const to = keys.get(destination)
  // A group and itself, and two of one class, may be the same pod: those cells are looked at one by one.
  if (from === undefined || to === undefined || from === to) return matrix.cell(source, destination)
  const key = `${from} ${to}`
  const found = known.get(key) ?? matrix.cell(source, destination)
  known.set(key, found)
  return found
}

/** Single pods of one class are alike, but for those that share their node's network. */
function classKey({ pods, classes, hostNetwork }: ReachGroup): string | undefined {
  return pods.length === 1 && !hostNetwork ? String(classes[0]) : undefined
}

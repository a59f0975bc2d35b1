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

/** Packs a matrix; `withTexts`: also what each cell may do. */
export function packMatrix(matrix: ReachMatrix, withTexts: boolean): PackedMatrix {
  return withTexts ? withConnections(matrix) : { rows: signs(matrix) }
}

function signs(matrix: ReachMatrix): string[] {
  return matrix.sources.map(source => {
    let row = ''
    for (const destination of matrix.destinations) row += SIGNS[verdict(matrix, source, destination)]
    return row
  })
}

/** As `cell` says; single pods, of which there may be millions of pairs, are asked without writing ports down. */
function verdict(matrix: ReachMatrix, source: ReachGroup, destination: ReachGroup): ReachCell['verdict'] {
  const [from, otherFrom] = source.pods
  const [to, otherTo] = destination.pods
  if (from === undefined || to === undefined || otherFrom !== undefined || otherTo !== undefined)
    return matrix.cell(source, destination).verdict
  if (from === to) return 'self'
  const near = (source.hostNetwork || destination.hostNetwork) && matrix.engine.isException({ pod: from }, { pod: to })
  return near ? 'allowed' : matrix.classVerdict(source.classes[0] ?? 0, destination.classes[0] ?? 0)
}

function withConnections(matrix: ReachMatrix): PackedMatrix {
  const texts = new Map<string, number>()
  const cells = matrix.sources.map(source => matrix.row(source))
  const rows = cells.map(row => row.map(({ verdict }) => SIGNS[verdict]).join(''))
  const indexes = cells.map(row =>
    row.map(({ any }) => {
      const index = texts.get(any) ?? texts.size
      texts.set(any, index)
      return index
    }),
  )
  return { rows, connections: { texts: [...texts.keys()], rows: indexes } }
}

import { type CircleEdge, type CircleNode, type CodeGrid, type MatrixLine, VERDICT_CODES } from '../../layout/index.ts'
import { fullName } from './cell-story.ts'

export type EdgeChoice = 'by policy' | 'allowed' | 'denied'
export const EDGE_CHOICES: readonly EdgeChoice[] = ['by policy', 'allowed', 'denied']

export interface PolicyGraphNode extends CircleNode {
  /** Whether a policy keeps anybody from it. */
  readonly restricted: boolean
  /** Whether a policy keeps it from anybody outside. */
  readonly limited: boolean
  readonly title: string
}

export interface PolicyGraphEdge extends CircleEdge {
  readonly verdict: 'allowed' | 'some' | 'denied'
}

export interface PolicyGraph {
  readonly nodes: readonly PolicyGraphNode[]
  readonly edges: readonly PolicyGraphEdge[]
}

const VERDICT_OF: ReadonlyMap<number, PolicyGraphEdge['verdict']> = new Map([
  [VERDICT_CODES.allowed, 'allowed'],
  [VERDICT_CODES.some, 'some'],
  [VERDICT_CODES.denied, 'denied'],
])

/**
 * The matrix as a graph. `by policy` has the connections that stay allowed where somebody is kept out: to ends that are open to all there
 * would be a line from everywhere, so they are drawn as open circles instead. Whether a denied pair is kept apart by its source or by its
 * destination is told from whether the source may go outside.
 */
export function policyGraph(lines: readonly MatrixLine[], grid: CodeGrid, choice: EdgeChoice): PolicyGraph {
  const verdict = (row: number, column: number) => VERDICT_OF.get(grid.codes[row * grid.columns + column] ?? 0)
  const outside = lines.findIndex(line => line.namespace === '')
  const limited = lines.map((_, row) => row !== outside && outside >= 0 && verdict(row, outside) !== 'allowed')
  const restricted = lines.map((_, column) =>
    lines.some((_, row) => !limited[row] && row !== column && (verdict(row, column) ?? 'allowed') !== 'allowed'),
  )
  const nodes = lines.map((line, i) => ({
    id: line.key,
    label: `${fullName(line).replace(/^namespace /, '')}${line.members.length > 1 ? ` ×${line.members.length}` : ''}`,
    group: line.namespace === '' ? 'outside' : line.namespace,
    restricted: restricted[i] ?? false,
    limited: limited[i] ?? false,
    title: fullName(line),
  }))
  const edges = lines.flatMap((from, row) =>
    lines.flatMap((to, column): PolicyGraphEdge[] => {
      const found = verdict(row, column)
      if (found === undefined || row === column) return []
      const wanted =
        choice === 'denied'
          ? found === 'denied'
          : found !== 'denied' && (choice === 'allowed' || restricted[column] || limited[row])
      return wanted ? [{ from: from.key, to: to.key, verdict: found }] : []
    }),
  )
  return { nodes, edges }
}

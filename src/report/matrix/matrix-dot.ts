import type { ReachMatrix } from '../../probe/index.ts'

/** Graphviz: an edge for each pair that may talk. */
export function* matrixDot(matrix: ReachMatrix): IterableIterator<string> {
  yield 'digraph reach {\n  rankdir=LR\n  node [shape=box, fontname="sans-serif"]\n'
  const names = new Set([...matrix.sources, ...matrix.destinations].map(group => group.name))
  for (const name of names) yield `  ${quote(name)}\n`
  for (const { source, cells } of matrix.rows()) {
    for (const [i, cell] of cells.entries()) {
      if (cell.verdict === 'denied' || cell.verdict === 'self') continue
      const style = cell.verdict === 'some' ? ', style=dashed' : ''
      yield `  ${quote(source.name)} -> ${quote(matrix.destinations[i]?.name ?? '')} [label=${quote(cell.any)}${style}]\n`
    }
  }
  yield '}\n'
}

function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

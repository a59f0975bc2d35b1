import type { ReachMatrix } from '../../probe/index.ts'

const SIGNS = { allowed: '✅', denied: '❌', some: '🔶', self: '·' } as const

/** A table for a pull request: one column for each destination. */
export function* matrixMarkdown(matrix: ReachMatrix): IterableIterator<string> {
  const names = matrix.destinations.map(group => cellText(group.name))
  yield `**${matrix.subject}** (rows open connections to columns)\n\n`
  yield `| from \\ to | ${names.join(' | ')} |\n|---|${':-:|'.repeat(names.length)}\n`
  for (const { source, cells } of matrix.rows()) {
    const texts = cells.map(cell =>
      cell.verdict === 'some' ? `${SIGNS.some} ${cellText(cell.any)}` : SIGNS[cell.verdict],
    )
    yield `| ${cellText(source.name)} | ${texts.join(' | ')} |\n`
  }
}

function cellText(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
}

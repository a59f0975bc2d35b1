import type { ProfileComparison } from '../../probe/index.ts'

/** The cells that packets of different network plugins answer differently: a table, and the reasons below. */
export function profilesText(names: readonly string[], { questions, cells }: ProfileComparison): string {
  const head = ['from', 'to', 'port', 'policies', ...names]
  const rows = cells.map(cell => [
    cell.from,
    cell.to,
    `${cell.protocol} ${cell.port}`,
    cell.policy,
    ...names.map(name => cell.packets[name] ?? '-'),
  ])
  const widths = head.map((word, i) => Math.max(word.length, ...rows.map(row => row[i]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    row
      .map((word, i) => word.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd()
  const summary = `${questions} questions asked on each of ${names.join(', ')}: ${cells.length} are answered differently`
  if (cells.length === 0) return `${summary}\n`
  const reasons = new Set(
    cells.flatMap(({ reasons: own }) => Object.entries(own).map(([name, text]) => `${name}: ${text}`)),
  )
  return `${[summary, '', line(head), ...rows.map(line), '', ...[...reasons].sort()].join('\n').trimEnd()}\n`
}

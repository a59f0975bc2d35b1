import type { Availability } from '../../probe/index.ts'

/** The availability table: a row a name, a column a place, with the reason of each No below. */
export function renderAvailability(table: Availability, format: 'text' | 'md'): string {
  const header = ['Name', ...table.places.map(place => place.title)]
  const rows = table.rows.map(row => [row.name, ...row.cells.map(cell => (cell.available ? 'Yes' : 'No'))])
  const no = table.rows.flatMap(row =>
    row.cells.flatMap((cell, i) =>
      cell.available ? [] : [`${row.name} from ${table.places[i]?.title}: ${cell.stage}: ${cell.reason}`],
    ),
  )
  const yes = table.rows.reduce((sum, row) => sum + row.cells.filter(cell => cell.available).length, 0)
  const summary = `${table.rows.length * table.places.length} cells: ${yes} Yes, ${no.length} No`
  if (format === 'md') {
    const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
    const body = [
      line(header),
      line(header.map(() => '---')),
      ...rows.map(([name, ...cells]) => line([`\`${name}\``, ...cells])),
    ]
    return `${[...body, '', ...no.map(text => `- ${text}`), '', summary].join('\n')}\n`
  }
  const widths = header.map((_, i) => Math.max(...[header, ...rows].map(row => row[i]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd()
  return `${[line(header), ...rows.map(line), '', ...no.map(text => `No: ${text}`), '', summary].join('\n')}\n`
}

import type { ReachMatrix } from '../../probe/index.ts'
import { escapeXml } from './escape-xml.ts'

const CELL = 18
const FILLS = { allowed: '#2e7d32', denied: '#c62828', some: '#f9a825', self: '#bdbdbd' } as const

/** A picture of the grid; each cell says its pair and connections when pointed at. */
export function* matrixSvg(matrix: ReachMatrix): IterableIterator<string> {
  const longest = Math.max(...[...matrix.sources, ...matrix.destinations].map(group => group.name.length), 4)
  const margin = 8 * longest + 12
  const width = margin + CELL * matrix.destinations.length + 8
  const height = margin + CELL * matrix.sources.length + 8
  yield `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12" role="img">\n`
  yield `<title>Reachability, ${escapeXml(matrix.subject)}: rows open connections to columns</title>\n`
  for (const [i, destination] of matrix.destinations.entries()) {
    const x = margin + CELL * i + CELL / 2 + 4
    yield `<text transform="translate(${x},${margin - 6}) rotate(-90)">${escapeXml(destination.name)}</text>\n`
  }
  let row = 0
  for (const { source, cells } of matrix.rows()) {
    const y = margin + CELL * row++
    yield `<text x="${margin - 6}" y="${y + 13}" text-anchor="end">${escapeXml(source.name)}</text>\n`
    for (const [i, cell] of cells.entries()) {
      const title = `${source.name} → ${matrix.destinations[i]?.name ?? ''}: ${cell.any}`
      yield `<rect x="${margin + CELL * i}" y="${y}" width="${CELL - 2}" height="${CELL - 2}" fill="${FILLS[cell.verdict]}"><title>${escapeXml(title)}</title></rect>\n`
    }
  }
  yield '</svg>\n'
}

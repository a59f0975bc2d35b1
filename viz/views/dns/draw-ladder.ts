import { select } from 'd3-selection'
import {
  type DnsLadder,
  fitText,
  type LadderArrow,
  type LadderQuery,
  type LadderRow,
  type LadderSizes,
  textColumns,
} from '../../layout/index.ts'

/** Width of a letter, in pixels: 12 px of a fixed-width font. */
const LETTER = 7.25

/** A query with what it said, as the ladder shows it. */
export interface DrawnQuery extends LadderQuery {
  readonly time: string
  readonly answer: string
  readonly tone: 'ok' | 'no' | 'none'
}

/** Draws the ladder into an SVG. All text is only ever text. */
export function drawLadder(
  svg: SVGSVGElement,
  ladder: DnsLadder,
  queries: readonly DrawnQuery[],
  sizes: LadderSizes,
): void {
  const { width, height, lanes, rows, arrows, steps } = ladder
  const root = select(svg).attr('viewBox', `0 0 ${width} ${height}`).attr('width', width).attr('height', height)
  const layer = (name: string) =>
    root.selectAll<SVGGElement, string>(`g.${name}`).data([name]).join('g').attr('class', name)
  const told = new Map(queries.map(query => [query.seq, query]))
  const left = (lanes[0]?.x ?? 0) + 12
  layer('lifelines')
    .selectAll('line')
    .data(lanes)
    .join('line')
    .attr('class', lane => `life ${lane.kind}`)
    .attr('x1', lane => lane.x)
    .attr('x2', lane => lane.x)
    .attr('y1', sizes.margin + sizes.laneHead - 8)
    .attr('y2', height - 8)
  const heads = layer('heads')
    .selectAll<SVGGElement, (typeof lanes)[number]>('g')
    .data(lanes, lane => lane.id)
    .join(enter => {
      const head = enter.append('g')
      head.append('rect').attr('rx', 4)
      head.append('text').attr('text-anchor', 'middle')
      head.append('title')
      return head
    })
    .attr('class', lane => `lane ${lane.kind}`)
  heads
    .select('rect')
    .attr('x', lane => lane.head.x)
    .attr('y', lane => lane.head.y)
    .attr('width', lane => lane.head.width)
    .attr('height', lane => lane.head.height)
  heads
    .select('text')
    .attr('x', lane => lane.x)
    .attr('y', lane => lane.head.y + lane.head.height / 2 + 4)
    .text(lane =>
      fitText(lane.kind === 'outside' ? `outside: ${lane.id}` : lane.id, lane.head.width / LETTER - 1, 'middle'),
    )
  heads.select('title').text(lane => lane.id)
  layer('steps')
    .selectAll('text')
    .data(steps)
    .join('text')
    .attr('class', 'step')
    .attr('x', sizes.margin)
    .attr('y', step => step.y + 14)
    .text(step => told.get(rows.find(row => row.step === step.step)?.query ?? 0)?.time ?? '')
  const room = (width - left - sizes.margin) / LETTER
  const plates = rows.flatMap(row => {
    const query = told.get(row.query)
    if (query === undefined) return []
    const lines = [
      { y: row.nameY, x: left, text: nameLine(query, room) },
      { y: row.outcomeY, x: left, text: fitText(query.answer, room) },
      ...row.noteYs.map((y, i) => ({ y, x: left + 16, text: fitText(query.why[i] ?? '', room - 3) })),
    ]
    return lines.map(({ x, y, text }) => ({ x: x - 2, y: y - 11, width: textColumns(text) * LETTER + 4 }))
  })
  // Lifelines do not run through what is written over them.
  layer('plates')
    .selectAll('rect')
    .data(plates)
    .join('rect')
    .attr('class', 'plate')
    .attr('x', plate => plate.x)
    .attr('y', plate => plate.y)
    .attr('width', plate => plate.width)
    .attr('height', 15)
  layer('arrows')
    .selectAll<SVGPathElement, LadderArrow>('path')
    .data(arrows)
    .join('path')
    .attr('class', arrow => `arrow ${arrow.kind} ${told.get(arrow.query)?.tone ?? ''}`)
    .attr('d', arrowPath)
  const drawn = layer('queries')
    .selectAll<SVGGElement, LadderRow>('g.query')
    .data(rows, row => row.query)
    .join(enter => {
      const query = enter.append('g').attr('class', 'query').attr('role', 'img').attr('tabindex', '-1')
      query.append('rect').attr('class', 'back')
      query.append('text').attr('class', 'name')
      query.append('text').attr('class', 'outcome')
      query.append('g').attr('class', 'notes')
      query.append('title')
      return query
    })
    .attr('data-stop', row => String(row.query))
    .attr('aria-label', row => queryName(told.get(row.query)))
  drawn
    .select('rect.back')
    .attr('x', row => row.x)
    .attr('y', row => row.y)
    .attr('width', row => row.width)
    .attr('height', row => row.height)
  drawn.select('title').text(row => queryName(told.get(row.query)))
  drawn
    .select('text.name')
    .attr('x', left)
    .attr('y', row => row.nameY)
    .text(row => {
      const query = told.get(row.query)
      return query === undefined ? '' : nameLine(query, room)
    })
  drawn
    .select('text.outcome')
    .attr('class', row => `outcome ${told.get(row.query)?.tone ?? ''}`)
    .attr('x', left)
    .attr('y', row => row.outcomeY)
    .text(row => fitText(told.get(row.query)?.answer ?? '', room))
  drawn
    .select('g.notes')
    .selectAll('text')
    .data(row => row.noteYs.map((y, i) => ({ y, text: told.get(row.query)?.why[i] ?? '' })))
    .join('text')
    .attr('class', 'note')
    .attr('x', left + 16)
    .attr('y', note => note.y)
    .text(note => fitText(note.text, room - 3))
}

function nameLine({ seq, type, name }: DrawnQuery, room: number): string {
  return fitText(`${seq}. ${type} ${name}`, room, 'middle')
}

function arrowPath({ kind, x0, x1, y }: LadderArrow): string {
  const back = x1 < x0 ? 1 : -1
  // An answer that never came ends half way, with a cross.
  if (kind === 'no-answer') {
    const middle = (x0 + x1) / 2
    return `M${x0},${y}H${middle}M${middle - 5},${y - 5}l10,10M${middle - 5},${y + 5}l10,-10`
  }
  return `M${x0},${y}H${x1}m${7 * back},-4.5l${-7 * back},4.5l${7 * back},4.5`
}

function queryName(query: DrawnQuery | undefined): string {
  if (query === undefined) return ''
  const { seq, type, name, server, answer, why, leakedTo } = query
  const leaked = leakedTo.length === 0 ? '' : `; seen outside by ${leakedTo.join(', ')}`
  return `${seq}. asks ${server} for ${type} ${name}: ${answer}${leaked}${why.length === 0 ? '' : ` (${why.join('; ')})`}`
}

import { scaleOrdinal } from 'd3-scale'
import { select } from 'd3-selection'
import type { PlacedRevision, RevisionStrip } from '../../layout/index.ts'

export interface StripMarks {
  readonly shown: number
  readonly from: number
  readonly to: number
}

/** Draws the strip of revisions into an SVG. All text is only ever text. */
export function drawStrip(
  svg: SVGSVGElement,
  strip: RevisionStrip,
  marks: StripMarks,
  nameOf: (revision: number) => string,
  choose: (revision: number) => void,
): void {
  const { width, height, y, revisions, labels } = strip
  const root = select(svg).attr('viewBox', `0 0 ${width} ${height}`).attr('width', width).attr('height', height)
  const layer = (name: string) =>
    root.selectAll<SVGGElement, string>(`g.${name}`).data([name]).join('g').attr('class', name)
  const places = new Map(revisions.map(one => [one.revision, one.x]))
  layer('line')
    .selectAll('line')
    .data([
      { kind: 'all', from: revisions[0]?.x ?? 0, to: revisions.at(-1)?.x ?? 0 },
      { kind: 'compared', from: places.get(marks.from) ?? 0, to: places.get(marks.to) ?? 0 },
    ])
    .join('line')
    .attr('class', line => line.kind)
    .attr('x1', line => line.from)
    .attr('x2', line => line.to)
    .attr('y1', y)
    .attr('y2', y)
  const letter = scaleOrdinal<number, string>([marks.from, marks.to], ['A', 'B'])
  const dots = layer('dots')
    .selectAll<SVGGElement, PlacedRevision>('g.dot')
    .data(revisions, one => one.revision)
    .join(enter => {
      const dot = enter.append('g')
      dot.append('circle').attr('role', 'button').attr('tabindex', '-1')
      dot.append('text').attr('aria-hidden', 'true').attr('text-anchor', 'middle')
      dot.append('title')
      return dot
    })
    .attr(
      'class',
      one =>
        `dot${one.revision === marks.shown ? ' shown' : ''}${[marks.from, marks.to].includes(one.revision) ? ' compared' : ''}`,
    )
    .attr('transform', one => `translate(${one.x},${y})`)
  dots
    .select('circle')
    .attr('r', one => one.radius)
    .attr('data-stop', one => String(one.revision))
    .attr('aria-label', one => nameOf(one.revision))
    .attr('aria-pressed', one => (one.revision === marks.shown ? 'true' : 'false'))
    .on('click', (_, one) => choose(one.revision))
  dots.select('title').text(one => nameOf(one.revision))
  dots
    .select('text')
    .attr('y', one => -one.radius - 6)
    .text(one => (marks.from !== marks.to && [marks.from, marks.to].includes(one.revision) ? letter(one.revision) : ''))
  layer('labels')
    .selectAll('text')
    .data(labels)
    .join('text')
    .attr('class', label => (label.revision === marks.shown ? 'shown' : ''))
    .attr('x', label => label.x)
    .attr('y', y + 38)
    .text(label => label.text)
}

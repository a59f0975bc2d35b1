import { type Selection, select } from 'd3-selection'
import { type ChainGraphLayout, type ChainGraphSizes, fitText } from '../../layout/index.ts'
import type { GraphBox, GraphRow, RuleGraph } from './rule-graph.ts'

/** Width of a letter of the rules, in pixels: 11 px of a fixed-width font. */
const LETTER = 6.65

export const RULE_SIZES: ChainGraphSizes = {
  rootWidth: 128,
  chainWidth: 256,
  columnGap: 44,
  rowGap: 14,
  titleHeight: 28,
  rowHeight: 36,
  margin: 14,
}

export interface GraphHandlers {
  readonly choose: (row: GraphRow, box: GraphBox) => void
}

/** Draws the graph into an SVG of the layout's size. All text comes from data and is only ever text. */
export function drawRuleGraph(
  svg: SVGSVGElement,
  graph: RuleGraph,
  layout: ChainGraphLayout,
  selected: string | undefined,
  zoom: number,
  handlers: GraphHandlers,
): void {
  const root = select(svg)
    .attr('viewBox', `0 0 ${layout.width} ${layout.height}`)
    .attr('width', layout.width * zoom)
    .attr('height', layout.height * zoom)
  const places = new Map(layout.chains.map(chain => [chain.id, chain]))
  const path = new Map(layout.jumps.map((jump, i) => [i, jump.path]))
  layer(root, 'jumps')
    .selectAll<SVGPathElement, RuleGraph['jumps'][number]>('path')
    .data(graph.jumps)
    .join('path')
    .attr('class', jump => `jump${jump.taken ? ' taken' : ''}${jump.looks ? ' looks' : ''}`)
    .attr('d', (_, i) => path.get(i) ?? '')
  const boxes = layer(root, 'boxes')
    .selectAll<SVGGElement, GraphBox>('g.box')
    .data(graph.boxes, box => box.id)
    .join(enter => {
      const box = enter.append('g')
      box.append('rect').attr('class', 'frame').attr('rx', 5)
      box.append('text').attr('class', 'title').attr('x', 10).attr('y', 18.5)
      box.append('text').attr('class', 'note').attr('y', 18.5).attr('text-anchor', 'end')
      box.append('title')
      box.append('g').attr('class', 'rows')
      return box
    })
    .attr('class', box => `box ${box.kind}${box.taken ? ' taken' : ''}`)
    .attr('transform', box => `translate(${places.get(box.id)?.x ?? 0},${places.get(box.id)?.y ?? 0})`)
  const width = (box: GraphBox): number => places.get(box.id)?.width ?? 0
  boxes
    .select('rect.frame')
    .attr('width', width)
    .attr('height', box => places.get(box.id)?.height ?? 0)
  boxes.select(':scope > title').text(box => `${box.title} (${box.note})`)
  boxes.select('text.title').text(box => fitText(box.title, (width(box) - 26) / LETTER - box.note.length, 'middle'))
  boxes
    .select('text.note')
    .attr('x', box => width(box) - 10)
    .text(box => box.note)
  boxes.each(function (box) {
    drawRows(select(this).select<SVGGElement>('g.rows'), box, width(box), selected, handlers)
  })
}

function layer(root: Selection<SVGSVGElement, unknown, null, undefined>, name: string) {
  return root.selectAll<SVGGElement, string>(`g.${name}`).data([name]).join('g').attr('class', name)
}

function drawRows(
  parent: Selection<SVGGElement, unknown, null, undefined>,
  box: GraphBox,
  width: number,
  selected: string | undefined,
  handlers: GraphHandlers,
): void {
  const { titleHeight, rowHeight } = RULE_SIZES
  const room = (width - 42) / LETTER
  const rows = parent
    .selectAll<SVGGElement, GraphRow>('g.row')
    .data(box.rows, row => row.id)
    .join(enter => {
      const row = enter.append('g')
      row
        .append('rect')
        .attr('class', 'back')
        .attr('x', 1)
        .attr('height', rowHeight)
        .attr('tabindex', '-1')
        .attr('role', 'button')
      row
        .append('circle')
        .attr('class', 'badge')
        .attr('cx', 16)
        .attr('cy', rowHeight / 2)
        .attr('r', 10)
      row
        .append('text')
        .attr('class', 'index')
        .attr('x', 16)
        .attr('y', rowHeight / 2 + 4)
        .attr('text-anchor', 'middle')
      row.append('text').attr('class', 'match').attr('x', 32).attr('y', 15)
      row.append('text').attr('class', 'action').attr('x', 32).attr('y', 29)
      row.append('text').attr('class', 'count').attr('y', 29).attr('text-anchor', 'end')
      row.append('title')
      // The label of its button says all of this, and in full.
      row.selectAll('text').attr('aria-hidden', 'true')
      return row
    })
    .attr('class', row => rowClass(row, selected))
    .attr('transform', (_, i) => `translate(0,${titleHeight + i * rowHeight})`)
  rows
    .select('rect.back')
    .attr('width', width - 2)
    .attr('data-stop', row => row.id)
    .attr('aria-label', row => rowName(row, box))
    .attr('aria-pressed', row => (row.id === selected ? 'true' : 'false'))
    .on('click', (_, row) => handlers.choose(row, box))
  rows.select('text.index').text(row => badge(row))
  rows.select('text.match').text(row => fitText(firstLine(row), room))
  rows.select('text.action').text(row => fitText(secondLine(row), room - countText(row).length - 1, 'middle'))
  rows
    .select('text.count')
    .attr('x', width - 9)
    .text(countText)
  rows.select('title').text(row => (row.kind === 'rule' ? row.rule.text : ''))
}

function isTaken(row: GraphRow): boolean {
  return row.kind === 'call' ? row.taken : row.kind !== 'hidden' && row.taken !== undefined
}

function rowClass(row: GraphRow, selected: string | undefined): string {
  const found = row.kind === 'rule' && row.found ? ' found' : ''
  return `row ${row.kind}${isTaken(row) ? ' taken' : ''}${found}${row.id === selected ? ' selected' : ''}`
}

function badge(row: GraphRow): string {
  if (row.kind === 'hidden') return '⋯'
  if (row.kind === 'call') return row.taken ? '●' : '○'
  if (row.taken !== undefined) return String(row.taken)
  return row.kind === 'rule' ? String(row.rule.index) : ''
}

function firstLine(row: GraphRow): string {
  switch (row.kind) {
    case 'rule':
      return row.match === '' ? 'everything' : row.match
    case 'hidden':
      return `${row.count} more ${row.count === 1 ? 'rule' : 'rules'}`
    case 'policy':
      return 'policy, where no rule decides'
    case 'call':
      return row.text
  }
}

function secondLine(row: GraphRow): string {
  switch (row.kind) {
    case 'rule':
      return row.action === '' ? '' : `→ ${row.action}`
    case 'hidden':
      return 'show all'
    case 'policy':
      return `→ ${row.policy}`
    case 'call':
      return ''
  }
}

function countText(row: GraphRow): string {
  if (row.kind !== 'rule') return ''
  const share = row.share === undefined ? '' : row.share[0] === row.share[1] ? 'all' : `${row.share[0]}/${row.share[1]}`
  const packets = row.rule.packets === 0 ? '' : `${row.rule.packets} pkt`
  return [share, packets].filter(text => text !== '').join(' · ')
}

/** What a screen reader says of a row. */
export function rowName(row: GraphRow, box: GraphBox): string {
  const place = isTaken(row) && row.kind !== 'call' && row.kind !== 'hidden' ? `, step ${row.taken} of the packet` : ''
  switch (row.kind) {
    case 'rule':
      return `${box.title} rule ${row.rule.index}${place}: ${firstLine(row)} ${secondLine(row)} ${countText(row)}`.trim()
    case 'hidden':
      return `${box.title}: show ${firstLine(row)}`
    case 'policy':
      return `${box.title} policy${place}: ${row.policy}`
    case 'call':
      return `hook ${box.title} calls ${row.text}${row.taken ? ', on the way of the packet' : ''}`
  }
}

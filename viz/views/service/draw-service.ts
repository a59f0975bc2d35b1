import { scaleLinear } from 'd3-scale'
import { type Selection, select } from 'd3-selection'
import { fitText, type PlacedSankeyNode, type SankeyLayout, type SankeySizes } from '../../layout/index.ts'
import type { EndpointFlow, ServiceFlows } from './service-flows.ts'

/** Width of a letter of a label of 12 px, in pixels. */
const LETTER = 7.2
const BAR = 90

export function sankeySizes(width: number, height: number): SankeySizes {
  return {
    width,
    nodeWidth: 14,
    leastHeight: 40,
    gap: 14,
    flowHeight: Math.max(200, Math.min(480, height - 170)),
    margin: 34,
    labelLeft: 180,
    labelRight: 330,
  }
}

type FlowNode = ServiceFlows['nodes'][number]

/** Draws the way through a Service into an SVG. All text is only ever text. */
export function drawService(svg: SVGSVGElement, flows: ServiceFlows, layout: SankeyLayout): void {
  const { width, height } = layout
  const root = select(svg).attr('viewBox', `0 0 ${width} ${height}`).attr('width', width).attr('height', height)
  const layer = (name: string) =>
    root.selectAll<SVGGElement, string>(`g.${name}`).data([name]).join('g').attr('class', name)
  const places = new Map(layout.nodes.map(node => [node.id, node]))
  const box = (node: FlowNode): PlacedSankeyNode | undefined => places.get(node.id)
  const ends = new Map(flows.endpoints.map(one => [one.id, one]))
  layer('links')
    .selectAll('path')
    .data(layout.links)
    .join('path')
    .attr('class', link => `flow ${link.to === 'refused' ? 'refused' : ''}`)
    .attr('d', link => link.path)
    .attr('stroke-width', link => Math.max(1, link.thickness))
  layer('heads')
    .selectAll('text')
    .data(['comes to', 'Service', `goes to`])
    .join('text')
    .attr('class', 'head')
    .attr('x', (_, column) => headPlace(column, layout))
    .attr('y', 16)
    .attr('text-anchor', (_, column) => (['end', 'middle', 'start'] as const)[column] ?? 'start')
    .text(text => text)
  const nodes = layer('nodes')
    .selectAll<SVGGElement, FlowNode>('g.node')
    .data(flows.nodes, node => node.id)
    .join(enter => {
      const node = enter.append('g').attr('role', 'img').attr('tabindex', '-1')
      node.append('rect').attr('class', 'block').attr('rx', 2)
      node.append('text').attr('class', 'title')
      node.append('text').attr('class', 'note')
      node.append('title')
      return node
    })
    .attr('class', node => `node ${node.kind}${ends.get(node.id)?.ready === false ? ' not-ready' : ''}`)
    .attr('data-stop', node => node.id)
    .attr('aria-label', node => nodeName(node, ends.get(node.id)))
  nodes
    .select('rect.block')
    .attr('x', node => box(node)?.x ?? 0)
    .attr('y', node => box(node)?.y ?? 0)
    .attr('width', node => box(node)?.width ?? 0)
    .attr('height', node => box(node)?.height ?? 0)
  nodes.select('title').text(node => nodeName(node, ends.get(node.id)))
  const labels = (selector: string, down: number, text: (node: FlowNode) => string) =>
    nodes
      .select(selector)
      .attr('x', node => labelPlace(node, box(node)))
      .attr('y', node => labelHeight(node, box(node)) + down)
      .attr('text-anchor', node => ({ 0: 'end', 1: 'middle', 2: 'start' })[node.column])
      .text(node => fitText(text(node), 175 / LETTER, 'middle'))
  labels('text.title', -3, node => node.title)
  labels('text.note', 13, node => node.note)
  drawBars(layer('bars'), flows, places)
}

/** Beside each endpoint: what it should get and, when flows were sent, what it got. */
function drawBars(
  layer: Selection<SVGGElement, string, SVGSVGElement, unknown>,
  { endpoints }: ServiceFlows,
  places: ReadonlyMap<string, PlacedSankeyNode>,
): void {
  const length = scaleLinear([0, Math.max(0.01, ...endpoints.flatMap(one => [one.share, one.observed ?? 0]))], [0, BAR])
  const bars = layer
    .selectAll<SVGGElement, EndpointFlow>('g')
    .data(endpoints, one => one.id)
    .join(enter => {
      const bar = enter.append('g').attr('aria-hidden', 'true')
      bar.append('rect').attr('class', 'expected').attr('height', 9)
      bar.append('text').attr('class', 'expected-text').attr('y', 9)
      bar.append('rect').attr('class', 'observed').attr('height', 9).attr('y', 14)
      bar.append('text').attr('class', 'observed-text').attr('y', 23)
      return bar
    })
    .attr('transform', one => {
      const { x = 0, y = 0, width = 0, height = 0 } = places.get(one.id) ?? {}
      return `translate(${x + width + 190},${y + height / 2 - 12})`
    })
  bars.select('rect.expected').attr('width', one => length(one.share))
  bars
    .select('text.expected-text')
    .attr('x', one => length(one.share) + 5)
    .text(one => one.expected)
  bars.select('rect.observed').attr('width', one => length(one.observed ?? 0))
  bars
    .select('text.observed-text')
    .attr('x', one => length(one.observed ?? 0) + 5)
    .text(one => (one.observed === undefined ? '' : `${(one.observed * 100).toFixed(1)} %`))
}

function headPlace(column: number, { nodes }: SankeyLayout): number {
  const node = nodes.find(one => one.column === column)
  if (node === undefined) return 0
  return column === 0 ? node.x - 8 : column === 1 ? node.x + node.width / 2 : node.x + node.width + 8
}

function labelPlace(node: FlowNode, box: PlacedSankeyNode | undefined): number {
  if (box === undefined) return 0
  return node.column === 0 ? box.x - 8 : node.column === 1 ? box.x + box.width / 2 : box.x + box.width + 8
}

/** The Service's name stands above its block, the others beside theirs. */
function labelHeight(node: FlowNode, box: PlacedSankeyNode | undefined): number {
  if (box === undefined) return 0
  return node.column === 1 ? box.y + box.height + 18 : box.y + box.height / 2
}

function nodeName({ title, note, kind }: FlowNode, end: EndpointFlow | undefined): string {
  if (kind !== 'endpoint' || end === undefined) return `${note}: ${title}`
  const observed = end.observed === undefined ? '' : `, got ${(end.observed * 100).toFixed(1)} %`
  return `${title} ${note}${end.node === '' ? '' : ` on ${end.node}`}: expected ${end.expected}${observed}`
}

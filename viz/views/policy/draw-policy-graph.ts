import { select } from 'd3-selection'
import { arc } from 'd3-shape'
import { CIRCLE_SIZES, fitText, type PolicyGraphLayout } from '../../layout/index.ts'
import type { PolicyGraph, PolicyGraphEdge, PolicyGraphNode } from './policy-graph.ts'

/** Draws the circle into an SVG. All text is only ever text. */
export function drawPolicyGraph(
  svg: SVGSVGElement,
  { nodes, edges }: PolicyGraph,
  layout: PolicyGraphLayout,
  chosen: string | undefined,
  choose: (id: string) => void,
): void {
  const { width, height, centre, radius } = layout
  const root = select(svg).attr('viewBox', `0 0 ${width} ${height}`)
  // It grows with the pane, but not so far that names get larger than those of the page.
  svg.style.maxWidth = `${width * 1.25}px`
  svg.style.maxHeight = `${height * 1.25}px`
  const layer = (name: string) =>
    root.selectAll<SVGGElement, string>(`g.${name}`).data([name]).join('g').attr('class', name)
  const paths = new Map(layout.edges.map(edge => [`${edge.from}>${edge.to}`, edge.path]))
  const keyOf = (edge: PolicyGraphEdge): string => `${edge.from}>${edge.to}`
  const tone = (edge: PolicyGraphEdge): string =>
    chosen === undefined ? '' : edge.from === chosen || edge.to === chosen ? ' strong' : ' dimmed'
  layer('edges')
    .selectAll<SVGPathElement, PolicyGraphEdge>('path')
    .data(edges, keyOf)
    .join('path')
    .attr('class', edge => `edge ${edge.verdict}${tone(edge)}`)
    .attr('d', edge => paths.get(keyOf(edge)) ?? '')
  layer('arrows')
    .selectAll<SVGPathElement, PolicyGraphEdge>('path')
    .data(edges, keyOf)
    .join('path')
    .attr('class', edge => `arrow ${edge.verdict}${tone(edge)}`)
    .attr('d', 'M0,0L-11,-4.5L-11,4.5Z')
    .attr('transform', edge => arrowPlace(paths.get(keyOf(edge)) ?? ''))
  const band = arc<PolicyGraphLayout['arcs'][number]>()
    .innerRadius(radius + 9)
    .outerRadius(radius + 11)
    .startAngle(one => one.from)
    .endAngle(one => one.to)
  layer('arcs')
    .attr('transform', `translate(${centre.x},${centre.y})`)
    .selectAll('path')
    .data(layout.arcs)
    .join('path')
    .attr('class', 'arc')
    .attr('d', one => band(one) ?? '')
  const places = new Map(layout.nodes.map(node => [node.id, node]))
  const drawn = layer('nodes')
    .selectAll<SVGGElement, PolicyGraphNode>('g.node')
    .data(nodes, node => node.id)
    .join(enter => {
      const node = enter.append('g')
      node.append('circle').attr('class', 'ring').attr('r', 10)
      node.append('circle').attr('class', 'dot').attr('r', 6)
      node.append('circle').attr('class', 'hit').attr('r', 13).attr('tabindex', '-1').attr('role', 'button')
      node.append('text').attr('aria-hidden', 'true')
      node.append('title')
      return node
    })
    .attr(
      'class',
      node =>
        `node${node.restricted ? ' restricted' : ''}${node.limited ? ' limited' : ''}${node.id === chosen ? ' chosen' : ''}`,
    )
    .attr('transform', node => `translate(${places.get(node.id)?.x ?? 0},${places.get(node.id)?.y ?? 0})`)
  drawn
    .select('circle.hit')
    .attr('data-stop', node => node.id)
    .attr('aria-pressed', node => (node.id === chosen ? 'true' : 'false'))
    .attr('aria-label', node => nodeStory(node))
    .on('click', (_, node) => choose(node.id))
  drawn.select('title').text(node => nodeStory(node))
  drawn
    .select('text')
    .on('click', (_, node) => choose(node.id))
    .attr('text-anchor', node => (isLeft(places.get(node.id)?.angle) ? 'end' : 'start'))
    .attr('transform', node => {
      const angle = places.get(node.id)?.angle ?? 0
      const turned = (angle * 180) / Math.PI - 90
      return isLeft(angle)
        ? `rotate(${turned + 180}) translate(${-CIRCLE_SIZES.labelGap},4)`
        : `rotate(${turned}) translate(${CIRCLE_SIZES.labelGap},4)`
    })
    .text(node => fitText(node.label, CIRCLE_SIZES.letters, 'middle'))
}

/** What is known of a node, for those who do not see the picture. */
function nodeStory({ title, restricted, limited }: PolicyGraphNode): string {
  return `${title}: ${restricted ? 'not everybody may reach it' : 'open to all'}${limited ? ', and it may not reach everybody' : ''}`
}

function isLeft(angle = 0): boolean {
  return angle > Math.PI
}

/** At the end of the curve, along its last handle, before the circle of the node. */
function arrowPlace(path: string): string {
  const numbers = [...path.matchAll(/-?[\d.]+/g)].map(Number)
  const [hx = 0, hy = 0, x = 0, y = 0] = numbers.slice(-4)
  const angle = Math.atan2(y - hy, x - hx)
  const degrees = (angle * 180) / Math.PI
  return `translate(${x - 8 * Math.cos(angle)},${y - 8 * Math.sin(angle)}) rotate(${degrees})`
}

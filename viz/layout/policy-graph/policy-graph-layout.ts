import { textColumns } from '../fit-text.ts'

/** A namespace or workload on the circle. */
export interface CircleNode {
  readonly id: string
  readonly label: string
  /** Neighbours of one group stand together, and their edges are bundled. */
  readonly group: string
}

export interface CircleEdge {
  readonly from: string
  readonly to: string
}

export interface CircleSizes {
  /** Room between nodes on the circle, and in addition between groups. */
  readonly nodeGap: number
  readonly groupGap: number
  /** The least radius of the circle. */
  readonly leastRadius: number
  /** Width of a letter of a label, and most letters that a label may have. */
  readonly letter: number
  readonly letters: number
  readonly margin: number
}

export const CIRCLE_SIZES: CircleSizes = {
  nodeGap: 26,
  groupGap: 22,
  leastRadius: 150,
  letter: 7,
  letters: 28,
  margin: 14,
}

export interface PlacedCircleNode extends CircleNode {
  readonly x: number
  readonly y: number
  /** Where it stands, in radians clockwise from the top. */
  readonly angle: number
}

/** A run of nodes of one group on the circle. */
export interface CircleArc {
  readonly group: string
  readonly from: number
  readonly to: number
}

export interface PlacedCircleEdge extends CircleEdge {
  readonly path: string
}

export interface PolicyGraphLayout {
  readonly width: number
  readonly height: number
  readonly centre: { readonly x: number; readonly y: number }
  readonly radius: number
  readonly nodes: readonly PlacedCircleNode[]
  readonly arcs: readonly CircleArc[]
  readonly edges: readonly PlacedCircleEdge[]
}

/**
 * Nodes on a circle, those of a group together, in the order given. Edges bend towards the middle of their groups and of the circle, so
 * that those between the same two groups run as one bundle (Holten 2006). The circle grows with the number of nodes.
 */
export function layoutPolicyGraph(
  nodes: readonly CircleNode[],
  edges: readonly CircleEdge[],
  sizes: CircleSizes = CIRCLE_SIZES,
): PolicyGraphLayout {
  const groups = [...new Set(nodes.map(node => node.group))]
  const ordered = groups.flatMap(group => nodes.filter(node => node.group === group))
  const around = ordered.length * sizes.nodeGap + groups.length * sizes.groupGap
  const radius = Math.max(sizes.leastRadius, around / (2 * Math.PI))
  const longest = Math.min(sizes.letters, Math.max(4, ...nodes.map(node => textColumns(node.label))))
  const reach = radius + 16 + longest * sizes.letter + sizes.margin
  const centre = { x: reach, y: radius + 56 + sizes.margin }
  const step = (2 * Math.PI) / Math.max(1, around)
  const placed = new Map<string, PlacedCircleNode>()
  const arcs: CircleArc[] = []
  let at = 0
  for (const [i, node] of ordered.entries()) {
    if (i > 0 && ordered[i - 1]?.group !== node.group) at += sizes.groupGap
    const angle = (at + sizes.nodeGap / 2) * step
    const arc = arcs.at(-1)
    const [from, to] = [at * step, (at + sizes.nodeGap) * step]
    if (arc?.group === node.group) arcs[arcs.length - 1] = { ...arc, to }
    else arcs.push({ group: node.group, from, to })
    placed.set(node.id, { ...node, ...onCircle(centre, radius, angle), angle })
    at += sizes.nodeGap
  }
  const middles = new Map(arcs.map(({ group, from, to }) => [group, onCircle(centre, radius * 0.45, (from + to) / 2)]))
  return {
    width: 2 * reach,
    height: 2 * centre.y,
    centre,
    radius,
    nodes: ordered.flatMap(node => placed.get(node.id) ?? []),
    arcs,
    edges: edges.flatMap(edge => {
      const [from, to] = [placed.get(edge.from), placed.get(edge.to)]
      if (from === undefined || to === undefined || from === to) return []
      return [{ ...edge, path: bundled(from, to, middles.get(from.group), middles.get(to.group)) }]
    }),
  }
}

type Point = { readonly x: number; readonly y: number }

function onCircle(centre: Point, radius: number, angle: number): Point {
  return { x: round(centre.x + radius * Math.sin(angle)), y: round(centre.y - radius * Math.cos(angle)) }
}

/** A cubic curve whose handles are the middles of the two groups: within one group it bends in, between two it joins their bundle. */
function bundled(from: Point, to: Point, a: Point = from, b: Point = to): string {
  return `M${from.x},${from.y}C${a.x},${a.y} ${b.x},${b.y} ${to.x},${to.y}`
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}

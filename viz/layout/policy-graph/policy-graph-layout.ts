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
  /** Between the circle and the names. */
  readonly labelGap: number
  readonly margin: number
}

export const CIRCLE_SIZES: CircleSizes = {
  nodeGap: 26,
  groupGap: 22,
  leastRadius: 150,
  letter: 7,
  letters: 28,
  labelGap: 18,
  margin: 22,
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
  const step = (2 * Math.PI) / Math.max(1, around)
  const angles = new Map<string, number>()
  const arcs: CircleArc[] = []
  let at = 0
  for (const [i, node] of ordered.entries()) {
    if (i > 0 && ordered[i - 1]?.group !== node.group) at += sizes.groupGap
    const angle = (at + sizes.nodeGap / 2) * step
    const arc = arcs.at(-1)
    const [from, to] = [at * step, (at + sizes.nodeGap) * step]
    if (arc?.group === node.group) arcs[arcs.length - 1] = { ...arc, to }
    else arcs.push({ group: node.group, from, to })
    angles.set(node.id, angle)
    at += sizes.nodeGap
  }
  const room = roomAround(ordered, angles, radius, sizes)
  const centre = { x: room.left, y: room.top }
  const placed = new Map(
    ordered.map(node => {
      const angle = angles.get(node.id) ?? 0
      return [node.id, { ...node, ...onCircle(centre, radius, angle), angle }] as const
    }),
  )
  const middles = new Map(arcs.map(({ group, from, to }) => [group, onCircle(centre, radius * 0.45, (from + to) / 2)]))
  return {
    width: room.left + room.right,
    height: room.top + room.bottom,
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

/** How far names reach from the centre to each side. */
function roomAround(
  nodes: readonly CircleNode[],
  angles: ReadonlyMap<string, number>,
  radius: number,
  sizes: CircleSizes,
) {
  const room = { left: radius, right: radius, top: radius, bottom: radius }
  for (const node of nodes) {
    const columns = Math.min(sizes.letters, textColumns(node.label))
    const end = onCircle({ x: 0, y: 0 }, radius + sizes.labelGap + columns * sizes.letter, angles.get(node.id) ?? 0)
    room.left = Math.max(room.left, -end.x)
    room.right = Math.max(room.right, end.x)
    room.top = Math.max(room.top, -end.y)
    room.bottom = Math.max(room.bottom, end.y)
  }
  const { margin } = sizes
  return { left: room.left + margin, right: room.right + margin, top: room.top + margin, bottom: room.bottom + margin }
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

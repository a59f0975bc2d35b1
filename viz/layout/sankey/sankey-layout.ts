import type { Box } from '../geometry.ts'

export interface SankeyNode {
  readonly id: string
  readonly column: 0 | 1 | 2
}

export interface SankeyLink {
  readonly from: string
  readonly to: string
  /** What flows, in any unit, from 0; less than a billionth is nothing. */
  readonly value: number
}

export interface SankeySizes {
  readonly width: number
  readonly nodeWidth: number
  /** Room for two lines of text beside the smallest node. */
  readonly leastHeight: number
  readonly gap: number
  /** Pixels for the sum of a column. */
  readonly flowHeight: number
  readonly margin: number
  /** Room on the left of the first column and on the right of the last one, for labels. */
  readonly labelLeft: number
  readonly labelRight: number
}

export interface PlacedSankeyNode extends Box {
  readonly id: string
  readonly column: 0 | 1 | 2
  readonly value: number
}

export interface PlacedSankeyLink extends SankeyLink {
  /** The middle line of the band, and its width in pixels. */
  readonly path: string
  readonly thickness: number
}

export interface SankeyLayout {
  readonly width: number
  readonly height: number
  readonly nodes: readonly PlacedSankeyNode[]
  readonly links: readonly PlacedSankeyLink[]
}

const LEAST = 1e-9

/**
 * Three columns and bands between them, as thick as what flows. Nodes stand in the order given; a node is as high as the larger of what
 * comes in and what goes out, and at least as high as its label. One scale for all bands, so thicknesses can be compared. Links lead to
 * a later column; others are left out.
 */
export function layoutSankey(
  nodes: readonly SankeyNode[],
  links: readonly SankeyLink[],
  sizes: SankeySizes,
): SankeyLayout {
  const columnOf = new Map(nodes.map(node => [node.id, node.column]))
  const valid = links.filter(
    link => (columnOf.get(link.from) ?? 9) < (columnOf.get(link.to) ?? -1) && link.value >= LEAST,
  )
  const values = new Map(nodes.map(({ id }) => [id, flowOf(id, valid)]))
  const columns = ([0, 1, 2] as const).map(column => nodes.filter(node => node.column === column))
  const largest = Math.max(0, ...columns.map(column => column.reduce((sum, { id }) => sum + (values.get(id) ?? 0), 0)))
  const scale = largest === 0 ? 0 : sizes.flowHeight / largest
  const heightOf = (id: string): number => Math.max(sizes.leastHeight, (values.get(id) ?? 0) * scale)
  const tall = columns.map(column => column.reduce((sum, { id }) => sum + heightOf(id) + sizes.gap, -sizes.gap))
  const height = Math.max(0, ...tall)
  const inner = sizes.width - sizes.labelLeft - sizes.labelRight - sizes.nodeWidth
  const placed = new Map<string, PlacedSankeyNode>()
  for (const [at, column] of columns.entries()) {
    let y = sizes.margin + (height - Math.max(0, tall[at] ?? 0)) / 2
    for (const node of column) {
      const box = { x: sizes.labelLeft + (inner * at) / 2, y, width: sizes.nodeWidth, height: heightOf(node.id) }
      placed.set(node.id, { ...node, ...box, value: values.get(node.id) ?? 0 })
      y += box.height + sizes.gap
    }
  }
  return {
    width: sizes.width,
    height: height + 2 * sizes.margin,
    nodes: nodes.flatMap(node => placed.get(node.id) ?? []),
    links: placeLinks(nodes, valid, placed, scale),
  }
}

/** Bands leave a node in the order of where they go, and arrive in the order of where they come from: so they cross as little as they can. */
function placeLinks(
  nodes: readonly SankeyNode[],
  links: readonly SankeyLink[],
  placed: ReadonlyMap<string, PlacedSankeyNode>,
  scale: number,
): readonly PlacedSankeyLink[] {
  const place = new Map(nodes.map((node, at) => [node.id, at]))
  const by = (end: 'from' | 'to') => (a: SankeyLink, b: SankeyLink) =>
    (place.get(a[end]) ?? 0) - (place.get(b[end]) ?? 0)
  const starts = stack(links.toSorted(by('to')), 'from', placed, scale)
  const ends = stack(links.toSorted(by('from')), 'to', placed, scale)
  return links.flatMap(link => {
    const [from, to, y0, y1] = [placed.get(link.from), placed.get(link.to), starts.get(link), ends.get(link)]
    if (from === undefined || to === undefined || y0 === undefined || y1 === undefined) return []
    const [x0, x1] = [from.x + from.width, to.x]
    const middle = (x0 + x1) / 2
    const path = `M${x0},${y0}C${middle},${y0} ${middle},${y1} ${x1},${y1}`
    return [{ ...link, path, thickness: link.value * scale }]
  })
}

/** The middle of each band at one of its ends: the bands of a node lie one below the other, in the middle of its height. */
function stack(
  links: readonly SankeyLink[],
  end: 'from' | 'to',
  placed: ReadonlyMap<string, PlacedSankeyNode>,
  scale: number,
): ReadonlyMap<SankeyLink, number> {
  const used = new Map<string, number>()
  const sums = new Map<string, number>()
  for (const link of links) sums.set(link[end], (sums.get(link[end]) ?? 0) + link.value * scale)
  const middles = new Map<SankeyLink, number>()
  for (const link of links) {
    const node = placed.get(link[end])
    if (node === undefined) continue
    const before = used.get(link[end]) ?? 0
    const top = node.y + (node.height - (sums.get(link[end]) ?? 0)) / 2
    middles.set(link, top + before + (link.value * scale) / 2)
    used.set(link[end], before + link.value * scale)
  }
  return middles
}

function flowOf(id: string, links: readonly SankeyLink[]): number {
  let [into, out] = [0, 0]
  for (const link of links) {
    if (link.to === id) into += link.value
    if (link.from === id) out += link.value
  }
  return Math.max(into, out)
}

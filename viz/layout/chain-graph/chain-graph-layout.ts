import type { Box } from '../geometry.ts'
import { chainRanks } from './chain-ranks.ts'
import type { ChainSpec, JumpSpec } from './chain-spec.ts'

export interface ChainGraphSizes {
  /** Width of hooks, and of chains. */
  readonly rootWidth: number
  readonly chainWidth: number
  /** Room between columns, in which jumps are drawn, and between the boxes of a column. */
  readonly columnGap: number
  readonly rowGap: number
  readonly titleHeight: number
  readonly rowHeight: number
  readonly margin: number
}

export const CHAIN_GRAPH_SIZES: ChainGraphSizes = {
  rootWidth: 150,
  chainWidth: 330,
  columnGap: 84,
  rowGap: 16,
  titleHeight: 28,
  rowHeight: 19,
  margin: 16,
}

export interface PlacedChain extends Box {
  readonly id: string
  readonly rank: number
}

export interface PlacedJump extends JumpSpec {
  /** A curve from the row's right end to the title of the target, as the `d` of an SVG path. */
  readonly path: string
}

export interface ChainGraphLayout {
  readonly width: number
  readonly height: number
  readonly chains: readonly PlacedChain[]
  readonly jumps: readonly PlacedJump[]
}

/**
 * Places chains in columns from left to right. Within a column a chain stands at the height of the first row that leads to it, or below
 * the one before. A function of its input alone; a chain that is added and that nobody jumps to moves no other.
 */
export function layoutChainGraph(
  chains: readonly ChainSpec[],
  jumps: readonly JumpSpec[],
  sizes: ChainGraphSizes = CHAIN_GRAPH_SIZES,
): ChainGraphLayout {
  const hasRoots = chains.some(chain => chain.root)
  const ranks = chainRanks(chains, jumps)
  const placed = new Map<string, PlacedChain>()
  const callers = callersOf(jumps)
  for (const column of columnsOf(chains, ranks)) {
    let free = sizes.margin
    for (const { chain, wish } of inOrder(column, chain => wishOf(callers.get(chain.id) ?? [], placed, sizes))) {
      const rank = ranks.get(chain.id) ?? 0
      const y = Math.max(free, wish ?? free)
      const height = sizes.titleHeight + chain.rows * sizes.rowHeight
      const width = chain.root ? sizes.rootWidth : sizes.chainWidth
      placed.set(chain.id, { id: chain.id, rank, x: columnLeft(rank, hasRoots, sizes), y, width, height })
      free = y + height + sizes.rowGap
    }
  }
  const all = chains.flatMap(chain => placed.get(chain.id) ?? [])
  return {
    chains: all,
    jumps: jumps.flatMap(jump => {
      const [from, to] = [placed.get(jump.from), placed.get(jump.to)]
      return from === undefined || to === undefined ? [] : [{ ...jump, path: curve(from, jump.row, to, sizes) }]
    }),
    width: Math.max(0, ...all.map(box => box.x + box.width)) + sizes.margin,
    height: Math.max(0, ...all.map(box => box.y + box.height)) + sizes.margin,
  }
}

function columnsOf(chains: readonly ChainSpec[], ranks: ReadonlyMap<string, number>): ChainSpec[][] {
  const columns: ChainSpec[][] = Array.from({ length: Math.max(-1, ...ranks.values()) + 1 }, () => [])
  for (const chain of chains) columns[ranks.get(chain.id) ?? 0]?.push(chain)
  return columns
}

/** Chains wish to stand where they are called; what nobody calls comes last, and what wishes the same in the order given. */
function inOrder(column: readonly ChainSpec[], wishFor: (chain: ChainSpec) => number | undefined) {
  return column
    .map((chain, place) => ({ chain, place, wish: wishFor(chain) }))
    .sort((a, b) => order(a.wish) - order(b.wish) || a.place - b.place)
}

function order(wish: number | undefined): number {
  return wish ?? Number.MAX_VALUE
}

function wishOf(
  calls: readonly JumpSpec[],
  placed: ReadonlyMap<string, PlacedChain>,
  sizes: ChainGraphSizes,
): number | undefined {
  const heights = calls.flatMap(({ from, row }) => {
    const caller = placed.get(from)
    return caller === undefined ? [] : [rowMiddle(caller, row, sizes) - sizes.titleHeight / 2]
  })
  return heights.length === 0 ? undefined : Math.min(...heights)
}

function callersOf(jumps: readonly JumpSpec[]): ReadonlyMap<string, readonly JumpSpec[]> {
  const callers = new Map<string, JumpSpec[]>()
  for (const jump of jumps) {
    const list = callers.get(jump.to)
    if (list === undefined) callers.set(jump.to, [jump])
    else list.push(jump)
  }
  return callers
}

function columnLeft(rank: number, hasRoots: boolean, sizes: ChainGraphSizes): number {
  const first = hasRoots ? sizes.rootWidth : sizes.chainWidth
  return sizes.margin + (rank === 0 ? 0 : first + sizes.columnGap + (rank - 1) * (sizes.chainWidth + sizes.columnGap))
}

function rowMiddle(box: Box, row: number, sizes: ChainGraphSizes): number {
  return box.y + sizes.titleHeight + (row + 0.5) * sizes.rowHeight
}

function curve(from: Box, row: number, to: Box, sizes: ChainGraphSizes): string {
  const [x0, y0] = [from.x + from.width, rowMiddle(from, row, sizes)]
  const [x1, y1] = [to.x, to.y + sizes.titleHeight / 2]
  const bend = Math.max(24, Math.min(sizes.columnGap * 0.6, Math.abs(x1 - x0) / 2))
  return `M${x0},${y0}C${x0 + bend},${y0} ${x1 - bend},${y1} ${x1},${y1}`
}

import type { Box } from '../geometry.ts'

/** What the ladder needs of a query of a lookup. */
export interface LadderQuery {
  readonly seq: number
  /** Queries of one step leave at once. */
  readonly step: number
  readonly name: string
  readonly type: string
  readonly server: string
  readonly outcome: string
  /** `pod kube-system/coredns-…`; absent when nobody answered. */
  readonly by?: string
  readonly why: readonly string[]
  readonly leakedTo: readonly string[]
}

export interface LadderSizes {
  readonly width: number
  /** Most width of the lane of who asks. */
  readonly askerWidth: number
  readonly laneHead: number
  /** Height of a query: its name, the arrow there and the arrow back. */
  readonly queryHeight: number
  readonly noteHeight: number
  readonly stepGap: number
  readonly margin: number
}

export const LADDER_SIZES: LadderSizes = {
  width: 960,
  askerWidth: 190,
  laneHead: 44,
  queryHeight: 52,
  noteHeight: 18,
  stepGap: 20,
  margin: 16,
}

export interface LadderLane {
  readonly id: string
  readonly kind: 'asker' | 'server' | 'outside'
  /** The middle of the lifeline. */
  readonly x: number
  /** What its name may use. */
  readonly head: Box
}

export interface LadderArrow {
  readonly query: number
  readonly kind: 'asks' | 'answers' | 'no-answer' | 'leaks'
  readonly from: string
  readonly to: string
  readonly x0: number
  readonly x1: number
  readonly y: number
}

/** The place of one query with all its arrows and notes. */
export interface LadderRow extends Box {
  readonly query: number
  readonly step: number
  /** Baselines of the name above the arrows, of the outcome, and of each note below. */
  readonly nameY: number
  readonly outcomeY: number
  readonly noteYs: readonly number[]
}

export interface DnsLadder {
  readonly width: number
  readonly height: number
  readonly lanes: readonly LadderLane[]
  readonly rows: readonly LadderRow[]
  readonly arrows: readonly LadderArrow[]
  /** Where a step begins: the queries below leave at once. */
  readonly steps: readonly { readonly step: number; readonly y: number }[]
}

/**
 * A lookup's queries from top to bottom: who asks on the left, who answered in the middle, servers outside the cluster on the right, each
 * in the order in which the lookup meets them. A query that more servers see than that has an arrow for each.
 */
export function layoutDnsLadder(
  asker: string,
  queries: readonly LadderQuery[],
  sizes: LadderSizes = LADDER_SIZES,
): DnsLadder {
  const lanes = placeLanes(asker, queries, sizes)
  const xOf = new Map(lanes.map(lane => [lane.id, lane.x]))
  const rows: LadderRow[] = []
  const arrows: LadderArrow[] = []
  const steps: { step: number; y: number }[] = []
  let y = sizes.margin + sizes.laneHead
  for (const query of queries) {
    if (steps.at(-1)?.step !== query.step) {
      steps.push({ step: query.step, y })
      y += sizes.stepGap
    }
    const row = placeRow(query, y, sizes)
    rows.push(row)
    const draw = (kind: LadderArrow['kind'], from: string, to: string, at: number): void => {
      const [x0, x1] = [xOf.get(from), xOf.get(to)]
      if (x0 !== undefined && x1 !== undefined) arrows.push({ query: query.seq, kind, from, to, x0, x1, y: at })
    }
    const server = serverOf(query)
    draw('asks', asker, server, row.nameY + 6)
    for (const outside of query.leakedTo) draw('leaks', server, outside, row.nameY + 12)
    draw(query.by === undefined ? 'no-answer' : 'answers', server, asker, row.outcomeY + 6)
    y += row.height
  }
  return { width: sizes.width, height: y + sizes.margin, lanes, rows, arrows, steps }
}

/** Who answered; else the address that was asked. */
function serverOf(query: LadderQuery): string {
  return query.by ?? query.server
}

function placeRow(query: LadderQuery, y: number, sizes: LadderSizes): LadderRow {
  const nameY = y + 14
  const outcomeY = nameY + 24
  const noteYs = query.why.map((_, i) => y + sizes.queryHeight + (i + 0.7) * sizes.noteHeight)
  const height = sizes.queryHeight + query.why.length * sizes.noteHeight + 6
  const box = { x: sizes.margin, y, width: sizes.width - 2 * sizes.margin, height }
  return { ...box, query: query.seq, step: query.step, nameY, outcomeY, noteYs }
}

function placeLanes(asker: string, queries: readonly LadderQuery[], sizes: LadderSizes): LadderLane[] {
  const servers = [...new Set(queries.map(serverOf))].filter(id => id !== asker)
  const outside = [...new Set(queries.flatMap(query => query.leakedTo))].filter(
    id => id !== asker && !servers.includes(id),
  )
  const all = [
    { id: asker, kind: 'asker' as const },
    ...servers.map(id => ({ id, kind: 'server' as const })),
    ...outside.map(id => ({ id, kind: 'outside' as const })),
  ]
  const inner = sizes.width - 2 * sizes.margin
  // Who asks stands far to the left, so that there is room for the names beside its lifeline.
  const first = Math.min(inner / all.length, sizes.askerWidth)
  const room = (inner - first) / Math.max(1, all.length - 1)
  return all.map((lane, i) => {
    const [left, width] = i === 0 ? [sizes.margin, first] : [sizes.margin + first + (i - 1) * room, room]
    const head = { x: left + 4, y: sizes.margin, width: width - 8, height: sizes.laneHead - 8 }
    return { ...lane, x: left + width / 2, head }
  })
}

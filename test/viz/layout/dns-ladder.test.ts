import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inside, type LadderQuery, layoutDnsLadder, overlap } from '../../../viz/layout/index.ts'

const server = fc.constantFrom('pod kube-system/coredns-a', 'pod kube-system/coredns-b')
const queries = fc
  .array(
    fc.record({
      together: fc.boolean(),
      by: fc.option(server, { nil: undefined }),
      why: fc.array(fc.constantFrom('kubernetes: no such name', 'forward: asked outside'), { maxLength: 3 }),
      leakedTo: fc.uniqueArray(fc.constantFrom('192.0.2.53', '192.0.2.54'), { maxLength: 2 }),
    }),
    { maxLength: 20 },
  )
  .map(list => {
    let step = 0
    return list.map(({ together, by, why, leakedTo }, i): LadderQuery => {
      if (!together || step === 0) step++
      const answer = by === undefined ? { outcome: 'timeout' } : { outcome: 'NOERROR', by }
      return { seq: i + 1, step, name: 'web.', type: 'A', server: '10.96.0.10', why, leakedTo, ...answer }
    })
  })

describe('the ladder of a lookup', () => {
  it('has who asks on the left, who answers in the middle, the outside on the right', () => {
    const { lanes, arrows } = layoutDnsLadder('pod/client', [
      {
        seq: 1,
        step: 1,
        name: 'example.com.',
        type: 'A',
        server: '10.96.0.10',
        outcome: 'NXDOMAIN',
        by: 'pod kube-system/coredns-a',
        why: [],
        leakedTo: ['192.0.2.53'],
      },
    ])
    expect(lanes.map(lane => [lane.kind, lane.id])).toEqual([
      ['asker', 'pod/client'],
      ['server', 'pod kube-system/coredns-a'],
      ['outside', '192.0.2.53'],
    ])
    expect(arrows.map(({ kind, from, to }) => [kind, from, to])).toEqual([
      ['asks', 'pod/client', 'pod kube-system/coredns-a'],
      ['leaks', 'pod kube-system/coredns-a', '192.0.2.53'],
      ['answers', 'pod kube-system/coredns-a', 'pod/client'],
    ])
  })

  it('ends a query that nobody answers at the address that was asked', () => {
    const query = {
      seq: 1,
      step: 1,
      name: 'web.',
      type: 'A',
      server: '10.96.0.10',
      outcome: 'timeout',
      why: [],
      leakedTo: [],
    }
    const { arrows } = layoutDnsLadder('pod/client', [query])
    expect(arrows.map(({ kind, to }) => [kind, to])).toEqual([
      ['asks', '10.96.0.10'],
      ['no-answer', 'pod/client'],
    ])
  })

  it('lets no query overlap another, and keeps lines and lanes inside', () => {
    fc.assert(
      fc.property(queries, list => {
        const { rows, arrows, lanes, steps, width, height } = layoutDnsLadder('pod/client', list)
        expect(rows.map(row => row.query)).toEqual(list.map(query => query.seq))
        expect(steps).toHaveLength(new Set(list.map(query => query.step)).size)
        for (const [i, row] of rows.entries()) {
          expect(inside(row, width, height)).toBe(true)
          for (const other of rows.slice(i + 1)) expect(overlap(row, other)).toBe(false)
          for (const note of row.noteYs) expect(note).toBeLessThan(row.y + row.height)
        }
        for (const [i, lane] of lanes.entries()) {
          expect(inside(lane.head, width, height)).toBe(true)
          for (const other of lanes.slice(i + 1)) expect(overlap(lane.head, other.head)).toBe(false)
        }
        const heights = new Map(rows.map(row => [row.query, row]))
        for (const { query, y } of arrows) {
          const row = heights.get(query)
          expect(y).toBeGreaterThan(row?.y ?? Infinity)
          expect(y).toBeLessThan((row?.y ?? 0) + (row?.height ?? 0))
        }
      }),
    )
  })

  it('does not move a query when others follow', () => {
    fc.assert(
      fc.property(queries, list => {
        const part = list.slice(0, Math.ceil(list.length / 2))
        const all = layoutDnsLadder('pod/client', list)
        expect(all.rows.slice(0, part.length)).toEqual(layoutDnsLadder('pod/client', part).rows)
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type ChainSpec,
  foldRows,
  inside,
  type JumpSpec,
  layoutChainGraph,
  neighbourhood,
  overlap,
} from '../../../viz/layout/index.ts'

/** Chains `c0`, `c1`, … of which each jumps to later ones only, as the kernel wants it. */
const graphs = fc
  .array(fc.record({ rows: fc.nat(6), root: fc.boolean() }), { minLength: 1, maxLength: 30 })
  .chain(specs => {
    const chains: ChainSpec[] = specs.map((spec, i) => ({
      id: `c${i}`,
      rows: spec.rows + 1,
      root: i === 0 || spec.root,
    }))
    const jump = fc.record({ from: fc.nat(specs.length - 1), row: fc.nat(6), to: fc.nat(specs.length - 1) })
    return fc.array(jump, { maxLength: 60 }).map(list => ({
      chains,
      jumps: list
        .filter(({ from, to }) => from < to && chains[to]?.root !== true)
        .map(
          ({ from, row, to }): JumpSpec => ({
            from: `c${from}`,
            row: Math.min(row, (chains[from]?.rows ?? 1) - 1),
            to: `c${to}`,
          }),
        ),
    }))
  })

describe('the graph of chains', () => {
  it('puts a chain right of every chain that jumps to it', () => {
    const chains = ['PREROUTING', 'KUBE-SERVICES', 'KUBE-SVC', 'KUBE-SEP', 'KUBE-MARK-MASQ'].map(id => ({
      id,
      rows: 2,
    }))
    const jumps = [
      ['PREROUTING', 'KUBE-SERVICES'],
      ['KUBE-SERVICES', 'KUBE-SVC'],
      ['KUBE-SVC', 'KUBE-SEP'],
      ['KUBE-SVC', 'KUBE-MARK-MASQ'],
      ['KUBE-SEP', 'KUBE-MARK-MASQ'],
    ].map(([from = '', to = '']) => ({ from, row: 0, to }))
    const layout = layoutChainGraph(chains, jumps)
    expect(Object.fromEntries(layout.chains.map(({ id, rank }) => [id, rank]))).toEqual({
      PREROUTING: 0,
      'KUBE-SERVICES': 1,
      'KUBE-SVC': 2,
      'KUBE-SEP': 3,
      'KUBE-MARK-MASQ': 4,
    })
  })

  it('draws a loop of a broken dump all the same', () => {
    const chains = ['a', 'b', 'c'].map(id => ({ id, rows: 1 }))
    const jumps = [
      { from: 'a', row: 0, to: 'b' },
      { from: 'b', row: 0, to: 'a' },
      { from: 'b', row: 0, to: 'b' },
      { from: 'b', row: 0, to: 'c' },
    ]
    const layout = layoutChainGraph(chains, jumps)
    expect(layout.chains).toHaveLength(3)
    expect(layout.jumps).toHaveLength(4)
  })

  it('has no boxes for no chains', () => {
    expect(layoutChainGraph([], []).chains).toEqual([])
  })

  it('lets no box overlap another or leave the picture, and leads every jump to the right', () => {
    fc.assert(
      fc.property(graphs, ({ chains, jumps }) => {
        const { chains: boxes, width, height } = layoutChainGraph(chains, jumps)
        expect(boxes.map(box => box.id)).toEqual(chains.map(chain => chain.id))
        for (const [i, a] of boxes.entries()) {
          expect(inside(a, width, height)).toBe(true)
          for (const b of boxes.slice(i + 1)) expect(overlap(a, b)).toBe(false)
        }
        const byId = new Map(boxes.map(box => [box.id, box]))
        for (const { from, to } of jumps) {
          const [a, b] = [byId.get(from), byId.get(to)]
          expect((a?.x ?? 0) + (a?.width ?? 0)).toBeLessThan(b?.x ?? 0)
        }
      }),
    )
  })

  it('moves nothing when a chain is added that nobody jumps to', () => {
    fc.assert(
      fc.property(graphs, fc.nat(9), ({ chains, jumps }, rows) => {
        const before = layoutChainGraph(chains, jumps)
        const after = layoutChainGraph([...chains, { id: 'unrelated', rows }], jumps)
        expect(after.chains.filter(box => box.id !== 'unrelated')).toEqual(before.chains)
        expect(after.jumps).toEqual(before.jumps)
      }),
    )
  })
})

describe('the rows of a long chain', () => {
  it.each([
    { count: 3, keep: [], limit: 5, rows: ['0', '1', '2'] },
    { count: 9, keep: [], limit: 4, rows: ['0', '1', '2', '6 hidden from 3'] },
    { count: 9, keep: [7], limit: 4, rows: ['0', '1', '5 hidden from 2', '7', '1 hidden from 8'] },
    { count: 0, keep: [4], limit: 4, rows: [] },
  ])('$count rules, $keep kept, limit $limit', ({ count, keep, limit, rows }) => {
    const folded = foldRows(count, new Set(keep), limit)
    expect(folded.map(row => ('rule' in row ? `${row.rule}` : `${row.hidden} hidden from ${row.from}`))).toEqual(rows)
  })

  it('tell of every rule once and in order, and show what is to be kept', () => {
    fc.assert(
      fc.property(fc.nat(60), fc.array(fc.nat(70)), fc.integer({ min: 2, max: 20 }), (count, keep, limit) => {
        const rows = foldRows(count, new Set(keep), limit)
        const all = rows.flatMap(row =>
          'rule' in row ? [row.rule] : Array.from({ length: row.hidden }, (_, i) => row.from + i),
        )
        expect(all).toEqual(Array.from({ length: count }, (_, i) => i))
        const shown = new Set(rows.flatMap(row => ('rule' in row ? [row.rule] : [])))
        const kept = new Set(keep.filter(rule => rule < count))
        for (const rule of kept) expect(shown.has(rule)).toBe(true)
        expect(shown.size).toBeLessThanOrEqual(Math.max(limit, kept.size))
      }),
    )
  })
})

describe('the neighbourhood of chains', () => {
  it('has the way there before anything else', () => {
    const chains = ['hook', 'services', 'svc-1', 'svc-2', 'sep-1'].map(id => ({ id, rows: 1 }))
    const jumps = [
      ['hook', 'services'],
      ['services', 'svc-1'],
      ['services', 'svc-2'],
      ['svc-1', 'sep-1'],
    ].map(([from = '', to = '']) => ({ from, row: 0, to }))
    expect([...neighbourhood(chains, jumps, ['svc-2'], 3)]).toEqual(['svc-2', 'services', 'hook'])
    expect([...neighbourhood(chains, jumps, ['svc-2'], 4)]).toContain('svc-1')
    expect([...neighbourhood(chains, jumps, ['nothing'], 4)]).toEqual([])
  })

  it('is never larger than its limit, and has the centres as far as they fit', () => {
    fc.assert(
      fc.property(graphs, fc.integer({ min: 1, max: 12 }), fc.nat(29), ({ chains, jumps }, limit, centre) => {
        const id = `c${centre % chains.length}`
        const found = neighbourhood(chains, jumps, [id], limit)
        expect(found.size).toBeLessThanOrEqual(limit)
        expect(found.has(id)).toBe(true)
      }),
    )
  })
})

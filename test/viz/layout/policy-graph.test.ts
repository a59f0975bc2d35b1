import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CIRCLE_SIZES, type CircleNode, layoutPolicyGraph } from '../../../viz/layout/index.ts'

const graphs = fc
  .array(fc.record({ group: fc.constantFrom('a', 'b', 'c', 'd'), letters: fc.integer({ min: 1, max: 40 }) }), {
    minLength: 1,
    maxLength: 40,
  })
  .chain(list => {
    const nodes = list.map(({ group, letters }, i): CircleNode => ({ id: `${i}`, label: 'x'.repeat(letters), group }))
    const end = fc.nat(nodes.length - 1).map(String)
    return fc.array(fc.record({ from: end, to: end }), { maxLength: 40 }).map(edges => ({ nodes, edges }))
  })

describe('the graph of policies', () => {
  it('starts at the top and goes clockwise, each group in one run', () => {
    const nodes = ['a', 'b', 'a'].map((group, i) => ({ id: `${i}`, label: 'web', group }))
    const { nodes: placed, arcs } = layoutPolicyGraph(nodes, [])
    expect(placed.map(node => node.id)).toEqual(['0', '2', '1'])
    expect(arcs.map(arc => arc.group)).toEqual(['a', 'b'])
    expect(placed[0]?.x).toBeGreaterThan(placed[2]?.x ?? Infinity)
  })

  it('leaves out edges to itself and to nobody', () => {
    const nodes = [{ id: 'a', label: 'a', group: 'g' }]
    expect(
      layoutPolicyGraph(nodes, [
        { from: 'a', to: 'a' },
        { from: 'a', to: 'b' },
      ]).edges,
    ).toEqual([])
  })

  it('keeps nodes apart, with their names inside, and runs of groups apart', () => {
    fc.assert(
      fc.property(graphs, ({ nodes, edges }) => {
        const layout = layoutPolicyGraph(nodes, edges)
        expect(layout.nodes).toHaveLength(nodes.length)
        for (const [i, a] of layout.nodes.entries()) {
          expect(a.x).toBeGreaterThan(0)
          expect(a.x).toBeLessThan(layout.width)
          expect(a.y).toBeGreaterThan(0)
          expect(a.y).toBeLessThan(layout.height)
          for (const b of layout.nodes.slice(i + 1)) expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeGreaterThan(14)
        }
        for (const [i, arc] of layout.arcs.entries()) {
          const next = layout.arcs[i + 1]
          if (next !== undefined) expect(arc.to).toBeLessThan(next.from)
          expect(arc.to).toBeLessThanOrEqual(2 * Math.PI + 1e-9)
        }
        for (const { angle, label } of layout.nodes) {
          const reach =
            layout.radius + CIRCLE_SIZES.labelGap + Math.min(CIRCLE_SIZES.letters, label.length) * CIRCLE_SIZES.letter
          expect(layout.centre.x + reach * Math.sin(angle)).toBeLessThan(layout.width)
          expect(layout.centre.x + reach * Math.sin(angle)).toBeGreaterThan(0)
          expect(layout.centre.y - reach * Math.cos(angle)).toBeLessThan(layout.height)
          expect(layout.centre.y - reach * Math.cos(angle)).toBeGreaterThan(0)
        }
        for (const { path } of layout.edges) expect(path).not.toContain('NaN')
      }),
    )
  })

  it('does not move a node when an edge is added', () => {
    fc.assert(
      fc.property(graphs, ({ nodes, edges }) => {
        expect(layoutPolicyGraph(nodes, edges).nodes).toEqual(layoutPolicyGraph(nodes, []).nodes)
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inside, layoutSankey, overlap, type SankeyLink, type SankeyNode } from '../../../viz/layout/index.ts'

const SIZES = {
  width: 800,
  nodeWidth: 14,
  leastHeight: 32,
  gap: 10,
  flowHeight: 240,
  margin: 12,
  labelLeft: 120,
  labelRight: 160,
}

const flows = fc
  .record({
    left: fc.integer({ min: 1, max: 4 }),
    middle: fc.integer({ min: 1, max: 4 }),
    right: fc.integer({ min: 1, max: 12 }),
  })
  .chain(({ left, middle, right }) => {
    const nodes: SankeyNode[] = [left, middle, right].flatMap((count, column) =>
      Array.from({ length: count }, (_, i) => ({ id: `${column}.${i}`, column: column as 0 | 1 | 2 })),
    )
    const link = fc.record({
      from: fc.nat(nodes.length - 1),
      to: fc.nat(nodes.length - 1),
      value: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    return fc.array(link, { maxLength: 30 }).map(list => ({
      nodes,
      links: list.map(
        ({ from, to, value }): SankeyLink => ({
          from: nodes[from]?.id ?? '',
          to: nodes[to]?.id ?? '',
          value,
        }),
      ),
    }))
  })

describe('three columns of flows', () => {
  it('makes bands as thick as their shares', () => {
    const nodes: SankeyNode[] = [
      { id: 'svc', column: 1 },
      { id: 'a', column: 2 },
      { id: 'b', column: 2 },
    ]
    const { links } = layoutSankey(
      nodes,
      [
        { from: 'svc', to: 'a', value: 2 / 3 },
        { from: 'svc', to: 'b', value: 1 / 3 },
      ],
      SIZES,
    )
    expect(links.map(link => link.thickness)).toEqual([160, 80].map(value => expect.closeTo(value, 6)))
  })

  it('leaves out what leads back, nowhere, or carries nothing', () => {
    const nodes: SankeyNode[] = [
      { id: 'svc', column: 1 },
      { id: 'a', column: 2 },
    ]
    const links = [
      { from: 'a', to: 'svc', value: 1 },
      { from: 'svc', to: 'gone', value: 1 },
      { from: 'svc', to: 'a', value: 0 },
    ]
    expect(layoutSankey(nodes, links, SIZES).links).toEqual([])
  })

  it('lets no node overlap another or leave the picture, and no band be thicker than its ends', () => {
    fc.assert(
      fc.property(flows, ({ nodes, links }) => {
        const layout = layoutSankey(nodes, links, SIZES)
        expect(layout.nodes.map(node => node.id)).toEqual(nodes.map(node => node.id))
        for (const [i, a] of layout.nodes.entries()) {
          expect(inside(a, layout.width, layout.height)).toBe(true)
          for (const b of layout.nodes.slice(i + 1)) expect(overlap(a, b)).toBe(false)
          for (const end of ['from', 'to'] as const) {
            const bands = layout.links.filter(link => link[end] === a.id)
            const sum = bands.reduce((total, link) => total + link.thickness, 0)
            expect(sum).toBeLessThanOrEqual(a.height + 1e-6)
          }
        }
      }),
    )
  })

  it('moves nothing when a band is named that leads nowhere', () => {
    fc.assert(
      fc.property(flows, ({ nodes, links }) => {
        const more = [...links, { from: '0.0', to: 'nobody', value: 1 }]
        expect(layoutSankey(nodes, more, SIZES)).toEqual(layoutSankey(nodes, links, SIZES))
      }),
    )
  })
})

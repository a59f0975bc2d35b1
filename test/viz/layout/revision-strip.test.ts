import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { layoutRevisionStrip, revisionAt, STRIP_SIZES } from '../../../viz/layout/index.ts'

const revisions = fc
  .array(fc.record({ label: fc.string({ maxLength: 30 }), changes: fc.nat(50) }), { maxLength: 80 })
  .map(list => list.map((one, i) => ({ ...one, revision: i + 1 })))

describe('the strip of revisions', () => {
  it('stands one revision in the middle, and several from end to end', () => {
    const one = { revision: 1, label: 'loaded', changes: 3 }
    expect(layoutRevisionStrip([one]).revisions[0]?.x).toBe(STRIP_SIZES.width / 2)
    const { revisions: two } = layoutRevisionStrip([one, { ...one, revision: 2 }])
    expect(two.map(({ x }) => x)).toEqual([STRIP_SIZES.margin, STRIP_SIZES.width - STRIP_SIZES.margin])
  })

  it('finds the revision nearest to a place', () => {
    const strip = layoutRevisionStrip([1, 2, 3].map(revision => ({ revision, label: '', changes: 0 })))
    expect([0, 449, 700, 2000].map(x => revisionAt(strip, x))).toEqual([1, 2, 3, 3])
    expect(revisionAt(layoutRevisionStrip([]), 10)).toBeUndefined()
  })

  it('never lets marks or labels overlap or leave the strip, and labels what is chosen', () => {
    fc.assert(
      fc.property(revisions, fc.nat(79), (list, nth) => {
        const chosen = list.length === 0 ? [] : [(nth % list.length) + 1]
        const strip = layoutRevisionStrip(list, chosen)
        for (const [i, one] of strip.revisions.entries()) {
          const next = strip.revisions[i + 1]
          if (next !== undefined) expect(one.x + one.radius).toBeLessThanOrEqual(next.x - next.radius)
          expect(one.x - one.radius).toBeGreaterThanOrEqual(0)
          expect(one.x + one.radius).toBeLessThanOrEqual(strip.width)
        }
        for (const [i, label] of strip.labels.entries()) {
          const next = strip.labels[i + 1]
          if (next !== undefined) expect(label.x + label.width).toBeLessThan(next.x)
          expect(label.x).toBeGreaterThanOrEqual(0)
          expect(label.x + label.width).toBeLessThanOrEqual(strip.width)
        }
        for (const revision of chosen) expect(strip.labels.map(label => label.revision)).toContain(revision)
      }),
    )
  })
})

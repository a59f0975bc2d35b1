import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fitText, textColumns } from '../../../viz/layout/index.ts'

describe('a text cut to fit', () => {
  it.each([
    { text: 'web', columns: 3, cut: 'end' as const, fits: 'web' },
    { text: 'webserver', columns: 4, cut: 'end' as const, fits: 'web…' },
    { text: 'KUBE-SVC-ABCDEF', columns: 9, cut: 'middle' as const, fits: 'KUBE…CDEF' },
    { text: '日本語', columns: 5, cut: 'end' as const, fits: '日本…' },
    { text: 'web', columns: 0, cut: 'end' as const, fits: '' },
  ])('$text in $columns is $fits', ({ text, columns, cut, fits }) => {
    expect(fitText(text, columns, cut)).toBe(fits)
  })

  it('is never wider than its room, and whole where it fits', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.nat(40),
        fc.constantFrom('end' as const, 'middle' as const),
        (text, columns, cut) => {
          const fitted = fitText(text, columns, cut)
          expect(textColumns(fitted)).toBeLessThanOrEqual(columns)
          if (textColumns(text) <= columns) expect(fitted).toBe(text)
        },
      ),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nextInDirection } from '../../../viz/layout/index.ts'

const STOPS = [
  { id: 'a', x: 0, y: 0 },
  { id: 'b', x: 0, y: 20 },
  { id: 'c', x: 100, y: 5 },
  { id: 'd', x: 100, y: 60 },
]

describe('an arrow key', () => {
  it.each([
    ['a', 'ArrowDown', 'b'],
    ['a', 'ArrowRight', 'c'],
    ['b', 'ArrowRight', 'c'],
    ['d', 'ArrowUp', 'c'],
    ['c', 'ArrowLeft', 'a'],
    ['a', 'ArrowUp', undefined],
    ['a', 'Home', 'a'],
    ['a', 'End', 'd'],
    ['a', 'x', undefined],
    ['gone', 'ArrowUp', undefined],
  ])('at %s, %s leads to %s', (from, key, to) => {
    expect(nextInDirection(STOPS, from, key)).toBe(to)
  })

  it('leads from every stop of a column to every other', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(500), { minLength: 1, maxLength: 20 }), heights => {
        const stops = heights.toSorted((a, b) => a - b).map((y, i) => ({ id: `${i}`, x: 0, y }))
        let at = '0'
        for (const next of stops.slice(1)) {
          at = nextInDirection(stops, at, 'ArrowDown') ?? ''
          expect(at).toBe(next.id)
        }
        expect(nextInDirection(stops, at, 'ArrowDown')).toBeUndefined()
      }),
    )
  })
})

import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { fraction, ONE, plus, times } from '../../../src/netns/sim/fraction.ts'

const whole = fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n })
const twos = fc.integer({ min: 0, max: 90 }).map(BigInt)

describe('an exact fraction', () => {
  test.each([
    [0n, 7n, 0n, 1n],
    [6n, 4n, 3n, 2n],
    [-6n, 4n, -3n, 2n],
    [6n, -4n, -3n, 2n],
    [1n << 31n, 3n << 31n, 1n, 3n],
    [1431655765n, 1n << 31n, 1431655765n, 1n << 31n],
  ])('%s / %s is %s / %s', (a, b, numerator, denominator) => {
    expect(fraction(a, b)).toEqual({ numerator, denominator })
  })

  property.prop([whole, whole, whole.filter(n => n !== 0n), twos, twos])(
    'is in lowest terms, whatever both parts have in common',
    (a, common, b, left, right) => {
      const scale = common === 0n ? 1n : common
      const made = fraction((a * scale) << left, (b * scale) << right)
      expect(made.denominator > 0n).toBe(true)
      expect(made.numerator * (b << right)).toBe((a << left) * made.denominator)
      let [x, y] = [made.numerator < 0n ? -made.numerator : made.numerator, made.denominator]
      while (y !== 0n) [x, y] = [y, x % y]
      expect(x).toBe(1n)
    },
  )

  test('of a Service with 500 endpoints: all shares together are one', () => {
    let rest = ONE
    let sum = fraction(0n, 1n)
    for (let left = 500; left > 0; left--) {
      const drawn = left === 1 ? ONE : fraction(BigInt(Math.round(2 ** 31 / left)), 2n ** 31n)
      sum = plus(sum, times(rest, drawn))
      rest = times(rest, plus(ONE, fraction(-drawn.numerator, drawn.denominator)))
    }
    expect(sum).toEqual(ONE)
  })
})

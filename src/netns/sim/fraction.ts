/** An exact fraction in lowest terms; the denominator is positive. */
export interface ExactFraction {
  readonly numerator: bigint
  readonly denominator: bigint
}

export const ONE: ExactFraction = { numerator: 1n, denominator: 1n }
export const ZERO: ExactFraction = { numerator: 0n, denominator: 1n }

/** numerator/denominator in lowest terms. The denominator must not be 0. */
export function fraction(numerator: bigint, denominator: bigint): ExactFraction {
  const above = numerator < 0n ? -numerator : numerator
  const below = denominator < 0n ? -denominator : denominator
  const divisor = denominator < 0n ? -commonDivisor(above, below) : commonDivisor(above, below)
  return divisor === 1n
    ? { numerator, denominator }
    : { numerator: numerator / divisor, denominator: denominator / divisor }
}

/**
 * Euclid's algorithm on what is left when twos are taken out. Probabilities of `statistic` rules are counted in 2^31, and a Service of
 * 5,000 endpoints multiplies 5,000 of them: with the twos gone almost nothing is left to divide.
 */
function commonDivisor(above: bigint, below: bigint): bigint {
  if (above === 0n) return below
  const twosAbove = twosIn(above)
  const twosBelow = twosIn(below)
  let a = above >> twosAbove
  let b = below >> twosBelow
  while (b !== 0n) [a, b] = [b, a % b]
  return a << (twosAbove < twosBelow ? twosAbove : twosBelow)
}

/** How often 2 divides a number that is not 0. */
function twosIn(value: bigint): bigint {
  let known = 0
  let rest = value
  while (BigInt.asUintN(1, rest) === 0n) {
    let bits = 1
    while (BigInt.asUintN(2 * bits, rest) === 0n) bits *= 2
    known += bits
    rest >>= BigInt(bits)
  }
  return BigInt(known)
}

export function times(a: ExactFraction, b: ExactFraction): ExactFraction {
  return fraction(a.numerator * b.numerator, a.denominator * b.denominator)
}

export function plus(a: ExactFraction, b: ExactFraction): ExactFraction {
  return fraction(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator)
}

/** An exact fraction in lowest terms; the denominator is positive. */
export interface ExactFraction {
  readonly numerator: bigint
  readonly denominator: bigint
}

export const ONE: ExactFraction = { numerator: 1n, denominator: 1n }
export const ZERO: ExactFraction = { numerator: 0n, denominator: 1n }

/** numerator/denominator in lowest terms. The denominator must not be 0. */
export function fraction(numerator: bigint, denominator: bigint): ExactFraction {
  let a = numerator < 0n ? -numerator : numerator
  let b = denominator < 0n ? -denominator : denominator
  while (b !== 0n) [a, b] = [b, a % b]
  if (denominator < 0n) a = -a
  return { numerator: numerator / a, denominator: denominator / a }
}

export function times(a: ExactFraction, b: ExactFraction): ExactFraction {
  return fraction(a.numerator * b.numerator, a.denominator * b.denominator)
}

export function plus(a: ExactFraction, b: ExactFraction): ExactFraction {
  return fraction(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator)
}

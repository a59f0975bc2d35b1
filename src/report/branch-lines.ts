import type { Branch, Fraction } from '../trace/index.ts'
import { printable } from './printable.ts'
import { paint, type Style } from './style.ts'
import { verdictWord } from './verdict-lines.ts'

/** The branches of a trace, likeliest first, with their shares. */
export function branchLines(branches: readonly Branch[], complete: boolean, style: Style): string[] {
  const sorted = [...branches].sort((a, b) => share(b.probability) - share(a.probability))
  const width = Math.max(...branches.map(branch => branch.trace.disposition.length))
  const sum = complete ? 'their probabilities sum to exactly 1' : 'there are more'
  return [
    paint(`${branches.length} branch${branches.length === 1 ? '' : 'es'}; ${sum}`, 'bold', style),
    ...sorted.map(branch => {
      const { trace, probability } = branch
      const end = trace.hops.at(-1)
      const where = end === undefined ? '' : printable(`${end.kind} ${end.namespace}`)
      const pad = ' '.repeat(width - trace.disposition.length)
      const exact = `${probability.numerator}/${probability.denominator}`
      const fraction = exact.length > 24 ? '' : `  (${exact})`
      return `  ${percent(probability).padStart(7)}  ${verdictWord(trace, style)}${pad}  ${where}${fraction}`
    }),
  ]
}

export function percent(fraction: Fraction): string {
  return `${(share(fraction) * 100).toFixed(2)}%`
}

/** Both parts can be larger than any double: only their ratio is. */
function share({ numerator, denominator }: Fraction): number {
  if (typeof numerator === 'number' && typeof denominator === 'number') return numerator / denominator
  return Number((BigInt(numerator) * 10n ** 15n) / BigInt(denominator)) / 1e15
}

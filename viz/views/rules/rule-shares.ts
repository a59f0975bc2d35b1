/** Numerator and denominator in lowest terms. */
export type Share = readonly [number, number]

/**
 * The part of a chain's packets that each rule with `-m statistic` takes, and the rule after the last of those, which takes the rest. Exact
 * where probabilities are those of kube-proxy: 1/n written with its digits. Other rules have none.
 */
export function ruleShares(texts: readonly string[]): readonly (Share | undefined)[] {
  const shares: (Share | undefined)[] = texts.map(() => undefined)
  let rest: Share = [1, 1]
  let last = -1
  for (const [i, text] of texts.entries()) {
    const chance = chanceOf(text)
    if (chance === undefined) continue
    shares[i] = times(rest, chance)
    rest = times(rest, [chance[1] - chance[0], chance[1]])
    last = i
  }
  const action = (text: string | undefined): string | undefined => / -[jg] (?:KUBE-SEP|\S+)/.exec(text ?? '')?.[0]
  if (last >= 0 && last + 1 < texts.length && action(texts[last + 1]) !== undefined) shares[last + 1] = rest
  return shares
}

/** kube-proxy writes 1/n with ten digits or more, five before 1.17. */
function chanceOf(text: string): Share | undefined {
  const nth = / --every (\d+)/.exec(text)?.[1]
  if (nth !== undefined) return [1, Math.max(1, Number(nth))]
  const probability = Number(/ --probability ([0-9.]+)/.exec(text)?.[1])
  if (!(probability > 0 && probability <= 1)) return undefined
  const n = Math.round(1 / probability)
  return Math.abs(1 / n - probability) < 1e-4 ? [1, n] : lowest([Math.round(probability * 1e6), 1e6])
}

function times(a: Share, b: Share): Share {
  return lowest([a[0] * b[0], a[1] * b[1]])
}

function lowest([numerator, denominator]: Share): Share {
  let [a, b] = [numerator, denominator]
  while (b !== 0) [a, b] = [b, a % b]
  return [numerator / (a || 1), denominator / (a || 1)]
}

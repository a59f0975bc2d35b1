import { html, type TemplateResult } from 'lit'
import type { Branch, Fraction, Trace } from '../../../src/trace/index.ts'
import { VERDICTS, verdictOf } from '../../style/verdict.ts'

/** A choice with what it leads to: branches that begin alike share it. */
interface Fork {
  readonly label: string
  readonly forks: Map<string, Fork>
  branch: { readonly branch: Branch; readonly index: number } | null
}

function forksOf(branches: readonly Branch[]): Fork {
  const root: Fork = { label: '', forks: new Map(), branch: null }
  for (const [index, branch] of branches.entries()) {
    let here = root
    for (const { site, chosen, probability } of branch.choices) {
      const label = `${site}: ${chosen} (${share(probability)})`
      const next: Fork = here.forks.get(label) ?? { label, forks: new Map(), branch: null }
      here.forks.set(label, next)
      here = next
    }
    here.branch = { branch, index }
  }
  return root
}

/** Every branch with its exact probability, as a tree of choices. */
export function branchTree(trace: Trace, chosen: number, choose: (index: number) => void): TemplateResult {
  const branches = trace.branches ?? []
  const leaf = (fork: Fork): TemplateResult | '' => {
    if (fork.branch === null) return ''
    const { branch, index } = fork.branch
    const verdict = verdictOf(branch.trace.disposition)
    return html`<button type="button" class="leaf" aria-pressed=${index === chosen ? 'true' : 'false'} @click=${() => choose(index)}>
      <b>${share(branch.probability)}</b> <span class=${`verdict ${verdict}`}>${VERDICTS[verdict].glyph} ${branch.trace.disposition}</span>
      <span>${endOf(branch.trace)}</span></button>`
  }
  const list = (fork: Fork): TemplateResult =>
    html`<ul>${[...fork.forks.values()].map(
      next =>
        html`<li><span class="choice">${next.label}</span>${leaf(next)}${next.forks.size > 0 ? list(next) : ''}</li>`,
    )}</ul>`
  const root = forksOf(branches)
  return html`<section class="branches" aria-label="Every branch with its probability">
    <p class="dim">${branches.length} ${branches.length === 1 ? 'way' : 'ways'}; their probabilities add up to exactly 1. Choose one to walk it.</p>
    ${leaf(root)}${list(root)}</section>`
}

/** `1/3 = 33.33 %`. */
export function share({ numerator, denominator }: Fraction): string {
  if (String(numerator) === String(denominator)) return '100 %'
  // Both parts can be larger than any double: only their ratio is not.
  const part = Number((BigInt(numerator) * 10n ** 17n) / BigInt(denominator)) / 1e15
  return `${String(denominator).length > 6 ? '' : `${numerator}/${denominator} = `}${part.toFixed(2)} %`
}

function endOf({ hops }: Trace): string {
  return hops.at(-1)?.namespace ?? ''
}

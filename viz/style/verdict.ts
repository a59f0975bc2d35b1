/** How something ended, for a reader: a colour, and always also a symbol, a line and a word. */
export type Verdict = 'ok' | 'no' | 'some' | 'unknown'

export interface VerdictMark {
  readonly glyph: string
  readonly word: string
  /** `stroke-dasharray` of lines: whole, dashed, dash-dotted, dotted. */
  readonly dash: string
  /** Custom property of lines and areas; `-ink` and `-wash` belong to it. */
  readonly color: string
}

export const VERDICTS: Readonly<Record<Verdict, VerdictMark>> = {
  ok: { glyph: '✔', word: 'allowed', dash: 'none', color: 'var(--ok)' },
  no: { glyph: '✘', word: 'denied', dash: '7 4', color: 'var(--no)' },
  some: { glyph: '◐', word: 'partly', dash: '9 3 2 3', color: 'var(--some)' },
  unknown: { glyph: '?', word: 'unknown', dash: '2 4', color: 'var(--unknown)' },
}

/** Dispositions that are neither a yes nor a no. */
const UNDECIDED = new Set(['INSUFFICIENT_INFO', 'EXITS_CLUSTER'])

/** The verdict of a disposition (docs/dispositions.md). */
export function verdictOf(disposition: string): Verdict {
  if (disposition === 'DELIVERED') return 'ok'
  return UNDECIDED.has(disposition) ? 'unknown' : 'no'
}

import { type CellVerdict, VERDICTS } from '../../layout/index.ts'

const WORDS: Readonly<Record<CellVerdict, string>> = {
  self: 'itself',
  allowed: 'allowed',
  denied: 'denied',
  some: 'partly allowed',
  gained: 'newly allowed',
  lost: 'no longer allowed',
}

/** The words for a code of the matrix. */
export function verdictWord(code: number | undefined): string {
  return WORDS[VERDICTS[code ?? 0] ?? 'self']
}

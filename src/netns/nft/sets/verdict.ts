/** What a statement tells the walk. */
export const NEXT = 0
/** The rule does not match. */
export const BREAK = 1
export const ACCEPT = 2
export const DROP = 3
export const RETURN = 4
export const JUMP = 5
export const GOTO = 6
/** The rule has matched, the next one is looked at. */
export const CONTINUE = 7
/** The packet was answered and is gone. */
export const STOLEN = 8
export type Outcome = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8

const WORDS: Readonly<Record<string, Outcome>> = { accept: ACCEPT, drop: DROP, return: RETURN, continue: CONTINUE }
const NAMES = ['', '', 'accept', 'drop', 'return', 'jump', 'goto', 'continue', ''] as const

/** `accept`, `drop`, `return`, `continue`, `jump CHAIN`, `goto CHAIN`. */
export interface Verdict {
  readonly outcome: Outcome
  /** Empty but for jump and goto. */
  readonly chain: string
}

/** The verdict of a word that needs nothing more. */
export function simpleVerdict(word: string): Verdict | undefined {
  const outcome = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined
  return outcome === undefined ? undefined : { outcome, chain: '' }
}

export function formatVerdict(verdict: Verdict): string {
  const name = NAMES[verdict.outcome]
  return verdict.chain === '' ? name : `${name} ${verdict.chain}`
}

/** As events name it: ACCEPT, JUMP, … */
export function verdictName(outcome: Outcome): string {
  return outcome === NEXT || outcome === BREAK || outcome === STOLEN ? 'CONTINUE' : NAMES[outcome].toUpperCase()
}

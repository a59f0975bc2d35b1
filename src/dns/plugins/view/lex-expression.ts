import type { Dispenser } from '../../corefile/dispenser.ts'

export interface Word {
  readonly kind: 'string' | 'number' | 'name' | 'operator'
  readonly text: string
}

const OPERATOR_NAMES = new Set(['and', 'or', 'not', 'in', 'matches', 'contains', 'startsWith', 'endsWith'])
const OPERATORS = ['&&', '||', '==', '!=', '<=', '>=', '<', '>', '!', '+', '-', '*', '/', '%', '(', ')', '[', ']', ',']
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\', "'": "'", '"': '"' }

/** The words of an expression of `view`. Throws KH_COREFILE. */
export function lexExpression(text: string, c: Dispenser): Word[] {
  const words: Word[] = []
  for (let at = 0; at < text.length; ) {
    const rest = text.slice(at)
    const blank = /^\s+/.exec(rest)?.[0]
    if (blank !== undefined) {
      at += blank.length
      continue
    }
    const quoted = /^(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")/.exec(rest)?.[0]
    const name = /^[A-Za-z_][A-Za-z0-9_]*/.exec(rest)?.[0]
    const number = /^[0-9]{1,15}(?![0-9.])/.exec(rest)?.[0]
    const operator = OPERATORS.find(candidate => rest.startsWith(candidate))
    if (quoted !== undefined) words.push({ kind: 'string', text: unquoted(quoted.slice(1, -1), c) })
    else if (name !== undefined) words.push({ kind: OPERATOR_NAMES.has(name) ? 'operator' : 'name', text: name })
    else if (number !== undefined) words.push({ kind: 'number', text: number })
    else if (operator !== undefined) words.push({ kind: 'operator', text: operator })
    else throw c.err(`${JSON.stringify(rest.slice(0, 10))}: not simulated in an expression of view`)
    at += (quoted ?? name ?? number ?? operator ?? rest).length
  }
  return words
}

function unquoted(text: string, c: Dispenser): string {
  return text.replace(/\\(.)/gs, (whole, char: string) => {
    const value = ESCAPES[char]
    if (value === undefined) throw c.err(`${whole}: not simulated in a text of an expression`)
    return value
  })
}

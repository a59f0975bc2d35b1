import { RE2JS, RE2JSException } from 're2js'
import type { Dispenser } from '../corefile/dispenser.ts'

/** Characters of a pattern that CoreDNS compiles at most (maxRegexpLen). */
const MAX_PATTERN = 10_000

/** What a pattern found: groups by number, 0 being the whole, or by name. A group that took no part is empty, as in Go. */
export type Groups = (which: number | string) => string

/** A regular expression of a Corefile. */
export interface RegularExpression {
  /** Where the pattern first fits inside the text; undefined when it does not. */
  match(text: string): Groups | undefined
  /** Numbered groups: those in round brackets. */
  readonly groupCount: number
}

/**
 * Compiles a pattern in RE2's syntax, which is Go's and therefore CoreDNS's. Matching takes time linear in the text, whatever the pattern.
 * Throws KH_COREFILE with `words`, which gets Go's own: ``error parsing regexp: missing closing ): `(a` ``.
 */
export function regularExpression(pattern: string, c: Dispenser, words: (go: string) => string): RegularExpression {
  if (pattern.length > MAX_PATTERN) throw c.err(`regex pattern too long: ${pattern.length} > ${MAX_PATTERN}`)
  let compiled: RE2JS
  try {
    compiled = RE2JS.compile(pattern)
  } catch (error) {
    if (error instanceof RE2JSException) throw c.err(words(error.message))
    throw error
  }
  const names = compiled.namedGroups()
  const groupCount = compiled.groupCount()
  return {
    groupCount,
    match(text) {
      const matcher = compiled.matcher(text)
      if (!matcher.find()) return undefined
      return which => {
        const number = typeof which === 'number' ? which : names[which]
        return number === undefined || number > groupCount ? '' : (matcher.group(number) ?? '')
      }
    },
  }
}

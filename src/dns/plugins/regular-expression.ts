import type { Dispenser } from '../corefile/dispenser.ts'

/** Characters of a name are at most 1,024 as text: patterns are only run on names, so that none can be made to run for long. */
const MAX_PATTERN = 1024

/**
 * A regular expression of a Corefile. Go's RE2 has no backtracking; here nested repetition (`(a+)+`) is refused, because it could run
 * for ever. Throws KH_COREFILE.
 */
export function regularExpression(text: string, c: Dispenser): RegExp {
  if (text.length > MAX_PATTERN)
    throw c.err(`a regular expression of ${text.length} characters is longer than ${MAX_PATTERN}`)
  if (/\([^()]*[+*}][^()]*\)[+*{]/.test(text) || /\((?:[^()]*\([^()]*\))+[^()]*\)[+*{]/.test(text))
    throw c.err(`a repetition inside a repetition is not simulated: ${JSON.stringify(text)}`)
  const flags = /^\(\?i\)/.test(text) ? 'i' : ''
  try {
    return new RegExp(text.replace(/^\(\?i\)/, '').replace(/\(\?P</g, '(?<'), flags)
  } catch {
    throw c.err(`error parsing regexp: ${JSON.stringify(text)}`)
  }
}

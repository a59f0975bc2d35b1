import { corefileError } from './dispenser.ts'
import type { Token } from './lexer.ts'

/**
 * The paths that an `import` pattern names, sorted. `*` and `?` stand for anything but `/` (Go's filepath.Glob), and as in CoreDNS's
 * caddyfile a pattern may hold one of each and no class. Throws KH_COREFILE in CoreDNS's words.
 */
export function matchImportPattern(argument: Token, paths: readonly string[]): string[] {
  const pattern = argument.text
  const open = pattern.includes('[')
  if (count(pattern, '*') > 1 || count(pattern, '?') > 1 || (open && pattern.includes(']')))
    throw corefileError(`Glob pattern may only contain one wildcard (*), but has others: ${pattern}`, argument)
  if (open || pattern.endsWith('\\'))
    throw corefileError(`Failed to use import pattern ${pattern}: syntax error in pattern`, argument)
  return paths.filter(path => matches(pattern, path)).sort()
}

function count(text: string, character: string): number {
  return text.split(character).length - 1
}

/** At most one `*`, so that trying each of its lengths once is all there is to do. */
function matches(pattern: string, path: string): boolean {
  const star = wildcardAt(pattern)
  if (star === -1) return sameLength(pattern, path)
  const before = pattern.slice(0, star)
  const after = pattern.slice(star + 1)
  for (let head = 0; head <= path.length; head++) {
    if (!sameLength(before, path.slice(0, head))) continue
    for (let tail = head; tail <= path.length; tail++) {
      if (sameLength(after, path.slice(tail))) return true
      if (path[tail] === '/') break
    }
  }
  return false
}

function wildcardAt(pattern: string): number {
  for (let i = 0; i < pattern.length; i++) {
    if (pattern[i] === '\\') i++
    else if (pattern[i] === '*') return i
  }
  return -1
}

/** A pattern without `*`: character by character; `\` takes the next one as it is. */
function sameLength(pattern: string, text: string): boolean {
  let at = 0
  for (let i = 0; i < pattern.length; i++, at++) {
    const escaped = pattern[i] === '\\'
    if (escaped) i++
    const character = text[at]
    if (character === undefined) return false
    if (!escaped && pattern[i] === '?') {
      if (character === '/') return false
    } else if (character !== pattern[i]) return false
  }
  return at === text.length
}

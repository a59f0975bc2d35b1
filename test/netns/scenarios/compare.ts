import { expect } from 'vitest'

/**
 * Lines as measured against lines as simulated; `*` in the measured ones is any number. Throws with both lists where they
 * differ. `prefix`: the measured list was cut, so more may follow.
 */
export function expectLines(
  what: string,
  actual: readonly string[],
  measured: readonly string[],
  prefix = false,
): void {
  const shown = prefix ? actual.slice(0, measured.length) : actual
  const masked = shown.map((line, i) => (matches(line, measured[i] ?? '') ? (measured[i] ?? '') : line))
  expect(masked, what).toEqual([...measured])
}

function matches(line: string, pattern: string): boolean {
  if (!pattern.includes('*')) return line === pattern
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '\\d+')
  return new RegExp(`^${escaped}$`).test(line)
}

/** Lines by their first `words` words, in order. */
export function groupBy(lines: readonly string[], words: number): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>()
  for (const line of lines) {
    const key = line.split(' ').slice(0, words).join(' ')
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [line])
    else group.push(line)
  }
  return groups
}

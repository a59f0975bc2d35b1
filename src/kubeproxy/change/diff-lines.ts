/** A line of a difference: only before (`-`), only after (`+`). */
export interface DiffLine {
  readonly sign: '-' | '+'
  readonly line: string
}

/** Lines that only one of two texts has, as often as it has them more; those of the first, then those of the second. */
export function diffLines(before: string, after: string): readonly DiffLine[] {
  return [...surplus(before, after, '-'), ...surplus(after, before, '+')]
}

function surplus(of: string, over: string, sign: DiffLine['sign']): DiffLine[] {
  const count = new Map<string, number>()
  for (const line of over.split('\n')) count.set(line, (count.get(line) ?? 0) + 1)
  const lines: DiffLine[] = []
  for (const line of of.split('\n')) {
    const left = count.get(line) ?? 0
    if (left > 0) count.set(line, left - 1)
    else lines.push({ sign, line })
  }
  return lines
}

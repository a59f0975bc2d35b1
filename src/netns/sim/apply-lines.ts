/** How lines of one kind are added to and taken from a namespace. */
export interface LineKind {
  add(line: string): void
  /** Taking away what is gone already is no fault. */
  remove(line: string): void
}

/**
 * Takes away the lines that only `previous` has (last first) and adds those that only `wanted` has. Lines about devices in
 * `made` went with the old device: they are added again. Returns whether anything changed.
 */
export function applyLines(
  kind: LineKind,
  wanted: readonly string[],
  previous: readonly string[],
  made: ReadonlySet<string>,
): boolean {
  if (wanted === previous && made.size === 0) return false
  const kept = new Set(made.size === 0 ? previous : previous.filter(line => !aboutAny(line, made)))
  const now = new Set(wanted)
  let changed = false
  for (let i = previous.length - 1; i >= 0; i--) {
    const line = previous[i] ?? ''
    if (!kept.has(line) || now.has(line)) continue
    kind.remove(line)
    changed = true
  }
  for (const line of wanted) {
    if (kept.has(line)) continue
    kind.add(line)
    changed = true
  }
  return changed
}

function aboutAny(line: string, devices: ReadonlySet<string>): boolean {
  const words = line.split(/\s+/)
  const at = words.indexOf('dev')
  return at >= 0 && devices.has(words[at + 1] ?? '')
}

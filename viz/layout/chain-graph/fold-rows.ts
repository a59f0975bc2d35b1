/** A rule that is shown, by its place in the chain from 0, or a run of rules that are not. */
export type FoldedRow = { readonly rule: number } | { readonly hidden: number; readonly from: number }

/**
 * Which of a chain's rules are shown: those to keep and the first ones, up to a limit of rows; runs of others become one row each. More
 * rows than the limit are used only when more rules than that are to be kept.
 */
export function foldRows(count: number, keep: ReadonlySet<number>, limit: number): readonly FoldedRow[] {
  const shown = new Set([...keep].filter(rule => rule >= 0 && rule < count))
  if (count <= limit) for (let rule = 0; rule < count; rule++) shown.add(rule)
  else for (let rule = 0; rule < count && shown.size < limit - 1; rule++) shown.add(rule)
  const rows: FoldedRow[] = []
  for (let rule = 0; rule < count; rule++) {
    if (shown.has(rule)) rows.push({ rule })
    else {
      let end = rule
      while (end < count && !shown.has(end)) end++
      rows.push({ hidden: end - rule, from: rule })
      rule = end - 1
    }
  }
  return rows
}

/** Fields whose values are strings: there Go reads null as the empty string; everywhere else it reads null as absent. */
const STRING_MAPS: ReadonlySet<string> = new Set(['labels', 'annotations', 'matchLabels', 'nodeSelector', 'data'])

/** A value as Go's JSON decoder sees it: null fields of maps are absent. Unchanged parts are kept by reference. */
export function withoutNulls(value: unknown, field = ''): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items = value.map(item => withoutNulls(item))
    return items.some((item, i) => item !== value[i]) ? items : value
  }
  const entries: [string, unknown][] = []
  let changed = false
  for (const [key, child] of Object.entries(value)) {
    const cleaned = child === null && STRING_MAPS.has(field) ? '' : withoutNulls(child, key)
    if (cleaned !== child) changed = true
    if (cleaned === null || cleaned === undefined) changed = true
    else entries.push([key, cleaned])
  }
  return changed ? Object.fromEntries(entries) : value
}

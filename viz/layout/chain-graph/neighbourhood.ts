import type { ChainSpec, JumpSpec } from './chain-spec.ts'

/**
 * The chains nearest to some of interest, counted in jumps either way, at most `limit`: first the ways that lead there, so that the
 * picture stays in one piece, then the others by distance, each distance in the order given.
 */
export function neighbourhood(
  chains: readonly ChainSpec[],
  jumps: readonly JumpSpec[],
  centres: readonly string[],
  limit: number,
): ReadonlySet<string> {
  const known = new Set(chains.map(chain => chain.id))
  const beside = new Map<string, string[]>()
  for (const { from, to } of jumps) {
    add(beside, to, from)
    add(beside, from, to)
  }
  const found = new Set(waysTo(chains, jumps, centres, limit))
  spread(found, [...found], beside, known, limit)
  return found
}

/** These chains and all from which a packet can get there, nearest first, at most `limit`. */
export function waysTo(
  chains: readonly ChainSpec[],
  jumps: readonly JumpSpec[],
  centres: readonly string[],
  limit: number,
): ReadonlySet<string> {
  const before = new Map<string, string[]>()
  for (const { from, to } of jumps) add(before, to, from)
  const found = new Set<string>()
  spread(found, centres, before, new Set(chains.map(chain => chain.id)), limit)
  return found
}

function spread(
  found: Set<string>,
  start: readonly string[],
  next: ReadonlyMap<string, readonly string[]>,
  known: ReadonlySet<string>,
  limit: number,
): void {
  const queue = [...start]
  const seen = new Set<string>()
  for (let i = 0; i < queue.length; i++) {
    const id = queue[i] as string // i is within the queue
    if (seen.has(id) || !known.has(id)) continue
    seen.add(id)
    if (!found.has(id) && found.size >= limit) return
    found.add(id)
    queue.push(...(next.get(id) ?? []))
  }
}

function add(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

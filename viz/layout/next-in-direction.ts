import type { Point } from './geometry.ts'

/** Something in a picture that the keyboard can get to. */
export interface Stop extends Point {
  readonly id: string
}

const DIRECTIONS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

/**
 * Where an arrow key leads from a stop: the nearest one in that direction, where what lies aside counts double. Home and End lead to the
 * first and the last of the list. Undefined when there is none, or for another key.
 */
export function nextInDirection(stops: readonly Stop[], from: string, key: string): string | undefined {
  if (key === 'Home') return stops[0]?.id
  if (key === 'End') return stops.at(-1)?.id
  const direction = DIRECTIONS[key]
  const here = stops.find(stop => stop.id === from)
  if (direction === undefined || here === undefined) return undefined
  let best: { readonly id: string; readonly cost: number } | undefined
  for (const stop of stops) {
    const along = (stop.x - here.x) * direction[0] + (stop.y - here.y) * direction[1]
    const aside = Math.abs((stop.x - here.x) * direction[1]) + Math.abs((stop.y - here.y) * direction[0])
    if (stop.id === from || along < 1) continue
    const cost = along + 2 * aside
    if (best === undefined || cost < best.cost) best = { id: stop.id, cost }
  }
  return best?.id
}

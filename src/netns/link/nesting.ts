import type { Skb } from '../model/skb.ts'

/** Whether a packet is a tunnel in a tunnel … too often to be wrapped once more. */
export function nestedTooDeep(skb: Skb, limit: number): boolean {
  let depth = 1
  for (let inner = skb.inner; inner !== null; inner = inner.inner) depth++
  return depth > limit
}

import type { Skb } from '../model/skb.ts'
import { MAX_NESTING } from './limits.ts'

/** Whether a packet is a tunnel in a tunnel … too often to be wrapped once more. */
export function nestedTooDeep(skb: Skb): boolean {
  let depth = 1
  for (let inner = skb.inner; inner !== null; inner = inner.inner) depth++
  return depth > MAX_NESTING
}

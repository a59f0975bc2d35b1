import { cloneSkb, type Skb } from '../model/skb.ts'

/** A copy of a frame for another receiver. The frame or packet that it carries is copied too: a receiver unwraps and changes it. */
export function cloneFrame(skb: Skb): Skb {
  const copy = cloneSkb(skb)
  if (skb.inner !== null) copy.inner = cloneFrame(skb.inner)
  return copy
}

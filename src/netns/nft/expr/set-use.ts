import type { Skb } from '../../model/skb.ts'
import { type Element, formatElement } from '../sets/element.ts'
import type { ElementStore } from '../sets/element-store.ts'
import type { NftWalk } from '../walk.ts'
import type { Expr } from './expr.ts'

/** A set or map as a rule uses it: by name, or with its elements written in the rule. */
export interface SetUse {
  readonly text: string
  /** Name, or null for one without. */
  readonly name: string | null
  readonly store: ElementStore | null
  /** How many elements were written, before they were merged; 0 for a named set. */
  readonly written: number
  /** The element of the packet's values; null when there is none, or the packet has no such values. */
  find(key: Expr, skb: Skb, walk: NftWalk, at: number): Element | null
}

export function namedSet(name: string): SetUse {
  return {
    text: `@${name}`,
    name,
    store: null,
    written: 0,
    find(key, skb, walk, at) {
      if (!key.read(skb, walk, at)) return null
      const element = walk.set(name)?.find(walk.key, at, walk.ns.sim.now) ?? null
      if (element !== null && element.counter !== null) {
        element.counter.packets++
        element.counter.bytes += skb.length
      }
      return element
    },
  }
}

export function anonymousSet(store: ElementStore, inOrder: readonly Element[], written: number): SetUse {
  return {
    text: `{ ${inOrder.map(formatElement).join(', ')} }`,
    name: null,
    store,
    written,
    find(key, skb, walk, at) {
      if (!key.read(skb, walk, at)) return null
      return store.find(walk.key, at, key.types.length)
    },
  }
}

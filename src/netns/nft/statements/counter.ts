import { NEXT } from '../sets/verdict.ts'
import { actionStatement, type Statement } from './statement.ts'

/** `counter packets P bytes B`: counts in two slots of the rule. */
export function counterStatement(slot: number): Statement {
  return actionStatement(
    'counter',
    null,
    (skb, { state }) => {
      state[slot] = (state[slot] ?? 0) + 1
      state[slot + 1] = (state[slot + 1] ?? 0) + skb.length
      return NEXT
    },
    {},
    state => `counter packets ${state[slot] ?? 0} bytes ${state[slot + 1] ?? 0}`,
  )
}

/** `counter name "NAME"`: counts in an object of the table. */
export function namedCounter(name: string): Statement {
  return actionStatement(
    `counter name "${name}"`,
    null,
    (skb, walk) => {
      const counter = walk.counter(name)
      if (counter !== undefined) {
        counter.packets++
        counter.bytes += skb.length
      }
      return NEXT
    },
    { counters: [name] },
  )
}

import { viewOf } from '../../skb-bytes.ts'
import { NEXT } from '../sets/verdict.ts'
import { actionStatement, type Statement } from './statement.ts'

/** `log …`: an event of the trace instead of a line of the kernel log. */
export function logStatement(text: string, prefix: string): Statement {
  return actionStatement(text, null, (skb, walk) => {
    const { sim, name } = walk.ns
    const rule = sim.recorder === null ? null : walk.ref()
    if (rule !== null) sim.recorder?.record({ kind: 'log', time: sim.now, ns: name, packet: viewOf(skb), rule, prefix })
    return NEXT
  })
}

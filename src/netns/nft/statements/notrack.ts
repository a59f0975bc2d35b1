import { HOOK_OUTPUT, HOOK_PREROUTING } from '../../model/netfilter.ts'
import { NEXT } from '../sets/verdict.ts'
import { actionStatement, type Statement } from './statement.ts'

/** `notrack`: conntrack leaves the packet alone (nft_ct.c, nft_notrack_eval: a packet with an entry keeps it). */
export function notrackStatement(): Statement {
  return actionStatement(
    'notrack',
    null,
    (skb, walk) => {
      if (skb.ct === null) walk.ns.conntrack.untrack(skb)
      return NEXT
    },
    { hooks: [HOOK_PREROUTING, HOOK_OUTPUT] },
  )
}

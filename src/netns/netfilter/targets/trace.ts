import { CONTINUE, createTarget } from '../rules/target.ts'
import type { TargetExtension } from '../text/extension.ts'

/** `-j TRACE`: marks the packet; iptables-nft takes it in every table. */
export const trace: TargetExtension = {
  name: 'TRACE',
  options: {},
  build: () =>
    createTarget('TRACE', '', 'CONTINUE', skb => {
      skb.nfTrace = true
      return CONTINUE
    }),
}

import { createMatch } from '../rules/match.ts'
import type { MatchExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import { hex } from '../text/values.ts'
import { readMarkValue } from './mark-value.ts'

/** `-m connmark` (net/netfilter/xt_connmark.c): the mark of the packet's flow. A packet without a flow never matches. */
export const connmark: MatchExtension = {
  name: 'connmark',
  options: { mark: { args: 1, invert: true } },
  build(options: Options) {
    const { value, mask, invert, text } = readMarkValue(options)
    return createMatch('connmark', text, skb => skb.ct !== null && ((skb.ct.mark & mask) === value) !== invert, {
      conntrack: true,
      actual: skb => (skb.ct === null ? 'no conntrack entry' : hex(skb.ct.mark)),
    })
  },
}

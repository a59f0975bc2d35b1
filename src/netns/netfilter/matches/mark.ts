import { createMatch } from '../rules/match.ts'
import type { MatchExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import { hex } from '../text/values.ts'
import { readMarkValue } from './mark-value.ts'

/** `-m mark` (net/netfilter/xt_mark.c): (mark & mask) == value. */
export const mark: MatchExtension = {
  name: 'mark',
  options: { mark: { args: 1, invert: true } },
  build(options: Options) {
    const { value, mask, invert, text } = readMarkValue(options)
    return createMatch('mark', text, skb => ((skb.mark & mask) === value) !== invert, { actual: skb => hex(skb.mark) })
  },
}

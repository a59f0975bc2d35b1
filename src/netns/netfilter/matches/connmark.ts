import { createMatch } from '../rules/match.ts'
import type { MatchExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import { formatMark, hex, parseMark } from '../text/values.ts'

/** `-m connmark` (net/netfilter/xt_connmark.c): the mark of the packet's flow. A packet without a flow never matches. */
export const connmark: MatchExtension = {
  name: 'connmark',
  options: { mark: { args: 1, invert: true } },
  build(options: Options) {
    const wanted = parseMark(options.required('mark'))
    if (wanted === undefined) options.fail('mark', 'VALUE or VALUE/MASK, each of 32 bits, is expected')
    const value = wanted.value | 0
    const mask = wanted.mask | 0
    const invert = options.inverted('mark')
    return createMatch(
      'connmark',
      `${options.bang('mark')}--mark ${formatMark(value, mask)}`,
      skb => skb.ct !== null && ((skb.ct.mark & mask) === value) !== invert,
      { conntrack: true, actual: skb => (skb.ct === null ? 'no conntrack entry' : hex(skb.ct.mark)) },
    )
  },
}

import { createMatch } from '../rules/match.ts'
import type { MatchExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import { formatMark, hex, parseMark } from '../text/values.ts'

/** `-m mark` (net/netfilter/xt_mark.c): (mark & mask) == value. */
export const mark: MatchExtension = {
  name: 'mark',
  options: { mark: { args: 1, invert: true } },
  build(options: Options) {
    const wanted = parseMark(options.required('mark'))
    if (wanted === undefined) options.fail('mark', 'VALUE or VALUE/MASK, each of 32 bits, is expected')
    const value = wanted.value | 0
    const mask = wanted.mask | 0
    const invert = options.inverted('mark')
    return createMatch(
      'mark',
      `${options.bang('mark')}--mark ${formatMark(value, mask)}`,
      skb => ((skb.mark & mask) === value) !== invert,
      { actual: skb => hex(skb.mark) },
    )
  },
}

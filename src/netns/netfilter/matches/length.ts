import { createMatch } from '../rules/match.ts'
import type { MatchExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import { formatRange, parseNumber } from '../text/values.ts'

/** `-m length` (net/netfilter/xt_length.c): bytes of the IP packet. */
export const length: MatchExtension = {
  name: 'length',
  options: { length: { args: 1, invert: true } },
  build(options: Options) {
    const text = options.required('length')
    const at = text.indexOf(':')
    const low = at < 0 ? text : text.slice(0, at) || '0'
    const high = at < 0 ? text : text.slice(at + 1) || '65535'
    const min = parseNumber(low, 0, 65535)
    const max = parseNumber(high, 0, 65535)
    if (min === undefined || max === undefined || min > max) {
      options.fail('length', `\`${text}' is not a length 0-65535 or FIRST:LAST`)
    }
    const invert = options.inverted('length')
    return createMatch(
      'length',
      `${options.bang('length')}--length ${formatRange({ min, max })}`,
      skb => (skb.length >= min && skb.length <= max) !== invert,
      { actual: skb => String(skb.length) },
    )
  },
}

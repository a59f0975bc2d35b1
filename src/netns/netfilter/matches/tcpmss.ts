import { IPPROTO_TCP } from '../../../wire/protocol.ts'
import { createMatch } from '../rules/match.ts'
import type { MatchExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import { formatRange, parseNumber } from '../text/values.ts'
import { requireProtocol } from './ports.ts'

/** `-m tcpmss` (net/netfilter/xt_tcpmss.c): the MSS option of a segment; without one it never matches unless inverted. */
export const tcpmss: MatchExtension = {
  name: 'tcpmss',
  options: { mss: { args: 1, invert: true } },
  build(options: Options) {
    requireProtocol(options, IPPROTO_TCP, 'tcp')
    const text = options.required('mss')
    const at = text.indexOf(':')
    const min = parseNumber(at < 0 ? text : text.slice(0, at), 0, 65535)
    const max = at < 0 ? min : parseNumber(text.slice(at + 1), 0, 65535)
    if (min === undefined || max === undefined || min > max)
      options.fail('mss', `\`${text}' is not a size or FIRST:LAST`)
    const invert = options.inverted('mss')
    return createMatch(
      'tcpmss',
      `${options.bang('mss')}--mss ${formatRange({ min, max })}`,
      skb => (skb.tcpMss > 0 && skb.tcpMss >= min && skb.tcpMss <= max) !== invert,
      { actual: skb => (skb.tcpMss === 0 ? 'no MSS option' : String(skb.tcpMss)) },
    )
  },
}

import { KubehopError } from '../../../errors.ts'
import { formatMac, type Mac, parseMac } from '../../../wire/mac.ts'
import { HOOK_FORWARD, HOOK_INPUT, HOOK_PREROUTING } from '../../model/netfilter.ts'
import { createMatch } from '../rules/match.ts'
import type { MatchExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'

/** `-m mac` (net/netfilter/xt_mac.c): the Ethernet source of a received frame. */
export const mac: MatchExtension = {
  name: 'mac',
  options: { 'mac-source': { args: 1, invert: true } },
  build(options: Options) {
    const wanted = read(options)
    const invert = options.inverted('mac-source')
    return createMatch(
      'mac',
      `${options.bang('mac-source')}--mac-source ${formatMac(wanted)}`,
      (skb, walk) => {
        const { inDev } = walk
        if (inDev === null || inDev.kind === 'loopback' || inDev.kind === 'ipip') return false
        return (skb.ethSrc === wanted) !== invert
      },
      { hooks: [HOOK_PREROUTING, HOOK_INPUT, HOOK_FORWARD], actual: skb => formatMac(skb.ethSrc) },
    )
  },
}

function read(options: Options): Mac {
  try {
    return parseMac(options.required('mac-source'))
  } catch (error) {
    if (error instanceof KubehopError) options.fail('mac-source', error.text)
    throw error
  }
}

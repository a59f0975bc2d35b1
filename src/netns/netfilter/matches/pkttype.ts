import { PACKET_BROADCAST, PACKET_HOST, PACKET_MULTICAST } from '../../model/skb.ts'
import { createMatch } from '../rules/match.ts'
import type { MatchExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'

/** Names that are printed come first for their type. */
const TYPES: readonly (readonly [string, number])[] = [
  ['unicast', PACKET_HOST],
  ['broadcast', PACKET_BROADCAST],
  ['multicast', PACKET_MULTICAST],
  ['host', PACKET_HOST],
  ['bcast', PACKET_BROADCAST],
  ['mcast', PACKET_MULTICAST],
]

/** `-m pkttype` (net/netfilter/xt_pkttype.c): how the frame was addressed. */
export const pkttype: MatchExtension = {
  name: 'pkttype',
  options: { 'pkt-type': { args: 1, invert: true } },
  build(options: Options) {
    const text = options.required('pkt-type')
    const wanted = TYPES.find(([name]) => name === text.toLowerCase())?.[1]
    if (wanted === undefined) options.fail('pkt-type', `\`${text}' is not unicast, broadcast or multicast`)
    const invert = options.inverted('pkt-type')
    const printed = nameOf(wanted)
    return createMatch(
      'pkttype',
      `${options.bang('pkt-type')}--pkt-type ${printed}`,
      skb => (skb.pktType === wanted) !== invert,
      { actual: skb => nameOf(skb.pktType) },
    )
  },
}

function nameOf(type: number): string {
  return TYPES.find(([, known]) => known === type)?.[0] ?? 'other host'
}

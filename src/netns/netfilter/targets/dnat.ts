import { HOOK_OUTPUT, HOOK_PREROUTING } from '../../model/netfilter.ts'
import { createTarget } from '../rules/target.ts'
import type { TargetExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import { formatFlags, formatNatRange, readNatRange } from './nat-range.ts'

/** `-j DNAT` (net/netfilter/xt_nat.c). */
export const dnat: TargetExtension = {
  name: 'DNAT',
  options: {
    'to-destination': { args: 1 },
    random: { args: 0 },
    persistent: { args: 0 },
  },
  build(options: Options) {
    const range = readNatRange(options, 'to-destination')
    return createTarget(
      'DNAT',
      `--to-destination ${formatNatRange(range)}${formatFlags(range)}`,
      'ACCEPT',
      (skb, walk) => walk.ns.conntrack.bindNat(skb, range, 'dst'),
      { conntrack: true, tables: ['nat'], hooks: [HOOK_PREROUTING, HOOK_OUTPUT] },
    )
  },
}

import { HOOK_INPUT, HOOK_POSTROUTING } from '../../model/netfilter.ts'
import { createTarget } from '../rules/target.ts'
import type { TargetExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import { formatFlags, formatNatRange, readNatRange } from './nat-range.ts'

/** `-j SNAT` (net/netfilter/xt_nat.c). */
export const snat: TargetExtension = {
  name: 'SNAT',
  options: {
    'to-source': { args: 1 },
    random: { args: 0 },
    'random-fully': { args: 0 },
    persistent: { args: 0 },
  },
  build(options: Options) {
    const range = readNatRange(options, 'to-source')
    return createTarget(
      'SNAT',
      `--to-source ${formatNatRange(range)}${formatFlags(range)}`,
      'ACCEPT',
      (skb, walk) => walk.ns.conntrack.bindNat(skb, range, 'src'),
      { conntrack: true, tables: ['nat'], hooks: [HOOK_POSTROUTING, HOOK_INPUT] },
    )
  },
}

import { isUnspecified, V4_ANY } from '../../../wire/addr.ts'
import { HOOK_POSTROUTING, NF_ACCEPT, NF_DROP, type Verdict } from '../../model/netfilter.ts'
import type { Skb } from '../../model/skb.ts'
import { recordDrop } from '../record.ts'
import { createTarget } from '../rules/target.ts'
import type { TargetExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import type { Walk } from '../walk.ts'
import { formatFlags, formatPorts, natRange, readToPorts, withAddress } from './nat-range.ts'

/**
 * `-j MASQUERADE` (net/netfilter/nf_nat_masquerade.c): the source becomes the address of the outgoing device that fits the
 * next hop, whatever source the route prefers.
 */
export const masquerade: TargetExtension = {
  name: 'MASQUERADE',
  options: {
    'to-ports': { args: 1 },
    random: { args: 0 },
    'random-fully': { args: 0 },
  },
  build(options: Options) {
    const range = natRange(options, V4_ANY, V4_ANY, readToPorts(options))
    const ports = range.minPort === 0 ? '' : ` --to-ports ${formatPorts(range.minPort, range.maxPort)}`
    const apply = (skb: Skb, walk: Walk): Verdict => {
      const { outDev, ns } = walk
      if (skb.ct === null || outDev === null) return NF_ACCEPT
      const nextHop = walk.family === 4 ? (skb.route?.gateway ?? skb.dst) : skb.dst
      const addr = ns.fib.selectAddress(outDev, nextHop)
      if (isUnspecified(addr)) {
        recordDrop(ns, skb, 'nat_failed', `MASQUERADE: ${outDev.name} has no address`, walk.ref())
        return NF_DROP
      }
      skb.ct.masqueradedBy = outDev.index
      return ns.conntrack.bindNat(skb, withAddress(range, addr), 'src')
    }
    return createTarget('MASQUERADE', `${ports}${formatFlags(range)}`.trimStart(), 'ACCEPT', apply, {
      conntrack: true,
      tables: ['nat'],
      hooks: [HOOK_POSTROUTING],
    })
  },
}

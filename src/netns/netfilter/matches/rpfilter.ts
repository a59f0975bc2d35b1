import { isMulticast, isUnspecified, V4_ANY, V6_ANY } from '../../../wire/addr.ts'
import { HOOK_PREROUTING } from '../../model/netfilter.ts'
import type { Skb } from '../../model/skb.ts'
import { createMatch } from '../rules/match.ts'
import type { MatchExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import type { Walk } from '../walk.ts'

/** `-m rpfilter` (ipt_rpfilter.c, ip6t_rpfilter.c): whether an answer would leave by the device the packet came in by. */
export const rpfilter: MatchExtension = {
  name: 'rpfilter',
  options: {
    loose: { args: 0 },
    validmark: { args: 0 },
    'accept-local': { args: 0 },
    invert: { args: 0 },
  },
  build(options: Options) {
    const { table } = options.context
    if (table !== 'raw' && table !== 'mangle') options.fail(null, 'is for PREROUTING of raw or mangle only')
    const names = ['loose', 'validmark', 'accept-local', 'invert']
    const invert = options.has('invert')
    const test = (skb: Skb, walk: Walk): boolean =>
      passes(skb, walk, options.has('loose'), options.has('validmark'), options.has('accept-local')) !== invert
    const text = names
      .filter(name => options.has(name))
      .map(name => `--${name}`)
      .join(' ')
    return createMatch('rpfilter', text, test, { hooks: [HOOK_PREROUTING] })
  },
}

function passes(skb: Skb, walk: Walk, loose: boolean, validmark: boolean, acceptLocal: boolean): boolean {
  const { inDev, ns, family } = walk
  if (inDev === null || inDev.kind === 'loopback' || skb.looped) return true
  if (isUnspecified(skb.src) && (isMulticast(skb.dst) || skb.dst === 0xffffffff)) return true
  if (family === 6 && isMulticast(skb.src)) return true
  // The way back: from the address that the packet was for, which rules of routing may ask for (rpfilter_get_saddr).
  const own = isMulticast(skb.dst) || isUnspecified(skb.dst) || skb.dst === 0xffffffff
  const from = own ? (family === 4 ? V4_ANY : V6_ANY) : skb.dst
  const decision = ns.fib.lookupOutput(skb.src, from, validmark ? skb.mark : 0, 0, true)
  const kind = decision.route?.kind
  if (kind !== 'unicast' && !(kind === 'local' && acceptLocal)) return false
  return loose || decision.dev === inDev || decision.route?.dev === inDev
}

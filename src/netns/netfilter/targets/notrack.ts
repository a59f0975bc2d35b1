import type { Skb } from '../../model/skb.ts'
import { CONTINUE, createTarget } from '../rules/target.ts'
import type { TargetExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import type { Walk } from '../walk.ts'

/** `-j NOTRACK`: the older form of `-j CT --notrack`. */
export const notrack: TargetExtension = {
  name: 'NOTRACK',
  options: {},
  build: () => createTarget('NOTRACK', '', 'CONTINUE', untrack, { tables: ['raw'] }),
}

/** `-j CT --notrack` (net/netfilter/xt_CT.c). Zones, helpers, templates of timeouts and events are refused. */
export const ct: TargetExtension = {
  name: 'CT',
  options: {
    notrack: { args: 0 },
    zone: { args: 1 },
    'zone-orig': { args: 1 },
    'zone-reply': { args: 1 },
    helper: { args: 1 },
    ctevents: { args: 1 },
    expevents: { args: 1 },
    timeout: { args: 1 },
  },
  build(options: Options) {
    if (!options.has('notrack')) options.fail(null, 'only --notrack is simulated by kubehop')
    return createTarget('CT', '--notrack', 'CONTINUE', untrack, { tables: ['raw'] })
  },
}

function untrack(skb: Skb, walk: Walk): typeof CONTINUE {
  // Seen before (over lo): it keeps its entry.
  if (skb.ct === null) walk.ns.conntrack.untrack(skb)
  return CONTINUE
}

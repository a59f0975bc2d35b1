import { IPPROTO_TCP, TCP_SYN } from '../../../wire/protocol.ts'
import { HOOK_FORWARD, HOOK_OUTPUT, HOOK_POSTROUTING, type Hook } from '../../model/netfilter.ts'
import type { Skb } from '../../model/skb.ts'
import { CONTINUE, createTarget } from '../rules/target.ts'
import type { TargetExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import { parseNumber } from '../text/values.ts'
import type { Walk } from '../walk.ts'

/** Hooks where the path is known, for --clamp-mss-to-pmtu. */
const ROUTED: readonly Hook[] = [HOOK_FORWARD, HOOK_OUTPUT, HOOK_POSTROUTING]
const TCP_HEADER = 20

/** `-j TCPMSS` (net/netfilter/xt_TCPMSS.c): lowers the MSS option; a SYN without one gets none here. */
export const tcpmss: TargetExtension = {
  name: 'TCPMSS',
  options: { 'set-mss': { args: 1 }, 'clamp-mss-to-pmtu': { args: 0 } },
  build(options: Options) {
    options.exclusive('set-mss', 'clamp-mss-to-pmtu')
    if (options.context.proto !== IPPROTO_TCP || options.context.protoInvert)
      options.fail(null, "needs `-p tcp' in the rule")
    if (options.has('clamp-mss-to-pmtu')) {
      const apply = (skb: Skb, walk: Walk): typeof CONTINUE => clamp(skb, pathMss(skb, walk))
      return createTarget('TCPMSS', '--clamp-mss-to-pmtu', 'CONTINUE', apply, { hooks: ROUTED, tables: ['mangle'] })
    }
    const mss = parseNumber(options.required('set-mss'), 0, 65535)
    if (mss === undefined) options.fail('set-mss', 'a size 0-65535 is expected')
    return createTarget('TCPMSS', `--set-mss ${mss}`, 'CONTINUE', skb => clamp(skb, mss), { tables: ['mangle'] })
  },
}

function clamp(skb: Skb, mss: number): typeof CONTINUE {
  // Only lowered: an MSS below the wanted one stays.
  if ((skb.tcpFlags & TCP_SYN) !== 0 && skb.tcpMss > mss) skb.tcpMss = mss
  return CONTINUE
}

/** The lesser MTU of the way there and back, less the headers. */
function pathMss(skb: Skb, walk: Walk): number {
  const { fib } = walk.ns
  const headers = TCP_HEADER + (walk.family === 4 ? 20 : 40)
  const there = skb.route === null ? (walk.outDev?.mtu ?? 0) : fib.mtuTo(skb.route, skb.dst)
  const back = fib.lookupOutput(skb.src, skb.dst, 0, 0, true)
  const backMtu = back.dev === null ? there : fib.mtuTo(back, skb.src)
  return Math.max(0, Math.min(there, backMtu) - headers)
}

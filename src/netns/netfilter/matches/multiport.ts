import { createMatch } from '../rules/match.ts'
import type { MatchExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import { formatRange, parsePortRange, type Range } from '../text/values.ts'
import { actualPorts } from './ports.ts'

/** XT_MULTI_PORTS: a range counts as two. */
const MAX_PORTS = 15
const SIDES = ['sports', 'dports', 'ports'] as const
/** TCP, UDP, UDP-Lite, SCTP, DCCP. */
const PROTOCOLS: readonly number[] = [6, 17, 136, 132, 33]

/** `-m multiport` (net/netfilter/xt_multiport.c). */
export const multiport: MatchExtension = {
  name: 'multiport',
  options: {
    sports: { args: 1, invert: true },
    'source-ports': { args: 1, invert: true, is: 'sports' },
    dports: { args: 1, invert: true },
    'destination-ports': { args: 1, invert: true, is: 'dports' },
    ports: { args: 1, invert: true },
  },
  build(options: Options) {
    const { proto, protoInvert } = options.context
    if (protoInvert || !PROTOCOLS.includes(proto)) {
      options.fail(null, "needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'")
    }
    options.exclusive(...SIDES)
    const side = SIDES.find(name => options.has(name))
    if (side === undefined) options.fail(null, 'one of --sports, --dports or --ports must be specified')
    const ranges: Range[] = []
    let used = 0
    for (const part of options.required(side).split(',')) {
      // Unlike --dport, both ends of a range must be given.
      const range = part.startsWith(':') || part.endsWith(':') ? undefined : parsePortRange(part)
      if (range === undefined || range.min > range.max) options.fail(side, `invalid port or range \`${part}'`)
      used += part.includes(':') ? 2 : 1
      if (used > MAX_PORTS) options.fail(side, `too many ports specified, at most ${MAX_PORTS}, a range counts as two`)
      ranges.push(range)
    }
    const invert = options.inverted(side)
    const min = ranges.map(range => range.min)
    const max = ranges.map(range => range.max)
    const has = (port: number): boolean => {
      for (let i = 0; i < min.length; i++) if (port >= (min[i] ?? 0) && port <= (max[i] ?? 0)) return true
      return false
    }
    const source = side !== 'dports'
    const destination = side !== 'sports'
    return createMatch(
      'multiport',
      `${options.bang(side)}--${side} ${ranges.map(range => formatRange(range)).join(',')}`,
      skb => skb.fragOffset === 0 && ((source && has(skb.sport)) || (destination && has(skb.dport))) !== invert,
      { actual: actualPorts },
    )
  },
}

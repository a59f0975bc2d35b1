import { type Addr, isV6, v6Word } from '../../../wire/addr.ts'
import { createMatch } from '../rules/match.ts'
import type { MatchExtension } from '../text/extension.ts'
import { formatAddrC } from '../text/format-addr.ts'
import type { Options } from '../text/options.ts'
import { parseAddrOf } from '../text/values.ts'

interface AddrRange {
  readonly min: Addr
  readonly max: Addr
  readonly invert: boolean
}

/** `-m iprange` (net/netfilter/xt_iprange.c). */
export const iprange: MatchExtension = {
  name: 'iprange',
  options: { 'src-range': { args: 1, invert: true }, 'dst-range': { args: 1, invert: true } },
  build(options: Options) {
    const src = read(options, 'src-range')
    const dst = read(options, 'dst-range')
    if (src === null && dst === null) options.fail(null, 'you must specify --src-range or --dst-range')
    return createMatch(
      'iprange',
      [...format('src-range', src), ...format('dst-range', dst)].join(' '),
      skb => (src === null || inRange(src, skb.src)) && (dst === null || inRange(dst, skb.dst)),
      { actual: skb => `${formatAddrC(skb.src)} to ${formatAddrC(skb.dst)}` },
    )
  },
}

function read(options: Options, name: string): AddrRange | null {
  const text = options.value(name)
  if (text === undefined) return null
  const dash = text.indexOf('-')
  const min = parseAddrOf(dash < 0 ? text : text.slice(0, dash), options.context.family)
  const max = dash < 0 ? min : parseAddrOf(text.slice(dash + 1), options.context.family)
  if (min === undefined || max === undefined || compare(min, max) > 0) {
    options.fail(name, `bad range \`${text}', FIRST-LAST of IPv${options.context.family} addresses is expected`)
  }
  return { min, max, invert: options.inverted(name) }
}

function format(name: string, range: AddrRange | null): string[] {
  return range === null
    ? []
    : [`${range.invert ? '! ' : ''}--${name} ${formatAddrC(range.min)}-${formatAddrC(range.max)}`]
}

function inRange(range: AddrRange, addr: Addr): boolean {
  return (compare(addr, range.min) >= 0 && compare(addr, range.max) <= 0) !== range.invert
}

/** Order of two addresses of one family. */
function compare(a: Addr, b: Addr): number {
  if (!isV6(a)) return a - b
  for (const i of [0, 1, 2, 3] as const) {
    const difference = v6Word(a, i) - v6Word(b, i)
    if (difference !== 0) return difference
  }
  return 0
}

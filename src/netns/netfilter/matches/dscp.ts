import { createMatch } from '../rules/match.ts'
import type { MatchExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import { parseNumber } from '../text/values.ts'

/** Class names (RFC 2474 §4.2.2, RFC 2597 §6, RFC 3246 §2.7). */
const CLASSES: ReadonlyMap<string, number> = new Map([
  ['EF', 46],
  ['BE', 0],
  ...[0, 1, 2, 3, 4, 5, 6, 7].map(i => [`CS${i}`, 8 * i] as const),
  ...[1, 2, 3, 4].flatMap(i => [1, 2, 3].map(j => [`AF${i}${j}`, 8 * i + 2 * j] as const)),
])

/** Reads `--dscp VALUE` or `--dscp-class NAME` (with the prefix `set-` for the target). */
export function readDscp(options: Options, prefix: '' | 'set-'): number {
  options.exclusive(`${prefix}dscp`, `${prefix}dscp-class`)
  const byName = options.value(`${prefix}dscp-class`)
  if (byName !== undefined) {
    return CLASSES.get(byName.toUpperCase()) ?? options.fail(`${prefix}dscp-class`, `unknown DSCP class \`${byName}'`)
  }
  const value = parseNumber(options.required(`${prefix}dscp`), 0, 63)
  if (value === undefined) options.fail(`${prefix}dscp`, 'a number 0-63 is expected')
  return value
}

/** `0x2e`. */
export function formatDscp(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`
}

/** `-m dscp` (net/netfilter/xt_dscp.c): the upper six bits of TOS or traffic class. */
export const dscp: MatchExtension = {
  name: 'dscp',
  options: { dscp: { args: 1, invert: true }, 'dscp-class': { args: 1, invert: true } },
  build(options: Options) {
    const value = readDscp(options, '')
    const invert = options.inverted('dscp') || options.inverted('dscp-class')
    return createMatch(
      'dscp',
      `${invert ? '! ' : ''}--dscp ${formatDscp(value)}`,
      skb => (skb.tos >> 2 === value) !== invert,
      { actual: skb => formatDscp(skb.tos >> 2) },
    )
  },
}

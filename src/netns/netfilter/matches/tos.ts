import { createMatch } from '../rules/match.ts'
import type { MatchExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import { hex, parseNumber } from '../text/values.ts'

const NAMES: ReadonlyMap<string, number> = new Map([
  ['minimize-delay', 0x10],
  ['maximize-throughput', 0x08],
  ['maximize-reliability', 0x04],
  ['minimize-cost', 0x02],
  ['normal-service', 0x00],
])
/** A name leaves the bits of ECN and the topmost two alone. */
const NAME_MASK = 0x3f

/** Reads `VALUE`, `VALUE/MASK` or a name. */
export function readTos(options: Options, option: string): { value: number; mask: number } {
  const text = options.required(option)
  const named = NAMES.get(text.toLowerCase())
  if (named !== undefined) return { value: named, mask: NAME_MASK }
  const slash = text.indexOf('/')
  const value = parseNumber(slash < 0 ? text : text.slice(0, slash), 0, 255)
  const mask = slash < 0 ? 0xff : parseNumber(text.slice(slash + 1), 0, 255)
  if (value === undefined || mask === undefined)
    options.fail(option, `\`${text}' is not VALUE/MASK or the name of a TOS`)
  return { value, mask }
}

/** `0x10/0xff`. */
export function formatTos(value: number, mask: number): string {
  const byte = (n: number): string => `0x${n.toString(16).padStart(2, '0')}`
  return `${byte(value)}/${byte(mask)}`
}

/** `-m tos` (net/netfilter/xt_dscp.c). */
export const tos: MatchExtension = {
  name: 'tos',
  options: { tos: { args: 1, invert: true } },
  build(options: Options) {
    const { value, mask } = readTos(options, 'tos')
    const invert = options.inverted('tos')
    return createMatch(
      'tos',
      `${options.bang('tos')}--tos ${formatTos(value, mask)}`,
      skb => ((skb.tos & mask) === value) !== invert,
      { actual: skb => hex(skb.tos) },
    )
  },
}

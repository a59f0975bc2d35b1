import type { Options } from '../text/options.ts'
import { formatMark, parseMark } from '../text/values.ts'

/** What `--mark VALUE[/MASK]` of the mark and connmark matches says. */
export interface MarkValue {
  readonly value: number
  readonly mask: number
  readonly invert: boolean
  /** As iptables-save prints it. */
  readonly text: string
}

export function readMarkValue(options: Options): MarkValue {
  const wanted = parseMark(options.required('mark'))
  if (wanted === undefined) options.fail('mark', 'VALUE or VALUE/MASK, each of 32 bits, is expected')
  const value = wanted.value | 0
  const mask = wanted.mask | 0
  return {
    value,
    mask,
    invert: options.inverted('mark'),
    text: `${options.bang('mark')}--mark ${formatMark(value, mask)}`,
  }
}

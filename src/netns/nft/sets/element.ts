import type { Interval } from '../types/interval.ts'
import { formatVerdict, type Verdict } from './verdict.ts'

/** What an element of a map stands for: a verdict, or values of the map's data types. */
export type ElementData =
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'values'; readonly values: readonly Interval[] }

/** One element of a set or map. The key is null for the catch-all `*`. */
export interface Element {
  readonly key: readonly Interval[] | null
  readonly data: ElementData | null
  /** Its own timeout in microseconds, 0 for none. */
  readonly timeout: number
  /** Simulated time at which it goes, 0 for never. */
  expires: number
  readonly comment: string | null
  /** Packets and bytes that found it, in sets with `counter`. */
  readonly counter: { packets: number; bytes: number } | null
}

export function formatKey(key: readonly Interval[] | null): string {
  return key === null ? '*' : key.map(String).join(' . ')
}

export function formatData(data: ElementData): string {
  return data.kind === 'verdict' ? formatVerdict(data.verdict) : data.values.map(String).join(' . ')
}

/** Key, comment and data, as in the trace. */
export function formatElement(element: Element): string {
  const comment = element.comment === null ? '' : ` comment "${element.comment}"`
  const data = element.data === null ? '' : ` : ${formatData(element.data)}`
  return `${formatKey(element.key)}${comment}${data}`
}

import { type Addr, addrFromBigInt } from '../../../wire/addr.ts'
import type { Element, ElementData } from '../sets/element.ts'
import { GOTO, JUMP, simpleVerdict, type Verdict } from '../sets/verdict.ts'
import type { DataType } from '../types/data-type.ts'
import { IPV4_ADDR } from '../types/data-types.ts'
import { Interval } from '../types/interval.ts'
import { parseTime } from '../types/time.ts'
import { asPrefix, isAddress, parseConcatValue } from './parse-value.ts'
import type { TokenReader } from './token-reader.ts'

/**
 * `{ KEY [timeout T] [expires T] [comment "…"] [: DATA], … }`. Times are relative to when the elements are added. `minData`:
 * how many of the values of the data must be there.
 */
export function parseElements(
  reader: TokenReader,
  types: readonly DataType[],
  data: readonly DataType[] | 'verdict' | null,
  minData = data === null ? 0 : data.length,
): Element[] {
  reader.expect('{')
  const elements: Element[] = []
  for (;;) {
    reader.skipEnds()
    if (reader.accept('}')) return elements
    elements.push(parseElement(reader, types, data, minData))
    reader.skipEnds()
    if (!reader.sees('}')) reader.expect(',')
  }
}

/** `accept`, `jump CHAIN`, …; undefined when the next word is none of them. */
export function parseVerdict(reader: TokenReader): Verdict | undefined {
  const { kind, text } = reader.next
  if (kind !== 'word') return undefined
  const simple = simpleVerdict(text)
  if (simple !== undefined) {
    reader.take()
    return simple
  }
  if (text !== 'jump' && text !== 'goto') return undefined
  reader.take()
  return { outcome: text === 'jump' ? JUMP : GOTO, chain: reader.name('a chain') }
}

/** Overlapping and touching intervals become one (auto-merge, and sets without a name). */
export function mergeIntervals(elements: readonly Element[]): Element[] {
  const parts = elements.flatMap(element =>
    element.key?.length === 1 && element.key[0] !== undefined ? [element.key[0]] : [],
  )
  const bare = elements.every(({ timeout, comment, expires }) => timeout === 0 && expires === 0 && comment === null)
  if (
    !bare ||
    parts.length !== elements.length ||
    parts.every(part => part.single) ||
    parts.some(part => part.form === 'wildcard')
  ) {
    return [...elements]
  }
  const sorted = [...parts].sort((a, b) => compare(a.lowest, b.lowest))
  const merged: Interval[] = []
  for (const part of sorted) {
    const last = merged[merged.length - 1]
    if (last !== undefined && BigInt(part.lowest) <= BigInt(last.highest) + 1n) {
      if (part.highest > last.highest) merged[merged.length - 1] = Interval.range(part.type, last.lo, part.hi)
    } else {
      merged.push(part)
    }
  }
  return merged.map(part => ({ ...bareElement, key: [asPrefix(whole(part))] }))
}

/** In the order in which nft prints them: by their last component, unless there are intervals among several components; `*` comes last. */
export function sortElements(elements: Iterable<Element>, interval: boolean): Element[] {
  const list = [...elements]
  const concat = list.some(({ key }) => (key?.length ?? 0) > 1)
  if (interval && concat) return list
  return list.sort((a, b) => {
    const [x, y] = [a, b].map(({ key }) => key?.[key.length - 1])
    if (x === undefined || y === undefined) return Number(x === undefined) - Number(y === undefined)
    // Names are numbers of the host's byte order, but intervals of them are compared from their begin.
    if (interval && typeof x.lo === 'string' && typeof y.lo === 'string') return x.lo < y.lo ? -1 : 1
    return concat ? compare(swapped(x), swapped(y)) : compare(x.lowest, y.lowest)
  })
}

/** The last component of a concatenation is compared as a number of the host's byte order, whatever it is. */
function swapped(part: Interval): number | bigint {
  const order = part.lowest
  if (typeof order === 'bigint') return order
  if (part.type.name === 'inet_service') return ((order & 255) << 8) | (order >>> 8)
  if (part.type !== IPV4_ADDR) return order
  return (((order & 255) << 24) | ((order & 0xff00) << 8) | ((order >>> 8) & 0xff00) | (order >>> 24)) >>> 0
}

const bareElement = { data: null, timeout: 0, expires: 0, comment: null, counter: null }

/** The lower and upper end as values of their type, where a prefix has them already. */
function whole(part: Interval): Interval {
  if (!isAddress(part.type) || part.form === 'prefix') return part
  const family = part.type === IPV4_ADDR ? 4 : 6
  const end = (order: number | bigint): Addr => addrFromBigInt(BigInt(order), family)
  return Interval.range(part.type, end(part.lowest), end(part.highest))
}

function compare(a: number | bigint, b: number | bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function parseElement(
  reader: TokenReader,
  types: readonly DataType[],
  dataTypes: readonly DataType[] | 'verdict' | null,
  minData: number,
): Element {
  const key = reader.accept('*') ? null : parseConcatValue(reader, types).map(asPrefix)
  let [timeout, expires] = [0, 0]
  let comment: string | null = null
  let counter: Element['counter'] = null
  for (;;) {
    if (reader.accept('timeout')) timeout = parseDuration(reader)
    else if (reader.accept('expires')) expires = parseDuration(reader)
    else if (reader.accept('comment')) comment = reader.quoted('a comment')
    else if (reader.accept('counter')) counter = parseCounts(reader)
    else break
  }
  if (dataTypes === null) return { key, data: null, timeout, expires, comment, counter }
  reader.expect(':')
  return { key, data: parseData(reader, dataTypes, minData), timeout, expires, comment, counter }
}

function parseData(reader: TokenReader, types: readonly DataType[] | 'verdict', least: number): ElementData {
  if (types !== 'verdict') return { kind: 'values', values: parseConcatValue(reader, types, least) }
  const verdict = parseVerdict(reader)
  if (verdict === undefined) reader.unexpected('a verdict')
  return { kind: 'verdict', verdict }
}

/** `packets P bytes B`, both 0 when not given. */
export function parseCounts(reader: TokenReader): { packets: number; bytes: number } {
  if (!reader.accept('packets')) return { packets: 0, bytes: 0 }
  const packets = reader.number('a number of packets', Number.MAX_SAFE_INTEGER)
  reader.expect('bytes')
  return { packets, bytes: reader.number('a number of bytes', Number.MAX_SAFE_INTEGER) }
}

/** Microseconds. */
export function parseDuration(reader: TokenReader): number {
  const { kind, text } = reader.next
  const time = kind === 'word' || kind === 'number' || kind === 'string' ? parseTime(text) : undefined
  if (time === undefined) reader.unexpected('a time such as 1h30m')
  reader.take()
  return time
}

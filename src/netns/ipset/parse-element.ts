import { type Addr, isUnspecified, isV6, tryParseAddr, v4 } from '../../wire/addr.ts'
import { maskAddr, tryParseCidr } from '../../wire/prefix.ts'
import type { Element } from './element.ts'
import { parsePort } from './port.ts'
import type { SetOptions } from './set-options.ts'
import type { Dimension } from './set-type.ts'
import { tryParseMac } from './try-parse-mac.ts'

/** An element text may stand for many elements; more are refused. */
const MAX_ELEMENTS = 65_536

interface Value {
  readonly value: number
  readonly length: number
}

/**
 * Reads `A[,B[,C]]` into the elements it stands for: ranges of addresses and ports are spread out, ranges of nets are cut
 * into prefixes. Returns a message instead when it is not an element of such a set.
 */
export function parseElement(text: string, options: SetOptions): readonly Element[] | string {
  const { dimensions } = options.type
  const parts = text.split(',')
  if (parts.length !== dimensions.length) {
    return `\`${text}' has ${parts.length} parts, ${dimensions.length} are expected: ${options.type.name}`
  }
  let elements: Element[] = [{ values: [], lengths: [] }]
  for (let i = 0; i < dimensions.length; i++) {
    const dimension = dimensions[i] ?? 'ip'
    const values = parseValues(parts[i] ?? '', dimension, options)
    if (typeof values === 'string') return values
    if (elements.length * values.length > MAX_ELEMENTS)
      return `\`${text}' stands for more than ${MAX_ELEMENTS} elements`
    elements = elements.flatMap(element =>
      values.map(({ value, length }) => ({
        values: [...element.values, value],
        lengths: [...element.lengths, length],
      })),
    )
  }
  return elements
}

function parseValues(text: string, dimension: Dimension, options: SetOptions): readonly Value[] | string {
  switch (dimension) {
    case 'ip':
      return addresses(text, options)
    case 'net':
      return nets(text, options.family)
    case 'port':
      return ports(text, options)
    case 'mac': {
      const mac = tryParseMac(text)
      return mac === undefined || mac === 0 ? `\`${text}' is not a MAC address` : [{ value: mac, length: 0 }]
    }
    case 'mark': {
      const mark = /^(?:0x[0-9a-f]{1,8}|[0-9]{1,10})$/i.test(text) ? Number(text) : -1
      if (mark < 0 || mark > 0xffffffff) return `\`${text}' is not a mark of 32 bits`
      return [{ value: (mark & options.markmask) >>> 0, length: 0 }]
    }
  }
}

function notAddress(text: string, family: 4 | 6): string {
  return `cannot parse \`${text}' as an IPv${family} address`
}

/** `A`, `A/LENGTH` (every address of it, IPv4 only), `A-B`. */
function addresses(text: string, options: SetOptions): readonly Value[] | string {
  const { family } = options
  const bits = family === 4 ? 32 : 128
  const cut = (addr: Addr): Value => ({
    value: options.netmask > 0 ? maskAddr(addr, options.netmask) : addr,
    length: bits,
  })
  const single = tryParseAddr(text)
  if (single !== undefined) {
    if (isV6(single) !== (family === 6)) return notAddress(text, family)
    const value = cut(single)
    return isUnspecified(value.value as Addr) ? 'null-valued element, cannot be stored in a hash type of set' : [value]
  }
  if (family === 6) return `plain IPv6 address must be supplied, found \`${text}'`
  const range = rangeOf(text)
  if (range === undefined) return notAddress(text, family)
  if (range.first === 0) return 'null-valued element, cannot be stored in a hash type of set'
  if (range.last - range.first >= MAX_ELEMENTS) return `\`${text}' stands for more than ${MAX_ELEMENTS} elements`
  const values = new Map<number, Value>()
  for (let at = range.first; at <= range.last; at++) {
    const value = cut(v4(at))
    values.set(value.value, value)
  }
  return [...values.values()]
}

/** First and last address of `A/LENGTH` or `A-B`, IPv4. */
function rangeOf(text: string): { first: number; last: number } | undefined {
  const dash = text.indexOf('-')
  if (dash < 0) {
    const cidr = tryParseCidr(text)
    if (cidr === undefined || isV6(cidr.addr)) return undefined
    const first = maskAddr(cidr.addr, cidr.length)
    return { first, last: first + 2 ** (32 - cidr.length) - 1 }
  }
  const first = tryParseAddr(text.slice(0, dash))
  const last = tryParseAddr(text.slice(dash + 1))
  if (first === undefined || last === undefined || isV6(first) || isV6(last) || first > last) return undefined
  return { first, last }
}

/** `A`, `A/LENGTH`, and for IPv4 `A-B`, cut into as few prefixes as possible. */
function nets(text: string, family: 4 | 6): readonly Value[] | string {
  const cidr = tryParseCidr(text)
  if (cidr !== undefined) {
    if (isV6(cidr.addr) !== (family === 6)) return notAddress(text, family)
    if (cidr.length === 0) return 'the CIDR parameter of the IP address is invalid: /0 is not possible'
    return [{ value: maskAddr(cidr.addr, cidr.length), length: cidr.length }]
  }
  const range = family === 4 && text.includes('-') ? rangeOf(text) : undefined
  if (range === undefined) return notAddress(text, family)
  const values: Value[] = []
  for (let at = range.first; at <= range.last; ) {
    let length = 32
    while (length > 1) {
      const size = 2 ** (32 - (length - 1))
      if (at % size !== 0 || at + size - 1 > range.last) break
      length--
    }
    values.push({ value: at, length })
    at += 2 ** (32 - length)
  }
  return values
}

function ports(text: string, options: SetOptions): readonly Value[] | string {
  const range = parsePort(text)
  if (range === undefined) return `cannot parse \`${text}' as [PROTO:]PORT`
  const values: Value[] = []
  const bitmap = options.type.storage === 'bitmap'
  for (let at = range.first; at <= range.last; at++) {
    const value = bitmap ? at & 0xffff : at
    if (bitmap && (value < options.portFirst || value > options.portLast)) {
      return `port ${value} is out of the range ${options.portFirst}-${options.portLast} of the set`
    }
    values.push({ value, length: 0 })
  }
  return values
}

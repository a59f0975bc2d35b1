import { type Addr, isV6, v6Word } from '../../wire/addr.ts'
import { formatMac, type Mac } from '../../wire/mac.ts'
import { mask32 } from '../../wire/prefix.ts'
import { formatSetAddr } from './format-set-addr.ts'
import { formatPort } from './port.ts'
import type { Dimension } from './set-type.ts'

/** One value per dimension: an address (masked for a net), protocol·65536+port, a MAC, a mark. */
export interface Element {
  readonly values: readonly number[]
  /** Prefix lengths of the net dimensions; the full length elsewhere. */
  readonly lengths: readonly number[]
}

/** Numbers that a dimension contributes to the key of an element. */
const KEY_NUMBERS = 5

/** Room for the keys of three dimensions. */
export const KEY_SIZE = 3 * KEY_NUMBERS

/**
 * Writes the key of one dimension at `at` and returns where the next begins. Nets of IPv6 are written word by word, so that
 * looking packets up does not intern their masked addresses.
 */
export function writeKey(key: Float64Array, at: number, dimension: Dimension, value: number, length: number): number {
  if (dimension !== 'net') {
    key[at] = value
    return at + 1
  }
  const addr = value as Addr
  if (!isV6(addr)) {
    key[at] = ((value & mask32(length)) >>> 0) * 64 + length
    return at + 1
  }
  for (const i of [0, 1, 2, 3] as const) key[at + i] = (v6Word(addr, i) & mask32(length - 32 * i)) >>> 0
  key[at + 4] = length
  return at + 5
}

/** The element as `ipset save` prints it. */
export function formatElement(element: Element, dimensions: readonly Dimension[], bitmap: boolean): string {
  return dimensions
    .map((dimension, i) => formatValue(dimension, element.values[i] ?? 0, element.lengths[i] ?? 0, bitmap))
    .join(',')
}

function formatValue(dimension: Dimension, value: number, length: number, bitmap: boolean): string {
  switch (dimension) {
    case 'ip':
      return formatSetAddr(value as Addr)
    case 'net': {
      const addr = value as Addr
      return length === (isV6(addr) ? 128 : 32) ? formatSetAddr(addr) : `${formatSetAddr(addr)}/${length}`
    }
    case 'port':
      return bitmap ? String(value & 0xffff) : formatPort(value)
    case 'mac':
      return formatMac(value as Mac).toUpperCase()
    case 'mark':
      return `0x${value.toString(16).padStart(8, '0')}`
  }
}

import { type Addr, isV6, tryParseAddr, v6Word } from '../../../wire/addr.ts'
import { servicePort } from '../../../wire/service-port.ts'
import { AddrMatch } from '../rules/addr-match.ts'

const NUMBER = /^(?:0[xX][0-9a-fA-F]+|[0-9]+)$/

/** A number as strtoul with base 0 reads it: decimal, `0x…` or octal with a leading zero. Undefined when not in range. */
export function parseNumber(text: string, min: number, max: number): number | undefined {
  if (!NUMBER.test(text) || text.length > 18) return undefined
  const octal = text.length > 1 && text[0] === '0' && (text[1] ?? '') >= '0' && (text[1] ?? '') <= '9'
  if (octal && /[89]/.test(text)) return undefined
  const value = octal ? Number.parseInt(text, 8) : Number(text)
  return value >= min && value <= max ? value : undefined
}

/** `VALUE` or `VALUE/MASK`, both 32-bit. */
export function parseMark(text: string): { value: number; mask: number } | undefined {
  const slash = text.indexOf('/')
  const value = parseNumber(slash < 0 ? text : text.slice(0, slash), 0, 0xffffffff)
  const mask = slash < 0 ? 0xffffffff : parseNumber(text.slice(slash + 1), 0, 0xffffffff)
  return value === undefined || mask === undefined ? undefined : { value, mask }
}

export function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`
}

/** `0x1` or `0x1/0xff`. */
export function formatMark(value: number, mask: number): string {
  return mask >>> 0 === 0xffffffff ? hex(value) : `${hex(value)}/${hex(mask)}`
}

export interface Range {
  readonly min: number
  readonly max: number
}

/** A port by number or service name. */
export function parsePort(text: string): number | undefined {
  return parseNumber(text, 0, 65535) ?? servicePort(text)
}

/** `80`, `80:90`, `:90`, `80:`, with another separator on demand. */
export function parsePortRange(text: string, separator = ':'): Range | undefined {
  const at = text.indexOf(separator)
  if (at < 0) {
    const port = parsePort(text)
    return port === undefined ? undefined : { min: port, max: port }
  }
  const low = text.slice(0, at)
  const high = text.slice(at + 1)
  const min = low === '' ? 0 : parsePort(low)
  const max = high === '' ? 65535 : parsePort(high)
  return min === undefined || max === undefined ? undefined : { min, max }
}

export function formatRange(range: Range, separator = ':'): string {
  return range.min === range.max ? String(range.min) : `${range.min}${separator}${range.max}`
}

/** An address of one family. */
export function parseAddrOf(text: string, family: 4 | 6): Addr | undefined {
  const addr = tryParseAddr(text)
  return addr === undefined || isV6(addr) !== (family === 6) ? undefined : addr
}

/** `ADDRESS`, `ADDRESS/LENGTH` or `ADDRESS/MASK`; host bits are cleared. */
export function parseAddrMatch(text: string, family: 4 | 6): AddrMatch | undefined {
  const slash = text.indexOf('/')
  const addr = parseAddrOf(slash < 0 ? text : text.slice(0, slash), family)
  if (addr === undefined) return undefined
  const bits = family === 4 ? 32 : 128
  if (slash < 0) return AddrMatch.prefix(addr, bits)
  const masks = parseMask(text.slice(slash + 1), family)
  return masks === undefined ? undefined : AddrMatch.masked(addr, masks)
}

/** A mask as length or address: its four 32-bit words. */
export function parseMask(text: string, family: 4 | 6): readonly [number, number, number, number] | undefined {
  const length = parseDecimal(text, family === 4 ? 32 : 128)
  if (length !== undefined) return AddrMatch.prefixMask(length)
  const addr = parseAddrOf(text, family)
  if (addr === undefined) return undefined
  if (family === 4) return [addr | 0, 0, 0, 0]
  return [v6Word(addr, 0) | 0, v6Word(addr, 1) | 0, v6Word(addr, 2) | 0, v6Word(addr, 3) | 0]
}

function parseDecimal(text: string, max: number): number | undefined {
  return /^[0-9]{1,3}$/.test(text) && Number(text) <= max ? Number(text) : undefined
}

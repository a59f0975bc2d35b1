import type { Addr } from '../../../wire/addr.ts'
import type { DataType } from '../types/data-type.ts'
import { IPV4_ADDR, IPV6_ADDR } from '../types/data-types.ts'
import { Interval } from '../types/interval.ts'
import type { Token } from './lexer.ts'
import type { TokenReader } from './token-reader.ts'

/** A value, `ADDRESS/LENGTH`, `FROM-TO`, or a name with an asterisk at its end. */
export function parseInterval(reader: TokenReader, type: DataType): Interval {
  const token = reader.next
  const text = valueText(reader, type)
  if (text.endsWith('*') && (type.name === 'ifname' || type.name === 'iface_index')) {
    const start = text.slice(0, -1)
    return text.endsWith('\\*') ? Interval.value(type, `${text.slice(0, -2)}*`) : Interval.wildcard(type, start)
  }
  const value = parseText(reader, type, text, token)
  if (isAddress(type) && reader.sees('/')) {
    reader.take()
    return Interval.prefix(type, value as Addr, reader.number('a prefix length', type === IPV4_ADDR ? 32 : 128))
  }
  if (!reader.sees('-')) return Interval.value(type, value)
  reader.take()
  const end = reader.next
  const last = parseText(reader, type, valueText(reader, type), end)
  if (typeof value === 'string' || type.order(value) > type.order(last)) reader.fail('Range negative size', token)
  return Interval.range(type, value, last)
}

/** One value of each type, with dots between them; those after the first `least` may be missing. */
export function parseConcatValue(
  reader: TokenReader,
  types: readonly DataType[],
  least: number = types.length,
): Interval[] {
  const values: Interval[] = []
  for (const type of types) {
    if (values.length >= least && values.length > 0 && !reader.sees('.')) break
    if (values.length > 0) reader.expect('.')
    values.push(parseInterval(reader, type))
  }
  return values
}

/** `syn`, `syn,ack`, `(syn|ack)`, `fin | syn`: a number for its bits. */
export function parseBits(reader: TokenReader, type: DataType): number {
  let bits = 0
  do {
    if (reader.accept('(')) {
      bits |= parseBits(reader, type)
      reader.expect(')')
    } else {
      const token = reader.next
      bits |= Number(parseText(reader, type, valueText(reader, type), token))
    }
  } while (reader.accept(',') || reader.accept('|') || reader.accept('or'))
  return bits >>> 0
}

export function isAddress(type: DataType): boolean {
  return type === IPV4_ADDR || type === IPV6_ADDR
}

/** An address range that is a prefix is printed as one. */
export function asPrefix(interval: Interval): Interval {
  const { type, form } = interval
  if (form !== 'range' || !isAddress(type)) return interval
  const full = type === IPV4_ADDR ? 32 : 128
  const [lo, hi] = [BigInt(interval.lowest), BigInt(interval.highest)]
  const size = hi - lo + 1n
  if ((size & (size - 1n)) !== 0n || (lo & (size - 1n)) !== 0n) return interval
  return Interval.prefix(type, interval.lo as Addr, full - (size.toString(2).length - 1))
}

function valueText(reader: TokenReader, type: DataType): string {
  const { kind, text } = reader.next
  if (kind !== 'word' && kind !== 'number' && kind !== 'address' && kind !== 'mac' && kind !== 'string') {
    reader.unexpected(`a value of type ${type.name}`)
  }
  reader.take()
  return text
}

function parseText(reader: TokenReader, type: DataType, text: string, token: Token): number | string {
  const value = type.parse(text)
  if (value === undefined) reader.fail(`${JSON.stringify(text)} is not a value of type ${type.name}`, token)
  return value
}

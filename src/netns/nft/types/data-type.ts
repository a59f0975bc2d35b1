/** What a field holds: addresses (their `Addr`), numbers, MACs; names of devices are strings. */
export type Value = number | string

/** A type of values (nft's `datatype`). */
export interface DataType {
  readonly name: string
  /** Comma lists are sets of flags, and a bare value asks whether any of its bits is set. */
  readonly bitmask: boolean
  /** Elements that `nft list` prints on one line of a named set. */
  readonly perLine: number
  /** Undefined where the text is no value of this type. */
  parse(text: string): Value | undefined
  format(value: Value): string
  /** A number to sort and compare ranges by. */
  order(value: Value): number | bigint
}

/** A type whose values are numbers with names for some. */
export function numberType(
  name: string,
  max: number,
  symbols: readonly (readonly [name: string, value: number])[],
  options: { readonly bitmask?: boolean; readonly perLine?: number; readonly hex?: number } = {},
): DataType {
  const byName = new Map(symbols)
  const byValue = new Map<number, string>()
  for (const [symbol, value] of symbols) if (!byValue.has(value)) byValue.set(value, symbol)
  const { bitmask = false, perLine = 1, hex = 0 } = options
  const one = (value: number): string =>
    byValue.get(value) ?? (hex > 0 ? `0x${value.toString(16).padStart(hex, '0')}` : String(value))
  return {
    name,
    bitmask,
    perLine,
    parse(text) {
      const known = byName.get(text)
      if (known !== undefined) return known
      if (!/^(?:0x[0-9a-fA-F]{1,8}|\d{1,10})$/.test(text)) return undefined
      const value = Number(text)
      return value <= max ? value : undefined
    },
    format(value) {
      const number = Number(value)
      if (!bitmask || byValue.has(number)) return one(number)
      const names = symbols.filter(([, bit]) => bit !== 0 && (number & bit) !== 0)
      const rest = names.reduce((left, [, bit]) => left & ~bit, number)
      return names.length === 0 || rest !== 0 ? `0x${number.toString(16)}` : names.map(([symbol]) => symbol).join(',')
    },
    order: Number,
  }
}

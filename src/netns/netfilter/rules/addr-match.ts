import { type Addr, familyOf, isV6, v4, v6 as v6Of, v6Word } from '../../../wire/addr.ts'
import { mask32 } from '../../../wire/prefix.ts'
import { formatAddrC } from '../text/format-addr.ts'

/**
 * An address with a mask, as `-s` and `-d` take it. Masks need not be contiguous (`10.0.0.1/255.0.255.0`). The address is
 * stored masked, as the tools do before they hand it to the kernel.
 */
export class AddrMatch {
  readonly addr: Addr
  /** Four 32-bit mask words (IPv4: the first only), signed. */
  readonly masks: readonly [number, number, number, number]
  /** Prefix length, or −1 for a mask with holes. */
  readonly length: number
  /** Whether exactly one address matches. */
  readonly exact: boolean
  readonly #mask: number
  readonly #v6: boolean

  constructor(addr: Addr, masks: readonly [number, number, number, number]) {
    this.addr = addr
    this.masks = masks
    this.length = prefixLength(masks, isV6(addr) ? 4 : 1)
    this.exact = this.length === (isV6(addr) ? 128 : 32)
    this.#mask = masks[0]
    this.#v6 = isV6(addr)
  }

  /** The address with its host bits cleared. */
  static masked(addr: Addr, masks: readonly [number, number, number, number]): AddrMatch {
    const [a, b, c, d] = masks
    if (!isV6(addr)) return new AddrMatch(v4(addr & a), masks)
    const word = (i: 0 | 1 | 2 | 3, mask: number): number => (v6Word(addr, i) & mask) >>> 0
    return new AddrMatch(v6Of(word(0, a), word(1, b), word(2, c), word(3, d)), masks)
  }

  static prefix(addr: Addr, length: number): AddrMatch {
    return AddrMatch.masked(addr, AddrMatch.prefixMask(length))
  }

  static prefixMask(length: number): readonly [number, number, number, number] {
    return [mask32(length), mask32(length - 32), mask32(length - 64), mask32(length - 96)]
  }

  contains(addr: Addr): boolean {
    if (!this.#v6) return ((addr ^ this.addr) & this.#mask) === 0
    if (this.exact) return addr === this.addr
    if (!isV6(addr)) return false
    const m = this.masks
    return (
      ((v6Word(addr, 0) ^ v6Word(this.addr, 0)) & m[0]) === 0 &&
      ((v6Word(addr, 1) ^ v6Word(this.addr, 1)) & m[1]) === 0 &&
      ((v6Word(addr, 2) ^ v6Word(this.addr, 2)) & m[2]) === 0 &&
      ((v6Word(addr, 3) ^ v6Word(this.addr, 3)) & m[3]) === 0
    )
  }

  get family(): 4 | 6 {
    return familyOf(this.addr)
  }

  /** `10.0.0.0/8`, `10.0.0.0/255.0.255.0`. `bare`: without the length when it is the full one. */
  toString(bare = false): string {
    if (bare && this.exact) return formatAddrC(this.addr)
    return `${formatAddrC(this.addr)}/${this.length >= 0 ? this.length : formatMask(this.masks, this.#v6)}`
  }
}

/** A mask in address notation. */
export function formatMask(masks: readonly number[], v6Mask: boolean): string {
  if (!v6Mask) {
    const m = (masks[0] ?? 0) >>> 0
    return `${m >>> 24}.${(m >>> 16) & 255}.${(m >>> 8) & 255}.${m & 255}`
  }
  return formatAddrC(wordsToAddr(masks))
}

function wordsToAddr(words: readonly number[]): Addr {
  const word = (i: number): number => (words[i] ?? 0) >>> 0
  return v6Of(word(0), word(1), word(2), word(3))
}

function prefixLength(masks: readonly number[], words: number): number {
  let length = 0
  let ended = false
  for (let i = 0; i < words; i++) {
    const word = masks[i] ?? 0
    const ones = Math.clz32(~word)
    if (word !== mask32(ones)) return -1
    if (ended && ones > 0) return -1
    if (ones < 32) ended = true
    length += ones
  }
  return length
}

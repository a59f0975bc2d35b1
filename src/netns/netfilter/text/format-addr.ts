import { type Addr, formatAddr, isV6, v6Word } from '../../../wire/addr.ts'

/**
 * An address as `inet_ntop` of the C library prints it: RFC 5952, except that IPv4-mapped and IPv4-compatible addresses end
 * in a dotted quad.
 */
export function formatAddrC(addr: Addr): string {
  if (!isV6(addr) || v6Word(addr, 0) !== 0 || v6Word(addr, 1) !== 0) return formatAddr(addr)
  const third = v6Word(addr, 2)
  const last = v6Word(addr, 3)
  const quad = `${last >>> 24}.${(last >>> 16) & 255}.${(last >>> 8) & 255}.${last & 255}`
  if (third === 0xffff) return `::ffff:${quad}`
  return third === 0 && last >>> 16 !== 0 ? `::${quad}` : formatAddr(addr)
}

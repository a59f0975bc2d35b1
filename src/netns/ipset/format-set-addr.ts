import { type Addr, formatAddr, isV6, v6Word } from '../../wire/addr.ts'

/** An address as inet_ntop prints it: IPv4-mapped ones end in a dotted quad. */
export function formatSetAddr(addr: Addr): string {
  if (!isV6(addr) || v6Word(addr, 0) !== 0 || v6Word(addr, 1) !== 0 || v6Word(addr, 2) !== 0xffff)
    return formatAddr(addr)
  const last = v6Word(addr, 3)
  return `::ffff:${last >>> 24}.${(last >>> 16) & 255}.${(last >>> 8) & 255}.${last & 255}`
}

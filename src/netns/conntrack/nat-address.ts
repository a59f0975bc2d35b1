import { type Addr, addrToBigInt, isUnspecified, isV6, v4, v6, v6Word } from '../../wire/addr.ts'
import type { NatManip, NatRange, Tuple } from '../model/conntrack.ts'
import { jhash2 } from './jhash.ts'
import type { FreeTuple } from './tuple.ts'

/** Whether the range names addresses (NF_NAT_RANGE_MAP_IPS). */
export function mapsAddresses(range: NatRange): boolean {
  return !isUnspecified(range.minAddr)
}

/** Whether the address lies in the range, numerically. */
export function inAddressRange(addr: Addr, range: NatRange): boolean {
  if (range.minAddr === range.maxAddr) return addr === range.minAddr
  if (isV6(addr) !== isV6(range.minAddr)) return false
  if (!isV6(addr)) return addr >= range.minAddr && addr <= range.maxAddr
  const value = addrToBigInt(addr)
  return value >= addrToBigInt(range.minAddr) && value <= addrToBigInt(range.maxAddr)
}

/**
 * Puts an address of the range into one end of the tuple (find_best_ips_proto). Of several it takes the one that a hash of
 * source and destination names; with `--persistent` of the source alone. The hash is the kernel's on a little-endian
 * machine, so the choice is the one that a real node makes.
 */
export function chooseAddress(tuple: FreeTuple, range: NatRange, manip: NatManip): void {
  if (!mapsAddresses(range)) return
  const addr = range.minAddr === range.maxAddr ? range.minAddr : hashedAddress(tuple, range, manip)
  if (manip === 'src') tuple.src = addr
  else tuple.dst = addr
}

function hashedAddress(tuple: Tuple, range: NatRange, manip: NatManip): Addr {
  const dst = memoryWords(tuple.dst)
  const last = isV6(tuple.dst) ? 3 : 0
  let hash = jhash2(memoryWords(tuple.src), range.persistent ? 0 : (dst[last] ?? 0))
  const chosen: number[] = []
  let full = false
  for (let i = 0; i <= last; i++) {
    const min = full ? 0 : hostWord(range.minAddr, i)
    const max = hostWord(range.maxAddr, i)
    const size = full ? 0xffffffff : (max - min + 1) >>> 0
    const word = (min + scale(hash, size)) >>> 0
    chosen.push(word)
    if (word !== max) full = true
    // The kernel reads the destination word again, after a DNAT has overwritten it.
    if (!range.persistent) hash = (hash ^ (manip === 'src' ? (dst[i] ?? 0) : swap(word))) >>> 0
  }
  return last === 0 ? v4(chosen[0] ?? 0) : v6(chosen[0] ?? 0, chosen[1] ?? 0, chosen[2] ?? 0, chosen[3] ?? 0)
}

/** reciprocal_scale: a 32-bit value scaled to [0, size). */
function scale(value: number, size: number): number {
  return Number((BigInt(value >>> 0) * BigInt(size)) >> 32n)
}

function hostWord(addr: Addr, index: number): number {
  if (!isV6(addr)) return addr
  return index === 0 ? v6Word(addr, 0) : index === 1 ? v6Word(addr, 1) : index === 2 ? v6Word(addr, 2) : v6Word(addr, 3)
}

/** The four words of union nf_inet_addr as a little-endian processor reads them. */
function memoryWords(addr: Addr): number[] {
  if (!isV6(addr)) return [swap(addr), 0, 0, 0]
  return [swap(v6Word(addr, 0)), swap(v6Word(addr, 1)), swap(v6Word(addr, 2)), swap(v6Word(addr, 3))]
}

function swap(word: number): number {
  return ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0
}

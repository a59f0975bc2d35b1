import fc from 'fast-check'
import { type Addr, v4, v6 } from '../../../src/wire/addr.ts'
import { Prefix } from '../../../src/wire/prefix.ts'

/** IPv4 addresses that often share long prefixes. */
export const addr4: fc.Arbitrary<Addr> = fc
  .tuple(fc.constantFrom(10, 10, 10, 172, 192), fc.constantFrom(0, 1, 244), fc.constantFrom(0, 1, 2, 128), fc.nat(255))
  .map(([a, b, c, d]) => v4(((a << 24) | (b << 16) | (c << 8) | d) >>> 0))

/** IPv6 addresses that often share long prefixes. */
export const addr6: fc.Arbitrary<Addr> = fc
  .tuple(
    fc.constantFrom(0xfd000000, 0xfd000001, 0x20010db8),
    fc.constantFrom(0, 1, 0x80000000),
    fc.constantFrom(0, 1, 0xffff0000),
    fc.nat(7),
  )
  .map(([a, b, c, d]) => v6(a, b, c, d))

export const prefix4 = fc
  .tuple(addr4, fc.constantFrom(0, 8, 16, 20, 24, 25, 30, 31, 32))
  .map(([a, n]) => new Prefix(a, n))
export const prefix6 = fc
  .tuple(addr6, fc.constantFrom(0, 8, 32, 48, 64, 65, 96, 120, 127, 128))
  .map(([a, n]) => new Prefix(a, n))

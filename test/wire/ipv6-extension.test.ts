import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KubehopError } from '../../src/errors.ts'
import { parseIpv6Extensions } from '../../src/wire/index.ts'
import { u8 } from './arbitraries.ts'

/** A header of options: next header, length in eights beyond the first, and padding. */
function options(nextHeader: number, eights = 0): number[] {
  return [nextHeader, eights, ...new Array<number>(6 + 8 * eights).fill(0)]
}

function fragment(nextHeader: number, offsetAndFlags: number): number[] {
  return [nextHeader, 0, offsetAndFlags >> 8, offsetAndFlags & 0xff, 0, 0, 0, 7]
}

describe('IPv6 extension headers', () => {
  test.each([
    ['none', 6, [], { protocol: 6, length: 0, fragment: null }],
    ['hop-by-hop before ICMPv6, as MLD has it', 0, options(58), { protocol: 58, length: 8, fragment: null }],
    [
      'routing and destination options',
      43,
      [...options(60, 2), ...options(17)],
      { protocol: 17, length: 32, fragment: null },
    ],
    [
      'a first fragment: its transport header follows',
      44,
      [...fragment(60, 1), ...options(6)],
      { protocol: 6, length: 16, fragment: { nextHeader: 60, fragOffset: 0, mf: true, id: 7 } },
    ],
    [
      'a later fragment: what follows is data, whatever it looks like',
      44,
      [...fragment(60, 1448), ...options(6)],
      { protocol: 60, length: 8, fragment: { nextHeader: 60, fragOffset: 1448, mf: false, id: 7 } },
    ],
    ['nothing that is known', 59, [1, 2, 3], { protocol: 59, length: 0, fragment: null }],
  ])('%s', (_, nextHeader, bytes, expected) => {
    expect(parseIpv6Extensions(Uint8Array.from(bytes), nextHeader)).toEqual(expected)
  })

  test.each([
    ['a second fragment header', 44, [...fragment(44, 1), ...fragment(6, 1)], /a second fragment header/],
    ['a header that is cut', 0, [58, 1, 0, 0, 0, 0, 0, 0], /8 bytes are left, at least 16 are needed/],
    [
      'a chain without end',
      0,
      new Array<number>(20).fill(0).flatMap(() => options(0)),
      /more than 8 extension headers/,
    ],
  ])('%s is refused', (_, nextHeader, bytes, message) => {
    expect(() => parseIpv6Extensions(Uint8Array.from(bytes), nextHeader)).toThrow(message)
  })

  test('arbitrary bytes give a value within them or KH_WIRE', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), u8, (bytes, nextHeader) => {
        try {
          expect(parseIpv6Extensions(bytes, nextHeader).length).toBeLessThanOrEqual(bytes.length)
        } catch (error) {
          expect(error).toBeInstanceOf(KubehopError)
          expect((error as KubehopError).code).toBe('KH_WIRE')
        }
      }),
    )
  })
})

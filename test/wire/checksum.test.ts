import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  crc32c,
  foldChecksum,
  internetChecksum,
  parseAddr,
  pseudoHeaderSum,
  sumWords,
  udpChecksumOk,
  writeUdp,
} from '../../src/wire/index.ts'

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], pair => Number.parseInt(pair, 16))
}

describe('Internet checksum', () => {
  test.each([
    ['the example of RFC 1071 §3', '0001f203f4f5f6f7', 0x220d],
    ['nothing', '', 0xffff],
    ['an odd byte counts as the high half of a word', '01', 0xfeff],
    ['an IPv4 header with a zero checksum field', '450000730000400040110000c0a80001c0a800c7', 0xb861],
    ['the same header with its checksum', '45000073000040004011b861c0a80001c0a800c7', 0],
    ['all ones', 'ffffffff', 0],
  ])('%s', (_, hex, sum) => {
    expect(internetChecksum(bytesOf(hex))).toBe(sum)
  })

  test('the sum that RFC 1071 §3 works out is 0xddf2', () => {
    expect(foldChecksum(sumWords(bytesOf('0001f203f4f5f6f7'))) ^ 0xffff).toBe(0xddf2)
  })

  test('data with its checksum appended sums to zero', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), data => {
        const even = new Uint8Array(((data.length + 1) & ~1) + 2)
        even.set(data)
        const sum = internetChecksum(data)
        even[even.length - 2] = sum >> 8
        even[even.length - 1] = sum & 0xff
        expect(internetChecksum(even)).toBe(0)
      }),
    )
  })

  test('the order of 16-bit words does not matter (RFC 1071 §2)', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff })), words => {
        const bytes = (list: number[]): Uint8Array => Uint8Array.from(list.flatMap(word => [word >> 8, word & 0xff]))
        expect(internetChecksum(bytes([...words].reverse()))).toBe(internetChecksum(bytes(words)))
      }),
    )
  })
})

describe('pseudo header', () => {
  test('the IPv6 sum equals that of the 40 bytes of RFC 8200 §8.1', () => {
    const header = bytesOf(
      'fd000000000000000000000000000001' + 'fd0000000000000000000000000000ff' + '00012345' + '0000003a',
    )
    const sum = pseudoHeaderSum(parseAddr('fd00::1'), parseAddr('fd00::ff'), 58, 0x12345)
    expect(foldChecksum(sum)).toBe(internetChecksum(header))
  })

  test('the IPv4 sum equals that of the 12 bytes of RFC 9293 §3.1', () => {
    const sum = pseudoHeaderSum(parseAddr('10.0.0.1'), parseAddr('192.168.255.254'), 17, 0x1234)
    expect(foldChecksum(sum)).toBe(internetChecksum(bytesOf('0a000001' + 'c0a8fffe' + '0011' + '1234')))
  })
})

describe('UDP checksum', () => {
  const src = parseAddr('10.0.0.1')
  const dst = parseAddr('10.0.0.2')

  test('a sum of zero is sent as all ones (RFC 768)', () => {
    const bytes = new Uint8Array(10)
    const header = { sport: 1, dport: 2, length: 10, checksum: true }
    writeUdp(header, bytes, src, dst)
    // Data that makes the sum of everything else all ones leaves a checksum of zero to send.
    bytes.set(bytes.subarray(6, 8), 8)
    writeUdp(header, bytes, src, dst)
    expect([bytes[6], bytes[7]]).toEqual([0xff, 0xff])
    expect(udpChecksumOk(bytes, src, dst)).toBe(true)
  })

  test('none is accepted over IPv4 and refused over IPv6 (RFC 8200 §8.1)', () => {
    const bytes = new Uint8Array(8)
    writeUdp({ sport: 1, dport: 2, length: 8, checksum: false }, bytes, src, dst)
    expect(udpChecksumOk(bytes, src, dst)).toBe(true)
    expect(udpChecksumOk(bytes, parseAddr('fd00::1'), parseAddr('fd00::2'))).toBe(false)
  })
})

describe('CRC-32C', () => {
  test.each([
    ['32 zeros (RFC 3720 §B.4)', new Uint8Array(32), 0x8a9136aa],
    ['32 bytes of all ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['32 incrementing bytes', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ['32 decrementing bytes', Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
    ['the digits 1 to 9', new TextEncoder().encode('123456789'), 0xe3069283],
    ['nothing', new Uint8Array(0), 0],
  ])('%s', (_, bytes, crc) => {
    expect(crc32c(bytes)).toBe(crc)
  })

  test('the four bytes at `skip` count as zeros', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 12, maxLength: 100 }), bytes => {
        const zeroed = bytes.slice()
        zeroed.fill(0, 8, 12)
        expect(crc32c(bytes, 8)).toBe(crc32c(zeroed))
      }),
    )
  })
})

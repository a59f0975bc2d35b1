import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatTcpOption, linuxTcpOptions, tcpOptionsLength } from '../../src/wire/index.ts'

describe('linuxTcpOptions', () => {
  test.each([
    ['a SYN', 20, true, 1460, 'mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 10'],
    ['any other segment', 12, false, 0, 'nop,nop,TS val 1 ecr 0'],
    ['a RST', 0, false, 0, ''],
    ['a SYN of a host without timestamps', 4, true, 1460, 'mss 1460'],
    ['a SYN with MSS and window scale only', 8, true, 1460, 'mss 1460,nop,wscale 10'],
    ['more room than options', 16, false, 0, 'nop,nop,TS val 1 ecr 0,nop,nop,nop,nop'],
  ])('%s', (_, length, syn, mss, text) => {
    expect(linuxTcpOptions(length, syn, mss, 1, 0).map(formatTcpOption).join(',')).toBe(text)
  })

  test('fill exactly the bytes that are asked for', () => {
    fc.assert(
      fc.property(fc.nat(10), fc.boolean(), fc.nat(0xffff), (words, syn, mss) => {
        expect(tcpOptionsLength(linuxTcpOptions(4 * words, syn, mss, 1, 1))).toBe(4 * words)
      }),
    )
  })
})

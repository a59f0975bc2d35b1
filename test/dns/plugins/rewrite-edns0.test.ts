import { describe, expect, test } from 'vitest'
import type { Edns } from '../../../src/dns/index.ts'
import { serverOf } from '../support/ask.ts'

const corefile = (...rules: string[]): string =>
  `. {\n${rules.map(rule => ` rewrite ${rule}\n`).join('')} forward . 192.0.2.53\n}\n`
const text = (data: Uint8Array): string => [...data].map(byte => byte.toString(16).padStart(2, '0')).join('')
const shown = (edns: Edns | undefined): string[] | undefined =>
  edns?.options.map(({ code, data }) => `${code} ${text(data)}`)
const edns = (...options: [number, number[]][]): { edns: Edns } => ({
  edns: {
    udpSize: 1232,
    version: 0,
    dnssecOk: false,
    options: options.map(([code, data]) => ({ code, data: Uint8Array.from(data) })),
  },
})

describe('rewrite edns0', () => {
  // plugin/rewrite/README.md and edns0.go.
  test.each<[string, Partial<{ edns: Edns }>, string[] | undefined]>([
    ['local set 0xffee 0x61626364', {}, ['65518 61626364']],
    ['local set 0xffee abcd', {}, ['65518 61626364']],
    ['local set 65518 abcd', edns([65_518, [1]]), ['65518 61626364']],
    ['local replace 0xffee abcd', edns([65_518, [1]]), ['65518 61626364']],
    // A rule that finds nothing to replace has given the query EDNS all the same.
    ['local replace 0xffee abcd', {}, []],
    ['local append 0xffee abcd', edns([65_518, [1]]), ['65518 01', '65518 61626364']],
    ['local append 0xffee {qtype}', edns([65_518, [1]]), ['65518 01']],
    ['local unset 0xffee', edns([65_518, [1]], [3, []]), ['3 ']],
    ['local unset 0xffee', {}, undefined],
    ['local set 0xffee {qname}', {}, ['65518 7765622e']],
    ['local set 0xffee {qtype}', {}, ['65518 0001']],
    ['local set 0xffee {client_ip}', {}, ['65518 0af40105']],
    ['local set 0xffee {client_port}', {}, ['65518 9c40']],
    ['local set 0xffee {server_ip}', {}, ['65518 0a60000a']],
    ['local set 0xffee {server_port}', {}, ['65518 0035']],
    ['local set 0xffee {protocol}', {}, ['65518 756470']],
    ['local set 0xffee {some/label}', {}, undefined],
    ['nsid set', {}, ['3 ']],
    ['nsid replace', edns([3, [1, 2]]), ['3 ']],
    ['nsid append', edns(), ['3 ']],
    ['subnet set 24 56', {}, ['8 000118000af401']],
    ['subnet set 20 56', {}, ['8 000114000af400']],
    ['subnet set 0 0', {}, ['8 00010000']],
    ['subnet append 24 56', edns([8, [0, 1, 0, 0]]), ['8 00010000']],
  ])('%s with %j sends on %j', (rule, extra, expected) => {
    const { ask, asked } = serverOf(corefile(`edns0 ${rule}`))
    ask('web.', 'A', extra, { localAddress: '10.96.0.10' })
    expect(shown(asked[0]?.message.edns)).toEqual(expected)
  })

  test('takes the client’s IPv6 network', () => {
    const { ask, asked } = serverOf(corefile('edns0 subnet set 24 60'))
    ask('web.', 'A', {}, { address: 'fd00:1:2:3f::5' })
    expect(shown(asked[0]?.message.edns)).toEqual(['8 00023c00fd00000100020030'])
  })

  test('gives the answer EDNS too, with the options that rules have made known', () => {
    const { ask } = serverOf(corefile('continue edns0 local set 0xffee abcd', 'edns0 local set 0xffed x'))
    const reply = ask('web.', 'A')
    expect([reply.edns?.udpSize, shown(reply.edns)]).toEqual([4096, ['65518 61626364', '65517 78']])
    expect(serverOf('. {\n forward . 192.0.2.53\n}\n').ask('web.', 'A').edns).toBeUndefined()
  })

  test('stops at the first rule that applies, unless told to continue', () => {
    const sent = (...rules: string[]) => {
      const { ask, asked } = serverOf(corefile(...rules))
      ask('web.', 'A')
      return [asked[0]?.message.question[0]?.name, shown(asked[0]?.message.edns)]
    }
    expect(sent('edns0 nsid set', 'name web. db.')).toEqual(['web.', ['3 ']])
    expect(sent('continue edns0 nsid set', 'name web. db.')).toEqual(['db.', ['3 ']])
    expect(sent('edns0 nsid replace', 'name web. db.')).toEqual(['db.', []])
  })

  test.each([
    ['edns0 local', 'too few arguments for an EDNS0 rule'],
    ['edns0 local shake 1 a', 'invalid action: "shake"'],
    ['edns0 local set 0xffee', 'EDNS0 local rules require exactly three args'],
    ['edns0 local set 0xfffff abcd', 'strconv.ParseUint: parsing "0xfffff": value out of range'],
    ['edns0 local set ffee abcd', 'strconv.ParseUint: parsing "ffee": invalid syntax'],
    ['edns0 local set 1 0xabc', 'encoding/hex: odd length hex string'],
    ['edns0 local set 1 0xzz', 'encoding/hex: invalid byte'],
    ['edns0 local set 1 {dummy}', 'unsupported variable name "{dummy}"'],
    ['edns0 local set 1 a revert', 'rewrite edns0 … revert is not simulated'],
    ['edns0 nsid set x', 'EDNS0 NSID rules do not accept args'],
    ['edns0 subnet set 24', 'EDNS0 subnet rules require exactly three args'],
    ['edns0 subnet set 33 56', 'invalid IPv4 bit mask length 33'],
    ['edns0 subnet set 24 129', 'invalid IPv6 bit mask length 129'],
    ['edns0 padding set', 'invalid rule type "padding"'],
    ['name regex (.* x.', 'invalid regex matching pattern: (.*'],
    ['name regex (.*) {1}{2}.', 'uses more subexpressions than its corresponding matching regex pattern'],
  ])('%s is refused', (rule, words) => {
    expect(() => serverOf(corefile(rule))).toThrow(
      expect.objectContaining({ code: 'KH_COREFILE', message: expect.stringContaining(words) }),
    )
  })
})

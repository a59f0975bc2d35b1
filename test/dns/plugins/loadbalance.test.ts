import { describe, expect, test } from 'vitest'
import { addressesOf, serverOf } from '../support/ask.ts'

const hosts = ' hosts {\n 10.0.0.1 web.\n 10.0.0.2 web.\n 10.1.0.3 web.\n }'
const corefile = (line: string): string => `. {\n ${line}\n${hosts}\n}\n`

describe('loadbalance weighted', () => {
  const weights = 'web\n 10.0.0.1 3\n 10.0.0.2 1\n# a remark\n\n 10.1.0.3 2\n'
  const first = (drawn: number): string | undefined => {
    const asked: number[] = []
    const { ask } = serverOf(corefile('loadbalance weighted weights.txt {\n reload 10s\n }'), {
      environment: { files: { 'weights.txt': weights } },
      pick: (_, n) => {
        asked.push(n)
        return drawn
      },
    })
    const found = addressesOf(ask('web.', 'A'))
    expect(asked).toEqual([6])
    expect([...found].sort()).toEqual(['10.0.0.1', '10.0.0.2', '10.1.0.3'])
    return found[0]
  }

  test('puts each address first as often as its weight says', () => {
    const counts = new Map<string | undefined, number>()
    for (let drawn = 0; drawn < 6; drawn++) counts.set(first(drawn), (counts.get(first(drawn)) ?? 0) + 1)
    expect(Object.fromEntries(counts)).toEqual({ '10.0.0.1': 3, '10.0.0.2': 1, '10.1.0.3': 2 })
  })

  test('counts addresses that the file does not name as 1, and says when there is no file', () => {
    const { dns, ask } = serverOf(corefile('loadbalance weighted nowhere'), { pick: (_, n) => n - 1 })
    expect(addressesOf(ask('web.', 'A'))[0]).toBe('10.1.0.3')
    expect(dns.remarks.join()).toContain('the weight file nowhere is not there')
  })

  // Words of plugin/loadbalance.
  test.each([
    ['loadbalance weighted', '', 'missing weight file argument'],
    ['loadbalance weighted a b', '', 'unexpected argument(s)'],
    ['loadbalance weighted w {\n reload\n }', '', 'reload duration value is missing'],
    ['loadbalance weighted w {\n reload soon\n }', '', "invalid reload duration 'soon'"],
    ['loadbalance round_robin x', '', 'unknown property for round_robin'],
    ['loadbalance sticky', '', 'unknown policy: sticky'],
    ['loadbalance {\n prefer 10.0.0.0/33\n }', '', 'invalid CIDR "10.0.0.0/33": invalid CIDR address: 10.0.0.0/33'],
    ['loadbalance {\n reload 3s\n }', '', "unknown property 'reload'"],
    ['loadbalance weighted w', '10.0.0.1 3\n', 'missing domain name in weight file w'],
    [
      'loadbalance weighted w',
      'web\n10.0.0.1\n',
      'wrong domain name:"10.0.0.1" in weight file w. (Maybe a missing weight value?)',
    ],
    ['loadbalance weighted w', 'web\n10.0.0 3\n', 'wrong IP address:"10.0.0" in weight file w'],
    ['loadbalance weighted w', 'web\n10.0.0.1 256\n', 'wrong weight value:"256" in weight file w'],
    ['loadbalance weighted w', 'web\n10.0.0.1 0\n', 'wrong weight value:"0" in weight file w'],
    ['loadbalance weighted w', 'a b c\n', 'could not parse weight line:"a b c" in weight file w'],
  ])('%j with %j is refused', (line, text, words) => {
    expect(() => serverOf(corefile(line), { environment: { files: { w: text } } })).toThrow(
      expect.objectContaining({ code: 'KH_COREFILE', message: expect.stringContaining(words) }),
    )
  })
})

test('loadbalance prefer puts addresses of the first network first, then of the second', () => {
  const { ask } = serverOf(corefile('loadbalance {\n prefer 10.1.0.0/16 10.0.0.2/32\n }'))
  expect(addressesOf(ask('web.', 'A'))).toEqual(['10.1.0.3', '10.0.0.2', '10.0.0.1'])
})

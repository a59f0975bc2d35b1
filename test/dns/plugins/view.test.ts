import { describe, expect, test } from 'vitest'
import type { Client, Message } from '../../../src/dns/index.ts'
import { addressesOf, serverOf } from '../support/ask.ts'

const block = (address: string, view = ''): string => `. {\n${view}\n hosts {\n ${address} test\n }\n}\n`
const view = (expression: string): string => ` view v {\n  expr ${expression}\n }`

describe('view', () => {
  test('splits answers by the client’s network, as in the manual', () => {
    const { ask } = serverOf(
      block('1.1.1.1', view("incidr(client_ip(), '127.0.0.0/24')")) +
        block('2.2.2.2', view("incidr(client_ip(), '192.168.0.0/16')")) +
        block('3.3.3.3'),
    )
    const from = (address: string): string[] => addressesOf(ask('test.', 'A', {}, { address }))
    expect([from('127.0.0.1'), from('192.168.7.7'), from('10.0.0.1')]).toEqual([['1.1.1.1'], ['2.2.2.2'], ['3.3.3.3']])
  })

  const edns = { udpSize: 1232, version: 0, dnssecOk: true, options: [] }
  test.each<[string, boolean, Partial<Message>?, Partial<Client>?]>([
    ["type() in ['A', 'AAAA']", true],
    ["type() in ['MX']", false],
    ["type() not in ['MX']", true],
    ["name() == 'test.'", true],
    ["name() matches '^te.t\\\\.$'", true],
    ["not (name() matches '^abc')", true],
    ["name() startsWith 'te' and name() endsWith 't.' && name() contains 'es'", true],
    ["(type() == 'A' && name() == 'example.com.') || client_ip() == '10.244.1.5'", true],
    ["type() == 'MX' || class() == 'IN' && proto() == 'udp'", true],
    ["proto() == 'tcp'", false],
    [
      "port() == '40000' and server_port() == '53' and server_ip() == '10.96.0.10'",
      true,
      {},
      { localAddress: '10.96.0.10' },
    ],
    ['id() == 7 and opcode() == 0', true],
    ['id() in [1, 7] and id() % 2 == 1 and id() - 1 >= 2 * 3', true],
    ['size() == 22', true],
    ['do()', false],
    ['do() and bufsize() == 1232', true, { edns }],
    ['bufsize() == 512', true],
    ['!do() and not false', true],
    ["name() + 'x' == 'test.x'", true],
    ["client_ip() == '[fd00::5]'", true, {}, { address: 'fd00::5' }],
    // In brackets an address is no address: an error, and so not true.
    ["incidr(client_ip(), 'fd00::/8')", false, {}, { address: 'fd00::5' }],
    ["incidr('10.0.0.1', 'nonsense')", false],
    ['7 % (id() - 7) == 0', false],
  ])('expr %s is %j', (expression, expected, message = {}, client = {}) => {
    const { ask } = serverOf(block('1.1.1.1', view(expression)) + block('3.3.3.3'))
    expect(addressesOf(ask('test.', 'A', message, client))).toEqual([expected ? '1.1.1.1' : '3.3.3.3'])
  })

  test('a query that no view takes goes on to shorter zones, and is refused behind the last', () => {
    const { ask } = serverOf(`test ${block('1.1.1.1', view("type() == 'MX'")).slice(2)}`.replace('. {', '{'))
    expect(ask('test.', 'A').rcode).toBe(5)
  })

  test('all expressions have to be true', () => {
    const both = ` view v {\n expr type() == 'A'\n expr name() == 'other.'\n }`
    expect(addressesOf(serverOf(block('1.1.1.1', both) + block('3.3.3.3')).ask('test.', 'A'))).toEqual(['3.3.3.3'])
  })

  test.each([
    [
      'a block behind one that takes everything',
      block('3.3.3.3') + block('1.1.1.1', view('do()')),
      'cannot serve dns://.:53 - it is already defined',
    ],
    [
      'a second block without a view',
      block('3.3.3.3') + block('1.1.1.1'),
      'cannot serve dns://.:53 - it is already defined',
    ],
    ['no name', block('1.1.1.1', ' view'), "Wrong argument count or unexpected line ending after 'view'"],
    [
      'two views',
      block('1.1.1.1', `${view('do()')}\n${view('do()')}`),
      'this plugin can only be used once per Server Block',
    ],
    ['another property', block('1.1.1.1', ' view v {\n when x\n }'), "unknown property 'when'"],
    ['metadata', block('1.1.1.1', view("metadata('a/b') == 'c'")), 'metadata: not simulated in an expression of view'],
    ['a function of the language', block('1.1.1.1', view("any(['a'], true)")), 'any: not simulated'],
    ['a range', block('1.1.1.1', view('id() in 1..3')), 'not simulated in an expression of view'],
    ['a condition', block('1.1.1.1', view('do() ? true : false')), 'not simulated in an expression of view'],
    ['mixed types', block('1.1.1.1', view("id() == '7'")), 'invalid operation: == (mismatched types string and int)'],
    ['an open bracket', block('1.1.1.1', view('(do()')), 'unexpected end of the expression'],
    ['a bad pattern', block('1.1.1.1', view("name() matches '('")), 'error parsing regexp: missing closing ): `(`'],
    ['very deep nesting', block('1.1.1.1', view(`${'('.repeat(5000)}do()${')'.repeat(5000)}`)), 'nested too deeply'],
  ])('%s is refused', (_, corefile, words) => {
    expect(() => serverOf(corefile)).toThrow(
      expect.objectContaining({ code: 'KH_COREFILE', message: expect.stringContaining(words) }),
    )
  })
})

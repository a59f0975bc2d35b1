import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KubehopError } from '../../../src/errors.ts'
import { World } from '../../../src/netns/index.ts'

const folder = join(import.meta.dirname, 'fixtures')
const fixtures = readdirSync(folder)
  .filter(name => name.endsWith('.nft'))
  .map(name => readFileSync(join(folder, name), 'utf8'))

const chain = (rules: string, type = 'type filter hook input priority 0;'): string =>
  `table ip t {\n chain d { }\n chain c {\n${type}\n${rules}\n }\n}\n`

/** Each was refused by nft 1.0.6 or the kernel too, but for what says that kubehop does not simulate it. */
const REFUSED: readonly (readonly [text: string, message: string])[] = [
  ['table ip t {', 'n:1:13: syntax error, unexpected end of file, expecting "}"'],
  ['add rule ip t c accept', 'n:1:1: No such file or directory: there is no table ip t'],
  ['add table ip t\nadd rule ip t c accept', 'n:2:1: No such file or directory: there is no chain c'],
  [chain('jump nowhere'), 'n:5:1: No such file or directory: there is no chain nowhere'],
  [chain('ip saddr @none accept'), 'n:5:1: No such file or directory: there is no set none'],
  [chain('ip saddr 10.0.0.300 accept'), 'n:5:10: "10.0.0.300" is not a value of type ipv4_addr'],
  [chain('tcp dport 70000 accept'), 'n:5:11: "70000" is not a value of type inet_service'],
  [chain('tcp dport 90-80 accept'), 'n:5:11: Range negative size'],
  [chain('ip6 saddr ::1 accept'), 'n:5:1: conflicting protocols specified'],
  [chain('accept drop comment'), 'n:5:20: syntax error, unexpected newline, expecting a comment'],
  [chain('ct state fresh accept'), 'n:5:10: "fresh" is not a value of type ct_state'],
  [
    chain('dnat to 10.0.0.1'),
    'n: Operation not supported: "dnat to 10.0.0.1" in ip t c, reached from c (type filter, input)',
  ],
  [
    chain('masquerade', 'type nat hook prerouting priority 0;'),
    'n: Operation not supported: "masquerade" in ip t c, reached from c (type nat, prerouting)',
  ],
  [
    chain('dnat to 10.0.0.1:80', 'type nat hook prerouting priority 0;'),
    'n:5:18: transport protocol mapping is only valid after transport protocol match',
  ],
  [
    chain('', 'type nat hook forward priority 0;'),
    'n:4:6: a chain of type nat at hook forward with priority 0: Operation not supported',
  ],
  [chain('', 'type filter hook output priority dstnat;'), 'n:4:34: "dstnat" is not a priority at this hook'],
  ['table ip t { chain a { jump b; }; chain b { goto a; }; }', 'n: Too many links: chains lead back to ip t a'],
  [
    'table ip t { set s { type ipv4_addr; elements = { 10.0.0.0/8 } } }',
    "n:1:66: You must add 'flags interval' to your set declaration if you want to add range elements",
  ],
  [
    'table ip t { set s { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 10.1.0.0/16 } } }',
    'n:1:18: conflicting intervals specified: 10.1.0.0/16 and 10.0.0.0/8',
  ],
  [
    'table ip t { map m { type ipv4_addr : verdict; elements = { 1.1.1.1 : accept, 1.1.1.1 : drop } } }',
    'n:1:18: File exists: element 1.1.1.1',
  ],
  ['add table ip t\ncreate table ip t', 'n:2:1: File exists: table ip t'],
  [
    'table ip t { chain a { }; chain b { jump a; }; }\ndelete chain ip t a',
    'n:2:1: Device or resource busy: chain a is in use',
  ],
  [
    'table ip t { set s { type mark; }; chain b { ip saddr @s accept; }; }',
    'n:1:55: datatype mismatch, expected ipv4_addr, set has type mark',
  ],
  ['include "/etc/nftables.d/*"', 'n:1:1: include is not read by kubehop: put the whole ruleset into one file'],
  ['table bridge t { }', 'n:1:7: tables of family bridge are not simulated by kubehop'],
  [chain('queue num 1'), 'n:5:1: the statement "queue" is not simulated by kubehop'],
  ['define A = $B\ntable ip t { chain c { ip saddr $A accept; } }', "n:1:12: unknown identifier 'B'"],
  ['add element ip t s { 1.1.1.1 }', 'n:1:18: No such file or directory: there is no set s in table ip t'],
]

/** The message of the refusal; empty when there was none. */
function refusal(action: () => void): string {
  try {
    action()
    return ''
  } catch (error) {
    if (!(error instanceof KubehopError)) throw error
    return `${error.code === 'KH_NFT' ? '' : error.code}${error.message}`
  }
}

describe('texts that are refused', () => {
  test.each(REFUSED)('%j', (text, message) => {
    const { nft } = new World().createNamespace('test')
    expect(refusal(() => nft.load(text, 'n'))).toBe(message)
    expect(nft.list()).toBe('')
  })

  test('a transaction is applied as a whole or not at all', () => {
    const { nft } = new World().createNamespace('test')
    nft.load('table ip t { set s { type ipv4_addr; elements = { 1.1.1.1 } }; chain c { accept; }; }')
    const before = nft.list()
    expect(() =>
      nft.load('flush chain ip t c\nadd element ip t s { 2.2.2.2 }\nadd chain ip t n\nadd rule ip t c jump gone'),
    ).toThrow(KubehopError)
    expect(nft.list()).toBe(before)
  })
})

/** Pieces from which texts are put together that are nearly right. */
const WORDS = [...new Set(fixtures.flatMap(text => text.split(/(\s+|[{};,:])/)))].filter(word => word !== '')

function reload(text: string): string {
  const { nft } = new World().createNamespace('test')
  nft.load(text)
  return nft.list()
}

describe('any text', () => {
  const tryLoad = (text: string): void => {
    const { nft } = new World().createNamespace('test')
    try {
      nft.load(text)
    } catch (error) {
      if (!(error instanceof KubehopError) || (error.code !== 'KH_NFT' && error.code !== 'KH_LIMIT')) throw error
      expect(nft.empty).toBe(true)
      return
    }
    // Intervals that were merged into one are written without braces the second time, by nft too.
    const list = reload(nft.list())
    expect(reload(list)).toBe(list)
  }

  test('is read and printed so that it is read alike, or refused', () => {
    const soup = fc.array(fc.constantFrom(...WORDS), { maxLength: 40 }).map(words => words.join(' '))
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          soup,
          soup.map(text => `table ip t { chain c { ${text} } }`),
        ),
        tryLoad,
      ),
      { numRuns: 400 },
    )
  })

  test('fixtures with a piece changed are read or refused', () => {
    const mutated = fc
      .record({
        text: fc.constantFrom(...fixtures),
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        cut: fc.nat(12),
        put: fc.constantFrom('', ...WORDS),
      })
      .map(({ text, at, cut, put }) => {
        const from = Math.floor(at * text.length)
        return text.slice(0, from) + put + text.slice(from + cut)
      })
    fc.assert(fc.property(mutated, tryLoad), { numRuns: 200 })
  })
})

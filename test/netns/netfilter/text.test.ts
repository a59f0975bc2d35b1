import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KubehopError } from '../../../src/errors.ts'
import { createNetfilter, parseRestore } from '../../../src/netns/netfilter/index.ts'
import { quoteString } from '../../../src/netns/netfilter/text/quote.ts'
import { splitWords } from '../../../src/netns/netfilter/text/words.ts'
import { fakeNamespace } from './fake-namespace.ts'
import { ruleset } from './rule-text.ts'

function save(text: string, family: 4 | 6 = 4): string {
  const netfilter = createNetfilter(fakeNamespace())
  netfilter.restore(family, text, { counters: true })
  return netfilter.save(family, undefined, { counters: true })
}

/** Lines that the real tools accepted, as fuel for the fuzzer. */
const REAL: readonly string[] = (
  JSON.parse(readFileSync(new URL('fixtures/rules-v4.json', import.meta.url), 'utf8')) as {
    table: string
    in: string
  }[]
).map(row => `*${row.table}\n${row.in}\nCOMMIT\n`)

describe('text round trip', () => {
  test('what was saved restores to the same', () => {
    fc.assert(
      fc.property(ruleset, text => {
        const saved = save(text)
        expect(save(saved)).toBe(saved)
      }),
    )
  })

  test('any string survives quoting and reading', () => {
    const oneLine = fc.string({ unit: 'binary' }).filter(text => !/[\n\r]/.test(text))
    fc.assert(
      fc.property(oneLine, text => {
        expect(splitWords(`--comment ${quoteString(text)}`).map(word => word.text)).toEqual(['--comment', text])
      }),
    )
  })

  test('counters of rules and policies come back with --counters', () => {
    const text =
      '*filter\n:INPUT DROP [3:4]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n[5:6] -A INPUT -j ACCEPT\nCOMMIT\n'
    expect(save(text)).toBe(text)
  })
})

describe('bad input', () => {
  const onlyOurErrors = (text: string): void => {
    try {
      save(text)
    } catch (error) {
      if (!(error instanceof KubehopError)) throw error
      expect(error.code).toBe('KH_IPTABLES')
      expect(error.place?.line).toBeGreaterThan(0)
    }
  }

  test('arbitrary text is read or refused with a place', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), text => onlyOurErrors(`*filter\n${text}\nCOMMIT\n`)))
  })

  test('real lines with a piece cut out, doubled or replaced are read or refused with a place', () => {
    const mutated = fc
      .tuple(fc.constantFrom(...REAL), fc.nat(120), fc.nat(12), fc.string({ maxLength: 6 }))
      .map(([text, at, length, put]) => text.slice(0, at) + put + text.slice(at + length))
    fc.assert(fc.property(mutated, onlyOurErrors), { numRuns: 3000 })
  })

  test.each([
    ['*filter\n-A INPUT -j NOSUCH\nCOMMIT\n', "f:2:13: target or chain `NOSUCH' does not exist"],
    [
      '*filter\n-A INPUT -p tcp --dport 70000 -j ACCEPT\nCOMMIT\n',
      /^f:2:25: tcp: invalid port\/service `70000' specified/,
    ],
    ['*filter\n-A INPUT -m nosuch -j ACCEPT\nCOMMIT\n', "f:2:13: unknown match `nosuch'"],
    ['*filter\n-A INPUT -m u32 --u32 0=0\nCOMMIT\n', "f:2:13: match `u32' is not simulated by kubehop"],
    ['*filter\n-A INPUT --wrong -j ACCEPT\nCOMMIT\n', 'f:2:10: unknown option "--wrong"'],
    ['*filter\n-A NOCHAIN -j ACCEPT\nCOMMIT\n', 'f:2:1: table filter has no chain NOCHAIN'],
    ['*filter\n-A INPUT -s 10.0.0.300 -j ACCEPT\nCOMMIT\n', /^f:2:13: `10.0.0.300' is not an IPv4 address/],
    ['*nofilter\nCOMMIT\n', /^f:1:2: table name "nofilter" is not one of/],
    ['*filter\n-A INPUT -j ACCEPT\n', 'f:3:1: the input ends where COMMIT must end table filter'],
    ['-A INPUT -j ACCEPT\n', /^f:1:1: found `-A INPUT -j ACCEPT' where a line such as \*filter/],
    [
      '*filter\n:A - [0:0]\n:B - [0:0]\n-A A -j B\n-A B -j A\n-A INPUT -j A\nCOMMIT\n',
      /^f:1:1: table filter: chains make a loop: A -> B -> A/,
    ],
    [
      '*filter\n:A - [0:0]\n-A INPUT -j A\n-X A\nCOMMIT\n',
      /^f:1:1: table filter: chain INPUT jumps to A, which does not exist/,
    ],
    ['*filter\n:A - [0:0]\n-A A -j LOG\n-X A\nCOMMIT\n', 'f:4:1: chain A is not empty: it has 1 rules'],
    ['*filter\n-A INPUT -j FORWARD\nCOMMIT\n', /^f:1:1: table filter: chain INPUT jumps to the base chain FORWARD/],
    [
      '*nat\n:X - [0:0]\n-A X -p tcp -j DNAT --to-destination 10.0.0.1:80\n-A POSTROUTING -j X\nCOMMIT\n',
      /^f:1:1: table nat: target DNAT in chain X is for PREROUTING, OUTPUT only, but POSTROUTING leads there/,
    ],
  ])('%j', (text, message) => {
    expect(() => parseAndApply(text)).toThrow(message)
  })
})

function parseAndApply(text: string): void {
  createNetfilter(fakeNamespace()).apply(parseRestore(text, 4, 'f'))
}

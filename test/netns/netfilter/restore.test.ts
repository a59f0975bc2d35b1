import { describe, expect, test } from 'vitest'
import { createNetfilter, type NetfilterTables, parseRestore } from '../../../src/netns/netfilter/index.ts'
import { fakeNamespace } from './fake-namespace.ts'

const FILTER = [':INPUT ACCEPT [0:0]', ':FORWARD ACCEPT [0:0]', ':OUTPUT ACCEPT [0:0]']

function netfilter(): NetfilterTables {
  return createNetfilter(fakeNamespace())
}

function lines(of: NetfilterTables, counters = false): string[] {
  return of
    .save(4, undefined, { counters })
    .split('\n')
    .filter(line => line !== '')
}

/** Each was done with iptables-nft 1.8.9 before it was written down here. */
describe('iptables-restore', () => {
  test('prints tables, base chains by hook and user chains by name; a table nobody touched does not exist', () => {
    const nf = netfilter()
    nf.restore(
      4,
      '*security\n:ZU - [0:0]\nCOMMIT\n*nat\n:b - [0:0]\n:B - [0:0]\n:a - [0:0]\n-A OUTPUT -j a\nCOMMIT\n*filter\n-N z\n-N c\nCOMMIT\n*raw\nCOMMIT\n',
    )
    expect(lines(nf)).toEqual([
      '*security',
      ...FILTER,
      ':ZU - [0:0]',
      'COMMIT',
      '*filter',
      ...FILTER,
      ':c - [0:0]',
      ':z - [0:0]',
      'COMMIT',
      '*nat',
      ':PREROUTING ACCEPT [0:0]',
      ':INPUT ACCEPT [0:0]',
      ':OUTPUT ACCEPT [0:0]',
      ':POSTROUTING ACCEPT [0:0]',
      ':B - [0:0]',
      ':a - [0:0]',
      ':b - [0:0]',
      '-A OUTPUT -j a',
      'COMMIT',
    ])
  })

  test('without --noflush empties the tables it names, policies too, and no others', () => {
    const nf = netfilter()
    nf.restore(
      4,
      '*filter\n:FORWARD DROP [0:0]\n:U - [0:0]\n-A INPUT -j U\nCOMMIT\n*mangle\n-A INPUT -j ACCEPT\nCOMMIT\n',
    )
    nf.restore(4, '*filter\nCOMMIT\n')
    expect(lines(nf).slice(-5)).toEqual(['*filter', ...FILTER, 'COMMIT'])
    expect(lines(nf)).toContain('-A INPUT -j ACCEPT')
  })

  test('with --noflush a `:` line empties a user chain, but only sets the policy of a base chain', () => {
    const nf = netfilter()
    nf.restore(4, '*filter\n:U - [0:0]\n-A INPUT -j ACCEPT\n-A U -j DROP\nCOMMIT\n')
    nf.restore(4, '*filter\n:INPUT DROP [7:8]\n:U - [0:0]\nCOMMIT\n', { noflush: true })
    expect(lines(nf, true)).toEqual([
      '*filter',
      ':INPUT DROP [0:0]',
      ...FILTER.slice(1),
      ':U - [0:0]',
      '[0:0] -A INPUT -j ACCEPT',
      'COMMIT',
    ])
    nf.restore(4, '*filter\n:INPUT - [7:8]\nCOMMIT\n', { noflush: true, counters: true })
    expect(lines(nf)[1]).toBe(':INPUT DROP [7:8]')
  })

  test('-I, -R and -D work on what the lines before them left', () => {
    const nf = netfilter()
    const start = '*filter\n[1:1] -A INPUT -s 1.1.1.1\n[2:2] -A INPUT -s 2.2.2.2\n[3:3] -A INPUT -s 3.3.3.3\nCOMMIT\n'
    nf.restore(4, start, { counters: true })
    nf.restore(4, '*filter\n-I INPUT 2 -s 9.9.9.9\n-R INPUT 4 -s 4.4.4.4\n-D INPUT -s 1.1.1.1/32\nCOMMIT\n', {
      noflush: true,
    })
    const rules = (): string[] => lines(nf, true).filter(line => line.startsWith('['))
    expect(rules()).toEqual([
      '[0:0] -A INPUT -s 9.9.9.9/32',
      '[2:2] -A INPUT -s 2.2.2.2/32',
      '[0:0] -A INPUT -s 4.4.4.4/32',
    ])
    nf.restore(4, '*filter\n[9:9] -R INPUT 1 -s 5.5.5.5\n-Z INPUT 2\nCOMMIT\n', { noflush: true, counters: true })
    expect(rules()).toEqual([
      '[9:9] -A INPUT -s 5.5.5.5/32',
      '[0:0] -A INPUT -s 2.2.2.2/32',
      '[0:0] -A INPUT -s 4.4.4.4/32',
    ])
  })

  test('a second `:` line of a chain throws away what was appended between', () => {
    const nf = netfilter()
    nf.restore(4, '*filter\n:G - [0:0]\n-A G -j LOG\n:G - [0:0]\n-A G -j ACCEPT\nCOMMIT\n', { noflush: true })
    expect(lines(nf).filter(line => line.startsWith('-A'))).toEqual(['-A G -j ACCEPT'])
  })

  test('a renamed chain takes its jumps along', () => {
    const nf = netfilter()
    nf.restore(4, '*filter\n:O1 - [0:0]\n-A O1 -j ACCEPT\nCOMMIT\n')
    nf.restore(4, '*filter\n-E O1 O2\n-A INPUT -j O2\nCOMMIT\n', { noflush: true })
    expect(lines(nf).filter(line => line.startsWith('-A'))).toEqual(['-A INPUT -j O2', '-A O2 -j ACCEPT'])
    nf.restore(4, '*filter\n-E O2 O3\nCOMMIT\n', { noflush: true })
    expect(lines(nf).filter(line => line.startsWith('-A'))).toEqual(['-A INPUT -j O3', '-A O3 -j ACCEPT'])
  })

  test('chains may be 15 levels deep, and a chain that no base chain leads to may go in circles', () => {
    const deep = (levels: number): string =>
      [
        '*filter',
        ...Array.from({ length: levels }, (_, i) => `:D${i} - [0:0]`),
        ...Array.from({ length: levels - 1 }, (_, i) => `-A D${i} -j D${i + 1}`),
        '-A OUTPUT -j D0',
        'COMMIT',
        '',
      ].join('\n')
    expect(() => netfilter().restore(4, deep(15))).not.toThrow()
    expect(() => netfilter().restore(4, deep(16))).toThrow('16 levels')
    const circle = '*filter\n:L - [0:0]\n-A L -j L\nCOMMIT\n'
    const nf = netfilter()
    nf.restore(4, circle)
    expect(() => nf.restore(4, '*filter\n-A INPUT -g L\nCOMMIT\n', { noflush: true })).toThrow('loop: L -> L')
  })

  test('a rule may go to a chain of its own input only when that is declared above', () => {
    expect(() => netfilter().restore(4, '*filter\n-A INPUT -j LATER\n:LATER - [0:0]\nCOMMIT\n')).toThrow(
      'does not exist',
    )
  })

  test('input that fails in its last table has changed nothing', () => {
    const nf = netfilter()
    nf.restore(4, '*filter\n:U - [0:0]\n-A INPUT -j U\nCOMMIT\n')
    const before = nf.save(4)
    const bad = '*filter\n:U - [0:0]\n-F\n-A U -j DROP\n-P INPUT DROP\nCOMMIT\n*nat\n-D INPUT 1\nCOMMIT\n'
    expect(() => nf.restore(4, bad, { noflush: true })).toThrow('index of deletion too big')
    expect(nf.save(4)).toBe(before)
  })

  test('one parsed input serves many namespaces, each with its own counters', () => {
    const input = parseRestore('*filter\n:U - [0:0]\n-A U -j ACCEPT\n-A INPUT -j U\nCOMMIT\n', 4)
    const [a, b] = [netfilter(), netfilter()]
    a.apply(input)
    b.apply(input)
    const chain = (nf: NetfilterTables) => nf.tables(4)[0]?.chains.get('U')
    expect(chain(a)?.program).toBe(chain(b)?.program)
    chain(a)?.count(0, 100)
    expect([chain(a)?.bytes(0), chain(b)?.bytes(0)]).toEqual([100, 0])
  })

  test('counters of untouched chains survive many partial restores', () => {
    const nf = netfilter()
    const many = Array.from({ length: 200 }, (_, i) => `-A B -s 10.0.0.${i}`).join('\n')
    nf.restore(4, `*filter\n:A - [0:0]\n-A A -j ACCEPT\n:B - [0:0]\n${many}\nCOMMIT\n`)
    const chains = nf.tables(4)[0]?.chains
    chains?.get('A')?.count(0, 60)
    for (let i = 0; i < 50; i++) {
      chains?.get('B')?.count(i, 1)
      nf.restore(4, `*filter\n:B - [0:0]\n${many}\nCOMMIT\n`, { noflush: true })
    }
    expect([chains?.get('A')?.packets(0), chains?.get('B')?.packets(3)]).toEqual([1, 0])
  })
})

describe('what rules switch on', () => {
  test.each([
    ['-A INPUT -m conntrack --ctstate NEW', true],
    ['-A INPUT -m state --state NEW', true],
    ['-A INPUT -m connmark --mark 1', true],
    ['-A INPUT -j CONNMARK --save-mark', true],
    ['-A INPUT -m mark --mark 1 -j ACCEPT', false],
    ['-A INPUT -m addrtype --dst-type LOCAL -j REJECT', false],
  ])('%s: conntrack %s', (rule, enabled) => {
    const ns = fakeNamespace()
    createNetfilter(ns).restore(4, `*filter\n${rule}\nCOMMIT\n`)
    expect(ns.conntrack.enabled).toBe(enabled)
  })

  test('empty nat chains track nothing, MASQUERADE does, and with the last such rule tracking ends', () => {
    const ns = fakeNamespace()
    const nf = createNetfilter(ns)
    nf.restore(4, '*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n')
    expect(ns.conntrack.enabled).toBe(false)
    nf.restore(4, '*nat\n-A POSTROUTING -j MASQUERADE\nCOMMIT\n')
    expect(ns.conntrack.enabled).toBe(true)
    nf.restore(4, '*nat\nCOMMIT\n')
    expect(ns.conntrack.enabled).toBe(false)
  })
})

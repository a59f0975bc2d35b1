import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { KubehopError } from '../../../src/errors.ts'
import type { TableName } from '../../../src/netns/model/netfilter.ts'
import { createNetfilter } from '../../../src/netns/netfilter/index.ts'
import { fakeNamespace } from './fake-namespace.ts'

/**
 * Recorded from iptables-restore and iptables-save 1.8.9 (nf_tables): one line given to a table that has its base chains and
 * an empty chain X; the lines that the save then shows beside those, and `MISSING` ones that it no longer shows; null where
 * the tool refused. `legacy`: where the legacy backend differs.
 */
interface Row {
  readonly table: TableName
  readonly in: string
  readonly out: readonly string[] | null
}

function rows(file: string): Row[] {
  return JSON.parse(readFileSync(new URL(`fixtures/${file}`, import.meta.url), 'utf8'))
}

/** What kubehop does otherwise on purpose, with the reason. */
const DEVIATIONS: readonly (readonly [RegExp, string])[] = [
  [/! --dport 0:65535/, 'iptables-nft loses a negated full range, which never matches; kept as it was written'],
  [/--chunk-types|-m (hashlimit|owner|u32|time|string|connlimit|helper|cpu|bpf)/, 'not simulated, and said so'],
  [/--packets-gt|--zone|-j (NETMAP|NFQUEUE|CLASSIFY)|:80-90\/100/, 'not simulated, and said so'],
  [/-m nfacct/, 'counter objects are taken to exist'],
  [/-m tcp --dport 80 -m tcp --sport 90/, 'iptables-nft merges the two; the legacy form is kept'],
  [/-s (localhost|10\.0\.0) /, 'no host names, no short forms of addresses'],
  [/-E FORWARD/, 'iptables-nft silently does nothing; refused, as the legacy tool does'],
]

const BASE: Readonly<Record<TableName, readonly string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
}

function restoreOne(family: 4 | 6, row: Row): readonly string[] | null {
  const ns = fakeNamespace()
  ns.ipsets.restore('create tset hash:ip\ncreate tset2 hash:ip,port\ncreate tset6 hash:ip family inet6\n')
  const netfilter = createNetfilter(ns)
  const standard = [...BASE[row.table].map(chain => `:${chain} ACCEPT [0:0]`), ':X - [0:0]']
  netfilter.restore(family, `*${row.table}\n${standard.join('\n')}\nCOMMIT\n`)
  try {
    netfilter.restore(family, `*${row.table}\n${row.in}\nCOMMIT\n`, { noflush: true, counters: true })
  } catch (error) {
    if (error instanceof KubehopError && error.code === 'KH_IPTABLES') return null
    throw error
  }
  const lines = netfilter
    .save(family, row.table, { counters: true })
    .split('\n')
    .filter(line => line !== '' && line !== 'COMMIT' && !line.startsWith('*'))
  return [
    ...lines.filter(line => !standard.includes(line)),
    ...standard
      .filter(line => !lines.includes(line))
      .sort()
      .map(line => `MISSING ${line}`),
  ]
}

describe.each([
  [4, 'rules-v4.json'],
  [6, 'rules-v6.json'],
] as const)('a rule of IPv%i is saved as iptables-save 1.8.9 saves it', (family, file) => {
  for (const row of rows(file)) {
    if (DEVIATIONS.some(([pattern]) => pattern.test(row.in))) continue
    test(`${row.table} ${row.in}`, () => {
      expect(restoreOne(family, row)).toEqual(row.out)
    })
  }
})

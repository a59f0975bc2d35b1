import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { KubehopError } from '../../../src/errors.ts'
import { createIpsets } from '../../../src/netns/ipset/index.ts'
import { fakeNamespace } from '../netfilter/fake-namespace.ts'

/**
 * Recorded from ipset 7.17 on Linux 6.18, line by line: which lines `ipset save` shows more and less afterwards (without the
 * random initval), or that the line was refused. `base` lines build upon one another; each later line is tried upon all of them
 * and upon the earlier lines that concern its own set.
 */
interface Row {
  readonly in: string
  readonly ok: boolean
  readonly base?: true
  readonly added: readonly string[]
  readonly removed: readonly string[]
}

const ROWS: readonly Row[] = JSON.parse(readFileSync(new URL('fixtures/lines.json', import.meta.url), 'utf8'))

const DEVIATIONS: readonly (readonly [RegExp, string])[] = [
  [/^(create|add) [hiv] /, 'hash:mac and hash:ip,mark are there, though the recording kernel has not got them'],
  [/^(create|add) [rsw] /, 'hash:net,net, hash:net,port,net and hash:net,iface are not simulated, and said so'],
  [/bitmap:ip|^add t /, 'not simulated, and said so'],
]
const deviates = (line: string): boolean => DEVIATIONS.some(([pattern]) => pattern.test(line))

const BASE = ROWS.filter(row => row.base === true && row.ok && !deviates(row.in)).map(row => row.in)

function lines(ipsets: { save(): string }): string[] {
  return ipsets
    .save()
    .replace(/ initval 0x[0-9a-f]{8}/g, '')
    .split('\n')
    .filter(line => line !== '')
}

function run(before: readonly string[], row: Row): { ok: boolean; added: string[]; removed: string[] } {
  const ipsets = createIpsets(fakeNamespace())
  ipsets.restore(before.join('\n'))
  const was = lines(ipsets)
  try {
    ipsets.restore(row.in)
  } catch (error) {
    if (!(error instanceof KubehopError) || error.code !== 'KH_IPSET') throw error
    expect(lines(ipsets)).toEqual(was)
    return { ok: false, added: [], removed: [] }
  }
  const is = lines(ipsets)
  return {
    ok: true,
    added: is.filter(line => !was.includes(line)).sort(),
    removed: was.filter(line => !is.includes(line)).sort(),
  }
}

describe('a line has the effect that it has on ipset 7.17', () => {
  ROWS.forEach((row, i) => {
    if (deviates(row.in)) return
    test(row.in, () => {
      const set = row.in.split(' ')[1] ?? ''
      const earlier = ROWS.slice(0, i).filter(
        other => other.ok && (row.base === true ? other.base === true : /^(create|-N|n) /.test(other.in)),
      )
      const own = earlier.filter(other => other.base !== true && other.in.split(' ')[1] === set)
      const before =
        row.base === true
          ? earlier.map(other => other.in).filter(line => !deviates(line))
          : [...BASE, ...own.map(o => o.in)]
      expect(run(before, row)).toEqual({ ok: row.ok, added: row.added, removed: row.removed })
    })
  })
})

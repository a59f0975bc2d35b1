import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { ConntrackEntry } from '../../../src/netns/model/conntrack.ts'
import { Bench, sctp, stateOf, tcp } from './support.ts'

type Entry = [state: string, timeout: number, reply: number, assured: number, fromClient: number] | null
type TcpStep = [
  dir: number,
  flags: number,
  seq: number,
  ack: number,
  win: number,
  length: number,
  ct: string | null,
  Entry,
]
type SctpStep = [dir: number, chunk: number, tag: number, initTag: number, ct: string | null, Entry]

/** What the kernel printed of the entry, and we: seconds may differ by two, for the recording took time. */
function expectEntry(entries: readonly ConntrackEntry[], expected: Entry, now: number, where: string): void {
  const entry = entries[0]
  if (expected === null || entry === undefined) {
    expect(entry === undefined, where).toBe(expected === null)
    return
  }
  const line = entry.original.proto === 6 ? entry.tcpState : (entry as ConntrackEntry & { sctpState: string }).sctpState
  const actual = [line, Number(entry.seenReply), Number(entry.assured), Number(entry.original.dport === 80)]
  expect(actual, where).toEqual([expected[0], expected[2], expected[3], expected[4]])
  expect(Math.abs((entry.expires - now) / 1_000_000 - expected[1]), where).toBeLessThanOrEqual(2)
}

function golden<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`./golden/${name}`, import.meta.url), 'utf8')) as T
}

describe('random TCP flows end in the states that the kernel was seen in', () => {
  const flows = golden<{ loose: number; liberal: number; steps: TcpStep[] }[]>('tcp-kernel.json')
  it.each(flows.map((flow, index) => ({ ...flow, index })))('flow $index', ({ loose, liberal, steps, index }) => {
    const bench = new Bench()
    bench.sysctl.tcpLoose = loose === 1
    bench.sysctl.tcpBeLiberal = liberal === 1
    for (const [at, [dir, flags, seq, ack, win, length, ct, entry]] of steps.entries()) {
      const skb =
        dir === 0
          ? tcp('10.1.0.2', 4000, '10.2.0.2', 80, flags, seq, ack, win, length)
          : tcp('10.2.0.2', 80, '10.1.0.2', 4000, flags, seq, ack, win, length)
      bench.pass(skb)
      const where = `flow ${index} step ${at}`
      if (ct !== null) expect(stateOf(skb), where).toBe(ct)
      expectEntry(bench.conntrack.entries(), entry, bench.now, where)
    }
  })
})

describe('random SCTP flows end in the states that the kernel was seen in', () => {
  const flows = golden<SctpStep[][]>('sctp-kernel.json')
  it.each(flows.map((steps, index) => ({ steps, index })))('flow $index', ({ steps, index }) => {
    const bench = new Bench()
    for (const [at, [dir, chunk, tag, initTag, ct, entry]] of steps.entries()) {
      const skb =
        dir === 0
          ? sctp('10.1.0.2', 4000, '10.2.0.2', 80, chunk, tag, initTag)
          : sctp('10.2.0.2', 80, '10.1.0.2', 4000, chunk, tag, initTag)
      bench.pass(skb)
      const where = `flow ${index} step ${at}`
      if (ct !== null) expect(stateOf(skb), where).toBe(ct)
      expectEntry(bench.conntrack.entries(), entry, bench.now, where)
    }
  })
})

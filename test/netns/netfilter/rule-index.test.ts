import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Device } from '../../../src/netns/model/device.ts'
import { HOOK_FORWARD } from '../../../src/netns/model/netfilter.ts'
import { Skb } from '../../../src/netns/model/skb.ts'
import { createNetfilter } from '../../../src/netns/netfilter/index.ts'
import { RuleIndex } from '../../../src/netns/netfilter/rules/rule-index.ts'
import { parseRestore } from '../../../src/netns/netfilter/text/parse-restore.ts'
import type { TraceEvent } from '../../../src/trace/recorder.ts'
import { parseAddr } from '../../../src/wire/addr.ts'
import { fakeNamespace, keepEvents } from './fake-namespace.ts'
import { packet, ruleset } from './rule-text.ts'

const dev = { name: 'cni0', kind: 'bridge' } as Device

interface Outcome {
  readonly verdicts: number[]
  readonly marks: number[]
  readonly saved: string
  readonly events: unknown[]
}

/** `linear`: a recorder that wants misses makes the walk look at every rule. */
function run(text: string, packets: readonly Packet[], linear: boolean): Outcome {
  let draws = 0
  const ns = fakeNamespace()
  // Every second draw hits, whoever draws: both walks must draw equally often and in the same order.
  ns.sim.chance = { bernoulli: () => draws++ % 2 === 0, pick: () => 0, arbitrary: () => 0 }
  const netfilter = createNetfilter(ns)
  netfilter.restore(4, text)
  const recorder = keepEvents(linear)
  ns.sim.recorder = recorder
  const verdicts: number[] = []
  const marks: number[] = []
  for (const p of packets) {
    const skb = Object.assign(new Skb(), { ...p, src: parseAddr(p.src), dst: parseAddr(p.dst), length: 100 })
    verdicts.push(netfilter.run(HOOK_FORWARD, skb, dev, dev))
    marks.push(skb.mark)
  }
  return {
    verdicts,
    marks,
    saved: netfilter.save(4, 'filter', { counters: true }),
    events: recorder.events.filter(event => event.kind !== 'ruleMiss').map(plain),
  }
}

type Packet = typeof packet extends fc.Arbitrary<infer P> ? P : never

function plain(event: TraceEvent): unknown {
  return 'rule' in event && event.rule !== null ? { ...event, rule: `${event.rule.chain} ${event.rule.index}` } : event
}

describe('the dispatch index', () => {
  test('changes no verdict, event, counter or draw', () => {
    fc.assert(
      fc.property(ruleset, fc.array(packet, { minLength: 1, maxLength: 25 }), (text, packets) => {
        expect(run(text, packets, false)).toEqual(run(text, packets, true))
      }),
      { numRuns: 300 },
    )
  })

  test('is made for a chain of Services, and finds the one rule', () => {
    const lines = Array.from({ length: 50 }, (_, i) => `-A S -d 10.96.0.${i} -p tcp -m tcp --dport 80 -j ACCEPT`)
    const input = parseRestore(['*filter', ':S - [0:0]', ...lines, '-A S -j RETURN', 'COMMIT', ''].join('\n'), 4)
    const chain = input.tables[0]?.commands[0]
    const rules = chain?.kind === 'chain' ? (chain.program?.rules ?? []) : []
    const index = RuleIndex.build(rules)
    const skb = Object.assign(new Skb(), { dst: parseAddr('10.96.0.37'), proto: 6, dport: 80 })
    expect(index?.next(skb, 0)).toBe(37)
    expect(index?.next(skb, 38)).toBe(50)
    expect(index?.next(skb, 51)).toBe(51)
  })

  test('is not made where most rules could match any packet', () => {
    const lines = Array.from({ length: 50 }, (_, i) => `-A S -s 10.${i}.0.0/16 -j ACCEPT`)
    const input = parseRestore(['*filter', ':S - [0:0]', ...lines, 'COMMIT', ''].join('\n'), 4)
    const chain = input.tables[0]?.commands[0]
    expect(RuleIndex.build(chain?.kind === 'chain' ? (chain.program?.rules ?? []) : [])).toBeNull()
  })
})

import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { type FlowEntry, NAT_SRC_DONE } from '../../../src/netns/conntrack/entry.ts'
import { FlowTable, NOT_FOUND } from '../../../src/netns/conntrack/table.ts'
import { v4, v6 } from '../../../src/wire/addr.ts'

interface Step {
  readonly action: 'insert' | 'remove' | 'find' | 'pass'
  readonly src: number
  readonly sport: number
  readonly family6: boolean
  readonly life: number
}

const step: fc.Arbitrary<Step> = fc.record({
  action: fc.constantFrom('insert', 'insert', 'insert', 'remove', 'find', 'pass'),
  src: fc.integer({ min: 0, max: 5 }),
  sport: fc.integer({ min: 0, max: 60 }),
  family6: fc.boolean(),
  life: fc.integer({ min: 1, max: 20 }),
})

function entryOf(table: FlowTable, { src, sport, family6 }: Step, now: number): FlowEntry {
  const addr = (n: number) => (family6 ? v6(0xfd000000, 0, 0, n) : v4(0xc0a80000 + n))
  return table.create(addr(src), addr(99), sport, 80, 6, 80, sport, 0, now)
}

const found = (table: FlowTable, node: number): FlowEntry | undefined =>
  node === NOT_FOUND ? undefined : table.entryOf(node)

describe('the flow table', () => {
  test.prop([fc.array(step, { maxLength: 400 })])('finds what a Map finds', steps => {
    const table = new FlowTable()
    const model = new Map<string, FlowEntry>()
    let now = 0
    const key = (entry: FlowEntry) => `${entry.original.src} ${entry.original.sport}`
    for (const one of steps) {
      const probe = entryOf(table, one, now)
      for (const [name, entry] of model) if (entry.expires <= now) model.delete(name)
      const known = model.get(key(probe))
      switch (one.action) {
        case 'insert':
          if (known === undefined) {
            probe.expires = now + one.life
            probe.natDone = NAT_SRC_DONE
            table.insert(probe, now)
            model.set(key(probe), probe)
          }
          break
        case 'remove':
          if (known !== undefined) table.remove(known, now)
          model.delete(key(probe))
          break
        case 'pass':
          now += one.life
          break
        default:
          expect(found(table, table.findTuple(probe.original, now))?.slot).toBe(known?.slot)
          expect(found(table, table.findTuple(probe.reply, now))?.slot).toBe(known?.slot)
      }
    }
    table.expire(now)
    const live = [...model.values()].filter(entry => entry.expires > now)
    const listed: number[] = []
    for (let entry = table.oldest; entry !== null; entry = entry.newer) listed.push(entry.slot)
    expect(listed).toEqual(live.map(entry => entry.slot))
    expect(table.count).toBe(live.length)
    for (const entry of live) {
      const { src, sport, proto } = entry.original
      let same = table.bySource.first(src, sport, proto)
      while (same !== null && !same.is(entry)) same = same.nextBySource
      expect(same?.slot).toBe(entry.slot)
    }
  })

  it('does not grow for ever when every flow is met once', () => {
    const table = new FlowTable()
    for (let i = 0; i < 20_000; i++) {
      const entry = table.create(v4(i), v4(1), i & 0xffff, 80, 17, 80, i & 0xffff, 0, i)
      entry.expires = i + 100
      table.insert(entry, i)
    }
    expect(table.count).toBeLessThan(1000)
  })
})

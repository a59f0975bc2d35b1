import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { FlowEntry, NAT_SRC_DONE } from '../../../src/netns/conntrack/entry.ts'
import { FlowTable } from '../../../src/netns/conntrack/table.ts'
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

function entryOf({ src, sport, family6 }: Step): FlowEntry {
  const addr = (n: number) => (family6 ? v6(0xfd000000, 0, 0, n) : v4(0xc0a80000 + n))
  return new FlowEntry(addr(src), addr(99), sport, 80, 6, 80, sport, 0)
}

describe('the flow table', () => {
  test.prop([fc.array(step, { maxLength: 400 })])('finds what a Map finds', steps => {
    const table = new FlowTable()
    const model = new Map<string, FlowEntry>()
    let now = 0
    const key = (entry: FlowEntry) => `${entry.original.src} ${entry.original.sport}`
    for (const one of steps) {
      const probe = entryOf(one)
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
          if (known !== undefined) table.remove(known)
          model.delete(key(probe))
          break
        case 'pass':
          now += one.life
          break
        default:
          expect(table.findTuple(probe.original, now)?.entry).toBe(known)
          expect(table.findTuple(probe.reply, now)?.entry).toBe(known)
      }
    }
    table.expire(now)
    const live = [...model.values()].filter(entry => entry.expires > now)
    const listed: FlowEntry[] = []
    for (let entry = table.oldest; entry !== null; entry = entry.newer) listed.push(entry)
    expect(listed).toEqual(live)
    expect(table.count).toBe(live.length)
    for (const entry of live) {
      const { src, sport, proto } = entry.original
      let found = table.bySource.first(src, sport, proto)
      while (found !== null && found !== entry) found = found.nextBySource
      expect(found).toBe(entry)
    }
  })

  it('does not grow for ever when every flow is met once', () => {
    const table = new FlowTable()
    for (let i = 0; i < 20_000; i++) {
      const entry = new FlowEntry(v4(i), v4(1), i & 0xffff, 80, 17, 80, i & 0xffff, 0)
      entry.expires = i + 100
      table.insert(entry, i)
    }
    expect(table.count).toBeLessThan(1000)
  })
})

import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import type { Device } from '../../../src/netns/model/device.ts'
import { Skb } from '../../../src/netns/model/skb.ts'
import { FrameQueue } from '../../../src/netns/sim/frame-queue.ts'
import { EventLoop } from '../../../src/netns/sim/simulation.ts'
import { Timers } from '../../../src/netns/sim/timers.ts'

/** A device that counts, as far as the loop looks at devices. */
function sink(received: string[], name: string, onFrame: (skb: Skb) => void = () => {}): Device {
  const ns = {
    receiveFrame(skb: Skb): void {
      received.push(`${name} ${skb.id}`)
      onFrame(skb)
    },
  }
  return { ns } as unknown as Device
}

function frame(id: number): Skb {
  const skb = new Skb()
  skb.id = id
  return skb
}

describe('event loop', () => {
  it('delivers frames in the order they were sent, before any timer, at the same time', () => {
    const loop = new EventLoop()
    const seen: string[] = []
    const a = sink(seen, 'a')
    const b = sink(seen, 'b', skb => {
      if (skb.id === 2) loop.enqueueFrame(frame(3), a)
    })
    loop.schedule(0, () => seen.push(`timer ${loop.now}`))
    loop.enqueueFrame(frame(1), a)
    loop.enqueueFrame(frame(2), b)
    expect(loop.run()).toBe('idle')
    expect(seen).toEqual(['a 1', 'b 2', 'a 3', 'timer 0'])
  })

  it('stops at `until` with the clock there, and goes on from there', () => {
    const loop = new EventLoop()
    const fired: number[] = []
    for (const delay of [30, 10, 20]) loop.schedule(delay, () => fired.push(loop.now))
    expect(loop.run(20)).toBe('until')
    expect(fired).toEqual([10, 20])
    expect(loop.now).toBe(20)
    expect(loop.run()).toBe('idle')
    expect(fired).toEqual([10, 20, 30])
    expect(loop.run(100)).toBe('idle')
    expect(loop.now).toBe(100)
  })

  it('gives up after maxEvents when frames breed frames', () => {
    const loop = new EventLoop({ maxEvents: 100 })
    const seen: string[] = []
    const dev: Device = sink(seen, 'loop', skb => loop.enqueueFrame(skb, dev))
    loop.enqueueFrame(frame(1), dev)
    expect(loop.run()).toBe('limit')
    expect(seen).toHaveLength(100)
    loop.clear()
    expect(loop.run()).toBe('idle')
  })

  it('gives each packet its own id', () => {
    const loop = new EventLoop()
    expect([loop.nextPacketId(), loop.nextPacketId()]).toEqual([1, 2])
  })
})

describe('timers', () => {
  property.prop([fc.array(fc.record({ time: fc.nat(20), cancel: fc.boolean() }), { maxLength: 60 })])(
    'fire by time, then by creation, and never when cancelled',
    plan => {
      const timers = new Timers()
      const fired: number[] = []
      const handles = plan.map(({ time }, i) => timers.add(time, () => fired.push(i)))
      plan.forEach(({ cancel }, i) => {
        if (cancel) timers.cancel(handles[i] ?? 0)
      })
      for (let action = timers.shift(); action !== undefined; action = timers.shift()) action()
      const expected = plan
        .map(({ time, cancel }, i) => ({ time, cancel, i }))
        .filter(timer => !timer.cancel)
        .sort((a, b) => a.time - b.time || a.i - b.i)
        .map(timer => timer.i)
      expect(fired).toEqual(expected)
      expect(timers.size).toBe(0)
    },
  )

  it('ignores a handle that has fired or never was', () => {
    const timers = new Timers()
    const handle = timers.add(1, () => {})
    timers.shift()
    timers.add(2, () => {})
    timers.cancel(handle)
    timers.cancel(0)
    expect(timers.size).toBe(1)
  })
})

describe('frame queue', () => {
  property.prop([fc.array(fc.oneof(fc.constant('push' as const), fc.constant('shift' as const)), { maxLength: 500 })])(
    'is first in, first out, however it grows',
    operations => {
      const queue = new FrameQueue()
      const model: number[] = []
      const dev = sink([], 'd')
      let id = 0
      for (const operation of operations) {
        if (operation === 'push') {
          queue.push(frame(++id), dev)
          model.push(id)
        } else if (model.length > 0) {
          expect(queue.shift().id).toBe(model.shift())
        }
        expect(queue.size).toBe(model.length)
      }
    },
  )
})

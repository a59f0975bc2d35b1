import type { Recorder } from '../../trace/recorder.ts'
import type { Device } from '../model/device.ts'
import type { Chance, Simulation } from '../model/simulation.ts'
import type { Skb } from '../model/skb.ts'
import { SeededChance } from './chance.ts'
import { FrameQueue } from './frame-queue.ts'
import { Timers } from './timers.ts'

export interface SimulationOptions {
  /** Seed of the random source, an unsigned 32-bit number. Default 1. Not used when `chance` is given. */
  readonly seed?: number
  readonly chance?: Chance
  /** Frames and timers that one `run` works on before it gives up with 'limit'. Default 1,000,000. */
  readonly maxEvents?: number
}

/**
 * The event loop: frames in flight first, in the order they were sent (as the softirq backlog does), then the earliest
 * timer. Frames take no time; only timers move the clock.
 */
export class EventLoop implements Simulation {
  now = 0
  chance: Chance
  recorder: Recorder | null = null
  readonly maxEvents: number
  readonly #frames = new FrameQueue()
  readonly #timers = new Timers()
  #packets = 0

  constructor(options: SimulationOptions = {}) {
    this.chance = options.chance ?? new SeededChance(options.seed ?? 1)
    this.maxEvents = options.maxEvents ?? 1_000_000
  }

  nextPacketId(): number {
    return ++this.#packets
  }

  enqueueFrame(skb: Skb, dev: Device): void {
    this.#frames.push(skb, dev)
  }

  schedule(delay: number, action: () => void): number {
    return this.#timers.add(this.now + Math.max(delay, 0), action)
  }

  cancel(handle: number): void {
    this.#timers.cancel(handle)
  }

  run(until = Number.POSITIVE_INFINITY): 'idle' | 'until' | 'limit' {
    let budget = this.maxEvents
    for (;;) {
      while (this.#frames.size > 0) {
        if (budget-- <= 0) return 'limit'
        const dev = this.#frames.device()
        dev.ns.receiveFrame(this.#frames.shift(), dev)
      }
      const time = this.#timers.nextTime()
      if (time > until) {
        this.now = Math.max(this.now, until)
        return this.#timers.size > 0 ? 'until' : 'idle'
      }
      const action = this.#timers.shift()
      if (action === undefined) return 'idle'
      if (budget-- <= 0) return 'limit'
      this.now = time
      action()
    }
  }

  /** Forgets every frame in flight and every timer: what is left after 'limit'. */
  clear(): void {
    this.#frames.clear()
    this.#timers.clear()
  }
}

import type { Recorder } from '../../trace/recorder.ts'
import type { Device } from './device.ts'
import type { Skb } from './skb.ts'

/**
 * The one door to chance. Every random decision of the simulated world asks here, with its alternatives and exact weights,
 * so that a walk can be sampled with a seed or forked into all its branches.
 */
export interface Chance {
  /** True with probability numerator/denominator. `site` names the decision in a branch tree. */
  bernoulli(site: string, numerator: number, denominator: number): boolean
  /** One of 0 … n−1, all equally likely. */
  pick(site: string, n: number): number
  /** A number that does not change where the packet goes (ephemeral port, IP id, ISN): sampled, never branched on. In [0, n). */
  arbitrary(n: number): number
}

/** A simulated world: one clock, one queue of frames in flight, one source of chance, at most one recorder. */
export interface Simulation {
  /** Simulated time in microseconds since the start. */
  readonly now: number
  readonly chance: Chance
  /** Null when nobody watches: then no step may build an event. */
  recorder: Recorder | null
  nextPacketId(): number
  /** Hands a frame to the receiving device after everything that is queued before it (softirq order), at the same time. */
  enqueueFrame(skb: Skb, dev: Device): void
  /** Runs `action` after `delay` microseconds. Returns a handle for `cancel`. */
  schedule(delay: number, action: () => void): number
  cancel(handle: number): void
  /**
   * Works until nothing is queued or `until` is reached (microseconds). Returns why it stopped; 'limit' after `maxEvents`
   * events, which is the sign of a loop.
   */
  run(until?: number): 'idle' | 'until' | 'limit'
}

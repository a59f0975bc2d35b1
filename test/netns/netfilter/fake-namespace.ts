import { createIpsets } from '../../../src/netns/ipset/index.ts'
import type { Conntrack } from '../../../src/netns/model/conntrack.ts'
import type { Namespace } from '../../../src/netns/model/namespace.ts'
import type { IpsetRegistry } from '../../../src/netns/model/netfilter.ts'
import type { Chance, Simulation } from '../../../src/netns/model/simulation.ts'
import type { Recorder, TraceEvent } from '../../../src/trace/recorder.ts'

/** A namespace with just what netfilter touches. Parts that a test needs are put in their place by it. */
export type FakeNamespace = Namespace & {
  readonly ipsets: IpsetRegistry
  readonly sim: Simulation & { now: number; chance: Chance }
}

export function fakeNamespace(parts: Partial<Record<keyof Namespace, unknown>> = {}): FakeNamespace {
  const sim = {
    now: 0,
    recorder: null as Recorder | null,
    chance: {
      bernoulli: () => false,
      pick: () => 0,
      arbitrary: () => 0,
    },
  }
  const ns: Record<string, unknown> = { name: 'test', sim, conntrack: fakeConntrack(), ...parts }
  ns.ipsets ??= createIpsets(ns as unknown as Namespace)
  // Only the parts above exist: a test that reaches for another one fails by itself.
  return ns as unknown as FakeNamespace
}

/** Conntrack that never has an entry. */
export function fakeConntrack(parts: Partial<Conntrack> = {}): Conntrack {
  const conntrack = {
    enabled: false,
    track: () => 1,
    untrack: () => undefined,
    needsNatRules: () => false,
    bindNat: () => 1,
    bindNull: () => 1,
    translate: () => 1,
    confirm: () => 1,
    defragment: () => 1,
    ...parts,
  }
  return conntrack as unknown as Conntrack
}

/** A recorder that keeps everything. */
export function keepEvents(misses = false): Recorder & { readonly events: TraceEvent[] } {
  const events: TraceEvent[] = []
  return { misses, frames: false, events, record: event => void events.push(event) }
}

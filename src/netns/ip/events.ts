import type { DropReason } from '../../trace/recorder.ts'
import type { Namespace } from '../model/namespace.ts'
import type { RouteDecision } from '../model/route.ts'
import type { Skb } from '../model/skb.ts'
import { viewOf } from '../skb-bytes.ts'
import { RouteText } from './route-text.ts'

/** What the IP layer tells the recorder. Each function is silent, and allocates nothing, when nobody watches. */

export function recordDrop(ns: Namespace, skb: Skb, reason: DropReason, detail: string): void {
  const { recorder } = ns.sim
  if (recorder === null) return
  recorder.record({ kind: 'drop', time: ns.sim.now, ns: ns.name, packet: viewOf(skb), reason, detail, rule: null })
}

export function recordRoute(
  ns: Namespace,
  skb: Skb,
  hook: 'input' | 'output' | 'reroute',
  decision: RouteDecision,
): void {
  const { recorder } = ns.sim
  if (recorder === null) return
  const { action, route, dev, gateway } = decision
  recorder.record({
    kind: 'route',
    time: ns.sim.now,
    ns: ns.name,
    packet: viewOf(skb),
    hook,
    decision: action,
    route: route === null ? null : new RouteText(route),
    dev: dev === null ? '' : dev.name,
    gateway,
  })
}

export function recordOriginate(ns: Namespace, skb: Skb, by: string): void {
  const { recorder } = ns.sim
  if (recorder === null) return
  recorder.record({ kind: 'originate', time: ns.sim.now, ns: ns.name, packet: viewOf(skb), by })
}

/** `skb` already has its new TTL. */
export function recordTtl(ns: Namespace, skb: Skb): void {
  const { recorder } = ns.sim
  if (recorder === null) return
  recorder.record({
    kind: 'ttl',
    time: ns.sim.now,
    ns: ns.name,
    packet: viewOf(skb),
    old: skb.ttl + 1,
    new: skb.ttl,
  })
}

export function recordFragment(ns: Namespace, skb: Skb, mtu: number, pieces: number): void {
  const { recorder } = ns.sim
  if (recorder === null) return
  recorder.record({ kind: 'fragment', time: ns.sim.now, ns: ns.name, packet: viewOf(skb), mtu, pieces })
}

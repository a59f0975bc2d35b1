import type { DropReason } from '../../trace/recorder.ts'
import type { Addr } from '../../wire/addr.ts'
import type { Mac } from '../../wire/mac.ts'
import type { Device } from '../model/device.ts'
import type { Namespace } from '../model/namespace.ts'
import type { Skb } from '../model/skb.ts'
import { viewOf } from '../skb-bytes.ts'

/** What neighbour discovery tells the recorder. Each function is silent, and allocates nothing, when nobody watches. */

export function recordNeighbour(
  ns: Namespace,
  skb: Skb,
  dev: Device,
  addr: Addr,
  mac: Mac,
  action: 'hit' | 'ask' | 'learn' | 'failed' | 'queued',
): void {
  const { recorder } = ns.sim
  if (recorder === null) return
  const packet = viewOf(skb)
  recorder.record({ kind: 'neighbour', time: ns.sim.now, ns: ns.name, packet, dev: dev.name, addr, mac, action })
}

export function recordOriginate(ns: Namespace, skb: Skb, by: 'arp' | 'nd'): void {
  const { recorder } = ns.sim
  if (recorder === null) return
  recorder.record({ kind: 'originate', time: ns.sim.now, ns: ns.name, packet: viewOf(skb), by })
}

export function recordDrop(ns: Namespace, skb: Skb, reason: DropReason, detail: string): void {
  const { recorder } = ns.sim
  if (recorder === null) return
  recorder.record({ kind: 'drop', time: ns.sim.now, ns: ns.name, packet: viewOf(skb), reason, detail, rule: null })
}

export function recordRedirect(ns: Namespace, skb: Skb, gateway: Addr, to: Addr): void {
  const { recorder } = ns.sim
  if (recorder === null) return
  recorder.record({ kind: 'redirect', time: ns.sim.now, ns: ns.name, packet: viewOf(skb), gateway, to })
}

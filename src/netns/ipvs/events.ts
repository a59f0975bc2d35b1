import type { DropReason } from '../../trace/recorder.ts'
import type { Addr } from '../../wire/addr.ts'
import type { Namespace } from '../model/namespace.ts'
import { HOOK_NAMES, type Hook } from '../model/netfilter.ts'
import type { Skb } from '../model/skb.ts'
import { viewOf } from '../skb-bytes.ts'
import type { IpvsConnection } from './connection.ts'
import { endpoint } from './format-save.ts'
import type { RealServer } from './real-server.ts'
import type { VirtualService } from './virtual-service.ts'

/** What IPVS tells the recorder. Each is silent, and allocates nothing, when nobody watches. */

export function recordSchedule(
  ns: Namespace,
  skb: Skb,
  service: VirtualService,
  action: 'schedule' | 'persistence' | 'no_server',
  server: RealServer | null,
): void {
  const { recorder } = ns.sim
  if (recorder === null) return
  recorder.record({
    kind: 'ipvs',
    time: ns.sim.now,
    ns: ns.name,
    packet: viewOf(skb),
    action,
    service: endpoint(service.addr, service.port),
    scheduler: service.schedulerName,
    server: server === null ? '' : endpoint(server.addr, server.port),
  })
}

/** A packet of a connection that is there. */
export function recordMatch(ns: Namespace, skb: Skb, c: IpvsConnection, fromServer: boolean): void {
  const { recorder } = ns.sim
  if (recorder === null) return
  recorder.record({
    kind: 'ipvs',
    time: ns.sim.now,
    ns: ns.name,
    packet: viewOf(skb),
    action: fromServer ? 'answer' : 'connection',
    service: endpoint(c.virtual, c.virtualPort),
    scheduler: '',
    server: endpoint(c.dest.addr, c.dest.port),
  })
}

export function recordNat(
  ns: Namespace,
  skb: Skb,
  hook: Hook,
  what: 'src' | 'dst',
  newAddr: Addr,
  newPort: number,
): void {
  const { recorder } = ns.sim
  if (recorder === null) return
  recorder.record({
    kind: 'nat',
    time: ns.sim.now,
    ns: ns.name,
    packet: viewOf(skb),
    hook: HOOK_NAMES[hook],
    what,
    oldAddr: what === 'src' ? skb.src : skb.dst,
    oldPort: what === 'src' ? skb.sport : skb.dport,
    newAddr,
    newPort,
    reverse: what === 'src',
  })
}

export function recordDrop(ns: Namespace, skb: Skb, reason: DropReason, detail: string): void {
  const { recorder } = ns.sim
  if (recorder === null) return
  recorder.record({ kind: 'drop', time: ns.sim.now, ns: ns.name, packet: viewOf(skb), reason, detail, rule: null })
}

import type { DropReason, RuleRef } from '../../trace/recorder.ts'
import type { Namespace } from '../model/namespace.ts'
import type { Skb } from '../model/skb.ts'
import { viewOf } from '../skb-bytes.ts'

/** Records that a packet ended here; nothing when nobody watches. */
export function recordDrop(ns: Namespace, skb: Skb, reason: DropReason, detail: string, rule: RuleRef | null): void {
  const { sim } = ns
  if (sim.recorder === null) return
  sim.recorder.record({ kind: 'drop', time: sim.now, ns: ns.name, packet: viewOf(skb), reason, detail, rule })
}

import type { DropReason, TextRef } from '../../trace/recorder.ts'
import type { Mac } from '../../wire/mac.ts'
import type { Device } from '../model/device.ts'
import { PACKET_BROADCAST, PACKET_HOST, PACKET_MULTICAST, PACKET_OTHERHOST, type Skb } from '../model/skb.ts'
import { skbToFrame, viewOf } from '../skb-bytes.ts'

/** What the link layer tells the recorder. Each function is silent, and allocates nothing, when nobody watches. */

const TAP_LETTERS = {
  [PACKET_HOST]: 'In',
  [PACKET_BROADCAST]: 'B',
  [PACKET_MULTICAST]: 'M',
  [PACKET_OTHERHOST]: 'P',
} as const

/** The tap of a device that a frame arrived on, before netfilter (dev_queue_xmit_nit's counterpart, `tcpdump In`). */
export function tapRx(skb: Skb, dev: Device): void {
  const { recorder } = dev.ns.sim
  if (recorder === null) return
  recorder.record({
    kind: 'rx',
    time: dev.ns.sim.now,
    ns: dev.ns.name,
    packet: viewOf(skb),
    dev: dev.name,
    pktType: TAP_LETTERS[skb.pktType as keyof typeof TAP_LETTERS],
    frame: recorder.frames ? skbToFrame(skb) : null,
  })
}

/** The tap of a device that a frame leaves by (`tcpdump Out`). */
export function tapTx(skb: Skb, dev: Device): void {
  const { recorder } = dev.ns.sim
  if (recorder === null) return
  recorder.record({
    kind: 'tx',
    time: dev.ns.sim.now,
    ns: dev.ns.name,
    packet: viewOf(skb),
    dev: dev.name,
    frame: recorder.frames ? skbToFrame(skb) : null,
  })
}

export function recordDrop(skb: Skb, dev: Device, reason: DropReason, detail: string): void {
  const { recorder } = dev.ns.sim
  if (recorder === null) return
  recorder.record({
    kind: 'drop',
    time: dev.ns.sim.now,
    ns: dev.ns.name,
    packet: viewOf(skb),
    reason,
    detail,
    rule: null,
  })
}

export function recordFdb(
  skb: Skb,
  dev: Device,
  mac: Mac,
  action: 'learn' | 'forward' | 'local' | 'flood' | 'none',
  ports: readonly string[],
  entry: TextRef | null,
): void {
  dev.ns.sim.recorder?.record({
    kind: 'fdb',
    time: dev.ns.sim.now,
    ns: dev.ns.name,
    packet: viewOf(skb),
    dev: dev.name,
    mac,
    action,
    ports,
    entry,
  })
}

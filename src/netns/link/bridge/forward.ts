import { MAC_BROADCAST, type Mac } from '../../../wire/mac.ts'
import type { Skb } from '../../model/skb.ts'
import { cloneFrame } from '../clone-frame.ts'
import { recordDrop, recordFdb } from '../events.ts'
import { nfForward } from './br-netfilter.ts'
import type { Bridge } from './bridge.ts'
import type { Port } from './port.ts'
import { push } from './push.ts'

/** Which flag of a port decides whether it takes a flooded frame (enum br_pkt_type). */
export const FLOOD_UNICAST = 0
export const FLOOD_MULTICAST = 1
export const FLOOD_BROADCAST = 2
export type FloodType = 0 | 1 | 2

/**
 * Whether a frame that came in by `from` (null: sent by the host) may leave by `to` (br_forward.c should_deliver): never back
 * to where it came from unless `hairpin` is on, and not between isolated ports.
 */
function mayDeliver(from: Port | null, to: Port): boolean {
  return (from !== to || to.hairpin) && to.forwarding && !(to.isolated && from?.isolated === true)
}

/** Sends a frame out of one port (br_forward). Takes ownership. */
export function forwardTo(skb: Skb, from: Port | null, to: Port): void {
  if (mayDeliver(from, to)) {
    deliver(skb, from, to)
    return
  }
  if (from === to && !to.hairpin) {
    recordDrop(skb, to.bridge, 'hairpin_off', `${to.device.name} is the port it came in by, and hairpin is off there`)
  } else if (!to.forwarding) {
    recordDrop(skb, to.bridge, 'link_down', `${to.device.name} is down`)
  } else {
    recordDrop(skb, to.bridge, 'isolated_port', `${from?.device.name} and ${to.device.name} are both isolated`)
  }
}

/**
 * Sends a frame out of every port that takes it (br_flood), newest port first as the kernel's list has them. With `keep` the
 * caller goes on with the packet, and every port gets a copy. Returns whether any port took it.
 */
export function flood(skb: Skb, bridge: Bridge, from: Port | null, type: FloodType, keep: boolean): boolean {
  const { ports } = bridge
  if (bridge.ns.sim.recorder !== null) recordFlood(skb, bridge, from, type)
  let previous: Port | null = null
  for (let i = ports.length - 1; i >= 0; i--) {
    const to = ports[i] as Port // i is in range
    if (!takesFlood(to, type, from) || !mayDeliver(from, to)) continue
    if (previous !== null) deliver(cloneFrame(skb), from, previous)
    previous = to
  }
  if (previous === null) return false
  deliver(keep ? cloneFrame(skb) : skb, from, previous)
  return true
}

function takesFlood(to: Port, type: FloodType, from: Port | null): boolean {
  if (type === FLOOD_UNICAST) return to.flood
  if (from === null) return true
  return type === FLOOD_BROADCAST ? to.bcastFlood : to.mcastFlood
}

function recordFlood(skb: Skb, bridge: Bridge, from: Port | null, type: FloodType): void {
  const names = bridge.ports.filter(to => takesFlood(to, type, from) && mayDeliver(from, to)).map(to => to.device.name)
  recordFdb(skb, bridge, skb.ethDst, names.length === 0 ? 'none' : 'flood', names.reverse(), null)
}

/** The kind of flood that a group address asks for. */
export function groupFloodType(mac: Mac): FloodType {
  return mac === MAC_BROADCAST ? FLOOD_BROADCAST : FLOOD_MULTICAST
}

/** __br_forward and br_dev_queue_push_xmit: hooks for what came in by a port, size, transmission. */
function deliver(skb: Skb, from: Port | null, to: Port): void {
  if (from !== null && skb.physIn !== null) nfForward(skb, to)
  else push(skb, to)
}

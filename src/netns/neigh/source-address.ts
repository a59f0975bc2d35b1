import { type Addr, isLinkLocal, isMulticast, isV6, V4_ANY, V6_ANY } from '../../wire/addr.ts'
import { maskAddr } from '../../wire/prefix.ts'
import type { Device } from '../model/device.ts'
import type { Namespace } from '../model/namespace.ts'
import type { Skb } from '../model/skb.ts'

/**
 * Who asks in an ARP request for `target` (arp_solicit): the source of the packet that waits, if it is ours
 * (`arp_announce` 0), and is in the target's subnet (1), or never (2); otherwise an address of the device.
 */
export function arpSource(ns: Namespace, dev: Device, target: Addr, waiting: Skb | null): Addr {
  const level = Math.max(ns.sysctl.all.arpAnnounce, dev.conf.arpAnnounce)
  if (waiting !== null && level < 2 && !isV6(waiting.src) && ns.fib.isLocal(waiting.src)) {
    if (level === 0 || sameSubnet(dev, waiting.src, target)) return waiting.src
  }
  return selectAddress(ns, dev, target)
}

/** Who asks in a neighbour solicitation (ndisc_solicit): the packet's source if the device has it, else link-local. */
export function ndSource(dev: Device, waiting: Skb | null): Addr {
  let linkLocal = V6_ANY
  let other = V6_ANY
  for (const { addr } of dev.addresses) {
    if (!isV6(addr)) continue
    if (waiting !== null && addr === waiting.src) return addr
    if (!isLinkLocal(addr)) {
      if (other === V6_ANY) other = addr
    } else if (linkLocal === V6_ANY) linkLocal = addr
  }
  return linkLocal === V6_ANY ? other : linkLocal
}

/** Whether the device has an address whose subnet both are in. */
export function sameSubnet(dev: Device, a: Addr, b: Addr): boolean {
  for (const { addr, length } of dev.addresses) {
    const net = maskAddr(addr, length)
    if (maskAddr(a, length) === net && maskAddr(b, length) === net) return true
  }
  return false
}

/** inet_select_addr at scope link: the primary address in the target's subnet, else the first, else one of another device. */
function selectAddress(ns: Namespace, dev: Device, target: Addr): Addr {
  let first = V4_ANY
  for (const { addr, length, scope, secondary } of dev.addresses) {
    if (isV6(addr) || secondary || scope === 'host' || scope === 'nowhere') continue
    if (maskAddr(target, length) === maskAddr(addr, length)) return addr
    if (first === V4_ANY) first = addr
  }
  if (first !== V4_ANY || isMulticast(target)) return first
  for (const other of ns.devices) {
    for (const { addr, scope, secondary } of other.addresses) {
      if (!isV6(addr) && !secondary && (scope === 'global' || scope === 'site')) return addr
    }
  }
  return V4_ANY
}

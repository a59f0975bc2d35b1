import { type Addr, isLinkLocal, isLoopback, isMulticast, V6_ANY, v6Word } from '../../wire/addr.ts'
import type { Device, InterfaceAddress } from '../model/device.ts'
import type { Namespace } from '../model/namespace.ts'
import { addressLabel } from './address-label.ts'

/** IPV6_ADDR_SCOPE_* of net/ipv6.h: RFC 4007 scopes, as used to compare. */
const SCOPE6_LINK = 2
const SCOPE6_SITE = 5
const SCOPE6_GLOBAL = 14

/**
 * The IPv6 source address for a destination that is reached by `dev` (ipv6_dev_get_saddr): RFC 6724 §5, rules 1, 2, 5, 6 and 8 (the
 * rest tell deprecated, mobile and temporary addresses apart, which do not exist here). Candidates are the addresses of every
 * device; for link-local and multicast destinations only those of `dev`. Ties go to the address that the kernel lists first.
 */
export function selectSource6(ns: Namespace, dev: Device, dst: Addr): Addr {
  let best: InterfaceAddress | null = null
  let bestDevice = dev
  const onlyDevice = isMulticast(dst) || scopeOf(dst) <= SCOPE6_LINK
  for (const device of ns.devices) {
    if ((onlyDevice && device !== dev) || !device.up) continue
    for (const address of device.addresses) {
      if (address.addr <= 0xffffffff || isMulticast(address.addr)) continue
      if (best !== null && !better(address, device, best, bestDevice, dst, dev)) continue
      best = address
      bestDevice = device
    }
  }
  return best?.addr ?? V6_ANY
}

/** Whether candidate `a` beats `b`, which stands before it. */
function better(
  a: InterfaceAddress,
  aDevice: Device,
  b: InterfaceAddress,
  bDevice: Device,
  dst: Addr,
  dev: Device,
): boolean {
  // Rule 1: prefer same address.
  if ((a.addr === dst) !== (b.addr === dst)) return a.addr === dst
  // Rule 2: prefer appropriate scope.
  const scope = scopeDistance(a.addr, dst) - scopeDistance(b.addr, dst)
  if (scope !== 0) return scope > 0
  // Rule 5: prefer outgoing interface.
  if ((aDevice === dev) !== (bDevice === dev)) return aDevice === dev
  // Rule 6: prefer matching label.
  const label = addressLabel(dst)
  const matches = addressLabel(a.addr) === label
  if (matches !== (addressLabel(b.addr) === label)) return matches
  // Rule 8: use longest matching prefix, not counting more than the address's own.
  return Math.min(commonPrefix(a.addr, dst), a.length) > Math.min(commonPrefix(b.addr, dst), b.length)
}

/** Higher is better: the narrowest scope that still reaches the destination, then the widest that does not. */
function scopeDistance(addr: Addr, dst: Addr): number {
  const own = scopeOf(addr)
  return own >= scopeOf(dst) ? -own : own - 128
}

function scopeOf(addr: Addr): number {
  if (isMulticast(addr)) return (v6Word(addr, 0) >>> 16) & 0xf
  if (isLinkLocal(addr) || isLoopback(addr)) return SCOPE6_LINK
  return v6Word(addr, 0) >>> 22 === 0xfec0 >>> 6 ? SCOPE6_SITE : SCOPE6_GLOBAL
}

function commonPrefix(a: Addr, b: Addr): number {
  for (const i of [0, 1, 2, 3] as const) {
    const differs = v6Word(a, i) ^ v6Word(b, i)
    if (differs !== 0) return 32 * i + Math.clz32(differs)
  }
  return 128
}

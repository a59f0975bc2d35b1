import { type Addr, V4_ANY } from '../../wire/addr.ts'
import { mask32 } from '../../wire/prefix.ts'
import type { Device, InterfaceAddress } from '../model/device.ts'
import type { Namespace } from '../model/namespace.ts'
import { SCOPE_HOST, SCOPE_LINK, scopeNumber } from './scope.ts'

/**
 * The IPv4 address of a device to send with (inet_select_addr): the first primary address of a scope not narrower than `scope`
 * in whose subnet `nextHop` lies (V4_ANY: any), else the first such address at all, else one of another device in order of
 * ifindex whose scope is not link. V4_ANY when there is none.
 */
export function selectSource4(ns: Namespace, dev: Device, nextHop: Addr, scope: number): Addr {
  const hostScope = dev.conf.routeLocalnet || ns.sysctl.all.routeLocalnet ? SCOPE_LINK : SCOPE_HOST
  let fallback: Addr = V4_ANY
  for (const address of dev.addresses) {
    if (address.addr > 0xffffffff || address.secondary) continue
    if (Math.min(scopeNumber(address.scope), hostScope) > scope) continue
    if (nextHop === V4_ANY || onSubnet(address, nextHop)) return address.addr
    if (fallback === V4_ANY) fallback = address.addr
  }
  if (fallback !== V4_ANY) return fallback
  for (const other of ns.devices) {
    for (const { addr, secondary, scope: name } of other.addresses) {
      if (addr > 0xffffffff || secondary) continue
      const own = scopeNumber(name)
      if (own !== SCOPE_LINK && own <= scope) return addr
    }
  }
  return V4_ANY
}

/** Whether an address lies in the subnet of an interface address: that of the peer, where there is one (inet_ifa_match). */
function onSubnet(address: InterfaceAddress, addr: Addr): boolean {
  return ((addr ^ (address.peer ?? address.addr)) & mask32(address.length)) === 0
}

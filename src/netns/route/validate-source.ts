import { type Addr, V4_ANY } from '../../wire/addr.ts'
import type { Device } from '../model/device.ts'
import { ENTRY_LOCAL, ENTRY_UNICAST } from './fib-entry.ts'
import type { FibState } from './fib-state.ts'
import { MARTIAN_SOURCE, RP_FILTER, type Rtable } from './rtable.ts'
import { SCOPE_HOST, SCOPE_UNIVERSE } from './scope.ts'

/**
 * Checks the source of a received IPv4 packet (fib_validate_source): null when it may pass. `dst` is V4_ANY for a broadcast;
 * `oif` is the ifindex that a forwarded packet leaves by, else 0.
 */
export function validateSource(state: FibState, src: Addr, dst: Addr, oif: number, dev: Device): Rtable | null {
  const { all } = state.ns.sysctl
  const { conf } = dev
  const rpFilter = Math.max(all.rpFilter, conf.rpFilter)
  if (rpFilter === 0 && (dev.index !== oif || !(conf.sendRedirects || all.sendRedirects))) {
    if (conf.acceptLocal || all.acceptLocal) return null
    if (!state.customLocalRoutes && !state.v4.rules.custom) return state.addresses4.has(src) ? MARTIAN_SOURCE : null
  }
  return fullCheck(state, src, dst, oif, dev, rpFilter)
}

/** __fib_validate_source: where would a packet to the source go? The mark does not count (src_valid_mark is 0). */
function fullCheck(state: FibState, src: Addr, dst: Addr, oif: number, dev: Device, rpFilter: number): Rtable | null {
  const { ns, v4 } = state
  const iif = (oif === 0 ? undefined : ns.deviceByIndex(oif)) ?? ns.loopback
  const entry = v4.resolve(src, dst, 0, iif, 0, SCOPE_UNIVERSE, true)
  if (entry === null || entry.type > 3) return rpFilter === 0 ? null : RP_FILTER
  if (entry.type !== ENTRY_UNICAST) {
    if (entry.type !== ENTRY_LOCAL) return MARTIAN_SOURCE
    if (!(dev.conf.acceptLocal || ns.sysctl.all.acceptLocal)) return MARTIAN_SOURCE
  }
  if (entry.oif === dev.index || (entry.type === ENTRY_LOCAL && dev === ns.loopback)) return null
  if (!hasAddress4(dev)) return rpFilter === 0 ? null : RP_FILTER
  return rpFilter === 1 ? RP_FILTER : null
}

/** Whether the source is a neighbour on the device: the way back to it needs no gateway. */
export function sourceOnLink(state: FibState, src: Addr, dev: Device): boolean {
  const { ns, v4 } = state
  const entry = v4.resolve(src, V4_ANY, 0, dev, 0, SCOPE_UNIVERSE, true)
  if (entry === null || entry.type !== ENTRY_UNICAST) return false
  if (entry.oif === dev.index) return entry.nextHopScope >= SCOPE_HOST
  if (!hasAddress4(dev)) return false
  const bound = v4.resolve(src, V4_ANY, 0, ns.loopback, dev.index, SCOPE_UNIVERSE, true)
  return bound !== null && bound.type === ENTRY_UNICAST && bound.nextHopScope >= SCOPE_HOST
}

function hasAddress4(dev: Device): boolean {
  for (const { addr } of dev.addresses) if (addr <= 0xffffffff) return true
  return false
}

import { type Addr, isMulticast, isV6, V6_ANY, v4, v6 } from '../../wire/addr.ts'
import { mask32, Prefix } from '../../wire/prefix.ts'
import type { Device, InterfaceAddress } from '../model/device.ts'
import type { Route } from '../model/route.ts'
import { METRIC6_KERNEL, TABLE_LOCAL, TABLE_MAIN } from './tables.ts'

/**
 * The routes that an address brings with it (fib_add_ifaddr of net/ipv4/fib_frontend.c; ipv6_add_addr and
 * addrconf_prefix_route of net/ipv6/addrconf.c). On a device that is down: IPv4 the local one only, IPv6 none unless the
 * device is one without neighbours (dummy).
 */
export function interfaceRoutes(dev: Device, address: InterfaceAddress): readonly Route[] {
  return isV6(address.addr) ? routes6(dev, address) : routes4(dev, address)
}

function routes4(dev: Device, address: InterfaceAddress): Route[] {
  const { addr, length, broadcast, secondary } = address
  const subnet = new Prefix(address.peer ?? addr, length)
  const src = secondary ? primaryOf(dev, subnet, addr) : addr
  const host = (dst: Addr): Prefix => new Prefix(dst, 32)
  const kernel = (kind: Route['kind'], dst: Prefix): Route => ({
    ...blank,
    kind,
    dst,
    dev,
    src,
    scope: kind === 'local' ? 'host' : 'link',
    table: kind === 'unicast' ? TABLE_MAIN : TABLE_LOCAL,
  })
  const routes = [kernel('local', host(addr))]
  if (!dev.up) return routes
  if (broadcast !== undefined && broadcast !== 0xffffffff) routes.push(kernel('broadcast', host(broadcast)))
  if (subnet.addr === 0 || secondary || (subnet.addr === addr && length === 32)) return routes
  // An address of a group network brings only its local route.
  if (isMulticast(subnet.addr)) return routes
  routes.push(kernel(dev.kind === 'loopback' ? 'local' : 'unicast', subnet))
  if (length < 31) routes.push(kernel('broadcast', host(v4(subnet.addr | ~mask32(length)))))
  return routes
}

function routes6(dev: Device, address: InterfaceAddress): Route[] {
  // Duplicate address detection waits for the device to come up; one that does none (NOARP) has its address at once.
  if (!dev.up && !dev.noarp) return []
  const { addr, length, peer } = address
  const local: Route = { ...blank, kind: 'local', dst: new Prefix(addr, 128), dev, table: TABLE_LOCAL }
  const connected = (dst: Prefix): Route => ({
    ...blank,
    kind: 'unicast',
    dst,
    dev,
    table: TABLE_MAIN,
    metric: METRIC6_KERNEL,
  })
  const routes = [local]
  if (!dev.up) return routes
  if (dev.kind === 'loopback' && length === 128) return routes
  const subnet = new Prefix(addr, length)
  routes.push(connected(subnet))
  if (peer !== undefined) routes.push(connected(new Prefix(peer, 128)))
  // A router answers for the first address of its subnets (RFC 4291 §2.6.1, addrconf_join_anycast).
  if (dev.conf.forwarding6 && length < 127 && subnet.addr !== V6_ANY) {
    routes.push({ ...local, kind: 'anycast', dst: new Prefix(subnet.addr, 128) })
  }
  return routes
}

/** ff00::/8 by a device (addrconf_add_mroute). */
export function multicastRoute(dev: Device): Route {
  const dst = new Prefix(MULTICAST, 8)
  return { ...blank, kind: 'multicast', dst, dev, table: TABLE_LOCAL, metric: METRIC6_KERNEL }
}

/** The primary address of a secondary one: the first of its subnet (inet_ifa_byprefix). */
function primaryOf(dev: Device, subnet: Prefix, addr: Addr): Addr {
  const primary = dev.addresses.find(
    other =>
      !other.secondary &&
      !isV6(other.addr) &&
      other.length === subnet.length &&
      subnet.contains(other.peer ?? other.addr),
  )
  return primary?.addr ?? addr
}

const MULTICAST = v6(0xff000000, 0, 0, 0)
const blank = {
  gateway: null,
  onlink: false,
  src: null,
  metric: 0,
  scope: 'global',
  protocol: 'kernel',
  mtu: 0,
} as const

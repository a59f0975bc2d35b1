import { KubehopError } from '../../errors.ts'
import {
  type Addr,
  formatAddr,
  isLinkLocal,
  isLoopback,
  isMulticast,
  isUnspecified,
  isV6,
  v4,
  v6Word,
} from '../../wire/addr.ts'
import { mask32, tryParseCidr } from '../../wire/prefix.ts'
import type { Device, InterfaceAddress, Scope } from '../model/device.ts'
import { RouteRefused } from './route-refused.ts'
import { scopeNumber } from './scope.ts'

/** More addresses than that on one device are refused. */
const MAX_ADDRESSES = 65_536

export interface AddressOptions {
  /** Default: host for 127.0.0.0/8 and ::1, link for fe80::/10, site for fec0::/10, else global. IPv6 has no other. */
  readonly scope?: Scope
  readonly broadcast?: Addr
  readonly peer?: Addr
  /** Default: the device's name (IPv4). */
  readonly label?: string
}

/**
 * `ip addr add CIDR dev DEV`: puts the address where the kernel does (IPv4 primaries before secondaries, wider scopes first;
 * IPv6 newest first within its scope), marks it secondary when the subnet is there already, and adds its routes. Duplicate
 * address detection takes no time. Throws KH_ROUTE where Linux refuses, KH_ADDRESS where `cidr` is none.
 */
export function addAddress(dev: Device, cidr: string, options: AddressOptions = {}): void {
  const parsed = tryParseCidr(cidr)
  if (parsed === undefined) {
    throw new KubehopError(
      'KH_ADDRESS',
      `${JSON.stringify(cidr)} is not an address with prefix length such as 10.244.1.1/24`,
    )
  }
  const { addr, length } = parsed
  if (addr === 0) return
  if (dev.addresses.length >= MAX_ADDRESSES)
    throw new RouteRefused('dst', `${dev.name} has ${MAX_ADDRESSES} addresses already`)
  const scope = options.scope ?? defaultScope(addr)
  const placed = isV6(addr) ? place6(dev, addr) : place4(dev, addr, length, options.peer, scope)
  const record: InterfaceAddress = {
    addr,
    length,
    scope: isV6(addr) ? defaultScope(addr) : scope,
    secondary: placed.secondary,
    ...(options.broadcast !== undefined && { broadcast: options.broadcast }),
    ...(options.peer !== undefined && { peer: options.peer }),
    ...(!isV6(addr) && { label: options.label ?? dev.name }),
  }
  dev.addresses.splice(placed.at, 0, record)
  dev.ns.fib.addressAdded(dev, addr, length, record.scope, record.secondary)
}

/**
 * `ip addr del CIDR dev DEV`, with its routes. An IPv4 primary takes its secondaries along (promote_secondaries is 0). Throws
 * KH_ROUTE when the device has no such address.
 */
export function removeAddress(dev: Device, cidr: string): void {
  const parsed = tryParseCidr(cidr)
  const found = dev.addresses.find(address => address.addr === parsed?.addr && address.length === parsed.length)
  if (found === undefined) {
    throw new RouteRefused(
      'dst',
      `${parsed !== undefined && isV6(parsed.addr) ? 'ipv6: address' : 'ipv4: Address'} not found. ${dev.name} has no address ${cidr}`,
    )
  }
  if (!isV6(found.addr) && !found.secondary) {
    for (const other of dev.addresses.filter(address => address.secondary && sameSubnet(address, found)))
      remove(dev, other)
  }
  remove(dev, found)
}

function remove(dev: Device, address: InterfaceAddress): void {
  dev.addresses.splice(dev.addresses.indexOf(address), 1)
  dev.ns.fib.addressRemoved(dev, address.addr, address.length)
}

interface Placed {
  readonly at: number
  readonly secondary: boolean
}

/** __inet_insert_ifa of net/ipv4/devinet.c. */
function place4(dev: Device, addr: Addr, length: number, peer: Addr | undefined, scope: Scope): Placed {
  let lastPrimary = 0
  let end = 0
  let secondary = false
  dev.addresses.forEach((other, index) => {
    if (isV6(other.addr)) return
    end = index + 1
    if (!other.secondary && scopeNumber(scope) <= scopeNumber(other.scope)) lastPrimary = index + 1
    if (other.length !== length || !sameSubnet(other, { addr: peer ?? addr, length })) return
    if (other.addr === addr)
      throw new RouteRefused('dst', `ipv4: Address already assigned. (${formatAddr(addr)} on ${dev.name})`)
    if (other.scope !== scope) throw new RouteRefused('scope', 'ipv4: Invalid scope value.')
    secondary = true
  })
  return { at: secondary ? end : lastPrimary, secondary }
}

/** inet6_addr_add and ipv6_link_dev_addr of net/ipv6/addrconf.c: wider scopes first, then newer ones. */
function place6(dev: Device, addr: Addr): Placed {
  if (isUnspecified(addr)) throw new RouteRefused('dst', 'ipv6: Invalid address.')
  if (isMulticast(addr))
    throw new RouteRefused('dst', 'ipv6: Cannot assign multicast address without "IFA_F_MCAUTOJOIN" flag.')
  if (isLoopback(addr) && dev.kind !== 'loopback') {
    throw new RouteRefused('dst', 'ipv6: Cannot assign loopback address on this device.')
  }
  if (dev.conf.disableIpv6) throw new RouteRefused('dev', `ipv6: IPv6 is disabled on this device. (${dev.name})`)
  if (dev.addresses.some(other => other.addr === addr)) {
    throw new RouteRefused('dst', `ipv6: address already assigned. (${formatAddr(addr)} on ${dev.name})`)
  }
  const own = scopeNumber(defaultScope(addr))
  const at = dev.addresses.findIndex(other => isV6(other.addr) && scopeNumber(other.scope) >= own)
  return { at: at < 0 ? dev.addresses.length : at, secondary: false }
}

type Subnet = Pick<InterfaceAddress, 'addr' | 'length' | 'peer'>

function sameSubnet(a: Subnet, b: Subnet): boolean {
  if (a.length !== b.length || isV6(a.addr) || isV6(b.addr)) return false
  return (((a.peer ?? a.addr) ^ (b.peer ?? b.addr)) & mask32(a.length)) === 0
}

function defaultScope(addr: Addr): Scope {
  if (isLoopback(addr)) return 'host'
  if (!isV6(addr)) return 'global'
  if (isLinkLocal(addr)) return 'link'
  return v6Word(addr, 0) >>> 22 === 0xfec0 >>> 6 ? 'site' : 'global'
}

/** The broadcast address that `brd +` means: the last of the subnet; none for /31 and /32. */
export function broadcastOf(addr: Addr, length: number): Addr | undefined {
  return length >= 31 ? undefined : v4(addr | ~mask32(length))
}

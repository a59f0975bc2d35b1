import { formatAddr, isV6 } from '../../wire/addr.ts'
import type { Device, InterfaceAddress } from '../model/device.ts'
import type { Namespace } from '../model/namespace.ts'
import { linkFlags, linkHeader, linkName, linkState } from './link-header.ts'

export interface ShowAddrOptions {
  /** Only this device (`ip addr show DEV`). */
  readonly dev?: string
  readonly family?: 4 | 6
  /** One line a device (`ip -br addr`). */
  readonly brief?: boolean
}

/** `ip addr` of a namespace, as iproute2 6.1 prints it. */
export function showAddr(ns: Namespace, options: ShowAddrOptions = {}): string {
  const devices = ns.devices.filter(({ name }) => options.dev === undefined || name === options.dev)
  return devices.map(dev => (options.brief === true ? brief(dev, options) : full(dev, options))).join('')
}

function full(dev: Device, options: ShowAddrOptions): string {
  const addresses = ofFamily(dev, options)
  // With -4 or -6 devices without an address are left out.
  if (options.family !== undefined && addresses.length === 0) return ''
  const lines: string[] = linkHeader(dev, { mode: false })
  // Asked for IPv6 alone the tool gets, and tells, less of the device.
  if (options.family === 6) lines.splice(0, 2, shortHeader(dev))
  else if (options.family === 4) lines.pop()
  for (const address of addresses) {
    lines.push(`    ${addressLine(address, dev)}`, '       valid_lft forever preferred_lft forever')
  }
  return `${lines.join('\n')}\n`
}

function shortHeader(dev: Device): string {
  return `${dev.index}: ${dev.name}: ${linkFlags(dev)} mtu ${dev.mtu} state ${linkState(dev)} qlen 1000`
}

function brief(dev: Device, options: ShowAddrOptions): string {
  const addresses = ofFamily(dev, options)
  if (options.family !== undefined && addresses.length === 0) return ''
  const texts = addresses.map(({ addr, peer, length }) =>
    peer === undefined ? `${formatAddr(addr)}/${length} ` : `${formatAddr(addr)} peer ${formatAddr(peer)}/${length} `,
  )
  return `${linkName(dev).padEnd(16)} ${linkState(dev).padEnd(14)} ${texts.join('')}\n`
}

function ofFamily(dev: Device, { family }: ShowAddrOptions): readonly InterfaceAddress[] {
  return dev.addresses.filter(({ addr }) => family === undefined || isV6(addr) === (family === 6))
}

/** `inet 10.244.1.1/24 brd 10.244.1.255 scope global cni0`. An IPv6 line ends with a blank. */
function addressLine(address: InterfaceAddress, dev: Device): string {
  const { addr, length, peer, broadcast, scope, secondary, label } = address
  const v6 = isV6(addr)
  let text = `inet${v6 ? '6' : ''} ${formatAddr(addr)}`
  text += peer === undefined ? `/${length}` : ` peer ${formatAddr(peer)}/${length}`
  if (broadcast !== undefined) text += ` brd ${formatAddr(broadcast)}`
  text += ` scope ${scope} `
  if (secondary) text += 'secondary '
  return v6 ? text : text + (label ?? dev.name)
}

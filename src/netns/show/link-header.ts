import { formatAddr, isUnspecified, V4_ANY } from '../../wire/addr.ts'
import { formatMac } from '../../wire/mac.ts'
import type { Device } from '../model/device.ts'
import { peerOf, tunnelOf } from './device-details.ts'

/** `2: eth0@if4:`: index, name, and the other end of a pair. */
export function linkName(dev: Device): string {
  const peer = peerOf(dev)
  if (peer !== null) return `${dev.name}@${peer.ns === dev.ns ? peer.name : `if${peer.index}`}`
  if (dev.kind !== 'ipip') return dev.name
  return `${dev.name}@${tunnelOf(dev)?.lower?.name ?? 'NONE'}`
}

/** `<BROADCAST,MULTICAST,UP,LOWER_UP>` in the order of iproute2. */
export function linkFlags(dev: Device): string {
  const flags: string[] = []
  if (dev.up && !dev.running) flags.push('NO-CARRIER')
  if (dev.kind === 'loopback') flags.push('LOOPBACK')
  else if (dev.kind === 'ipip') {
    const remote = tunnelOf(dev)?.remote
    if (remote !== undefined && !isUnspecified(remote)) flags.push('POINTOPOINT')
    flags.push('NOARP')
  } else if (dev.kind === 'dummy') flags.push('BROADCAST', 'NOARP')
  else flags.push('BROADCAST', 'MULTICAST')
  if (dev.promiscuous) flags.push('PROMISC')
  if (dev.up) flags.push('UP')
  if (dev.running) flags.push('LOWER_UP')
  const peer = peerOf(dev)
  if (peer !== null && peer.ns === dev.ns && !peer.up) flags.push('M-DOWN')
  return `<${flags.join(',')}>`
}

/** Operational state (RFC 2863, as linkwatch sets it): unknown for a device whose carrier nobody reports. */
export function linkState(dev: Device): string {
  if (!dev.up) return 'DOWN'
  if (dev.kind !== 'veth' && dev.kind !== 'bridge' && dev.kind !== 'physical') return 'UNKNOWN'
  if (dev.running) return 'UP'
  return peerOf(dev)?.ns === dev.ns ? 'LOWERLAYERDOWN' : 'DOWN'
}

/**
 * The first two lines of `ip addr` and `ip link` for a device (iproute2 6.1). `mode` is only in `ip link`. The queueing
 * discipline is the one such a device has by default.
 */
export function linkHeader(dev: Device, options: { readonly mode: boolean }): [head: string, address: string] {
  const qdisc = !dev.up ? 'noop' : dev.kind === 'physical' ? 'fq_codel' : 'noqueue'
  const master = dev.port === null ? '' : `master ${dev.port.bridge.name} `
  const mode = options.mode ? 'mode DEFAULT ' : ''
  const head =
    `${dev.index}: ${linkName(dev)}: ${linkFlags(dev)} mtu ${dev.mtu} qdisc ${qdisc} ${master}` +
    `state ${linkState(dev)} ${mode}group default qlen 1000`
  return [head, `    ${linkAddress(dev)}`]
}

function linkAddress(dev: Device): string {
  if (dev.kind === 'loopback') return 'link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00'
  if (dev.kind === 'ipip') {
    const { local = V4_ANY, remote = V4_ANY } = tunnelOf(dev) ?? {}
    return `link/ipip ${formatAddr(local)} ${isUnspecified(remote) ? 'brd' : 'peer'} ${formatAddr(remote)}`
  }
  const peer = peerOf(dev)
  const elsewhere = peer !== null && peer.ns !== dev.ns ? ` link-netns ${peer.ns.name}` : ''
  return `link/ether ${formatMac(dev.mac)} brd ff:ff:ff:ff:ff:ff${elsewhere}`
}

import { type Addr, formatAddr, isLinkLocal, isLoopback, isV6, v6 } from '../../wire/addr.ts'
import type { Mac } from '../../wire/mac.ts'
import type { Device } from '../model/device.ts'
import { addAddress } from './address.ts'

/**
 * `ip link set DEV up` or `down`, with what follows in Linux. Up: lo gets 127.0.0.1/8 and ::1/128, an Ethernet device its
 * fe80:: address made of its MAC (unless IPv6 is disabled), the routes of its addresses return. Down: the device's routes go
 * for good (IPv4 local ones stay), and its IPv6 addresses with them (keep_addr_on_down is 0). Doing it twice changes nothing.
 */
export function setLinkUp(dev: Device, up: boolean): void {
  dev.up = up
  if (!up) {
    for (const address of dev.addresses.filter(({ addr }) => isV6(addr))) {
      dev.addresses.splice(dev.addresses.indexOf(address), 1)
      dev.ns.fib.addressRemoved(dev, address.addr, address.length)
    }
    dev.ns.fib.deviceChanged(dev)
    dev.ns.neighbours.forget(dev, 'down')
    // Flows that MASQUERADE gave the device's address have no future (masq_device_event).
    if (dev.ns.conntrack.enabled) dev.ns.conntrack.delete(entry => entry.masqueradedBy === dev.index)
    loseCarrier(dev.port?.bridge)
    loseCarrier(dev.carrierPeer)
    loseCarrier(dev.carrierPeer?.port?.bridge)
    return
  }
  dev.ns.fib.deviceChanged(dev)
  if (dev.kind === 'loopback') {
    if (!dev.addresses.some(({ addr }) => !isV6(addr))) addAddress(dev, '127.0.0.1/8')
    if (!dev.conf.disableIpv6 && !dev.addresses.some(({ addr }) => isV6(addr) && isLoopback(addr)))
      addAddress(dev, '::1/128')
    return
  }
  if (dev.conf.disableIpv6 || dev.noarp) return
  if (!dev.addresses.some(({ addr }) => isV6(addr) && isLinkLocal(addr))) {
    addAddress(dev, `${formatAddr(linkLocalAddress(dev.mac))}/64`)
  }
}

/** A device that is up and can reach nobody any more forgets whom it knew (arp_netdev_event, NETDEV_CHANGE). */
function loseCarrier(dev: Device | null | undefined): void {
  if (dev?.up && !dev.running) dev.ns.neighbours.forget(dev, 'carrier')
}

/** fe80:: with the modified EUI-64 of a MAC (RFC 4291 appendix A). */
export function linkLocalAddress(mac: Mac): Addr {
  const high = Math.floor(mac / 0x1000000)
  const low = mac % 0x1000000
  return v6(0xfe800000, 0, ((high << 8) | 0xff) ^ 0x02000000, 0xfe000000 | low)
}

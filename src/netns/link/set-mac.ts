import { KubehopError } from '../../errors.ts'
import { formatMac, isGroupMac, MAC_ZERO, type Mac } from '../../wire/mac.ts'
import type { Device } from '../model/device.ts'
import { Bridge } from './bridge/bridge.ts'

/** `ip link set DEV address MAC`: bridges know the new address as their own. Throws KH_LINK for zero and group addresses. */
export function setMac(dev: Device, mac: Mac): void {
  if (mac === MAC_ZERO || isGroupMac(mac)) {
    throw new KubehopError('KH_LINK', `${dev.name}: ${formatMac(mac)} is not an address of a device`)
  }
  if (dev instanceof Bridge) {
    dev.setMac(mac)
    return
  }
  dev.mac = mac
  const bridge = dev.port?.bridge
  if (bridge instanceof Bridge) bridge.refreshLocal()
}

import { KubehopError } from '../../errors.ts'
import { formatMac, isGroupMac, MAC_ZERO, type Mac } from '../../wire/mac.ts'
import type { Namespace } from '../model/namespace.ts'
import { deviceAddress } from './device-address.ts'
import { MAX_MTU, MIN_MTU } from './limits.ts'

/** The MTU asked for, or the default. Throws KH_LINK outside of `min` … `max`, with iproute2's words. */
export function checkMtu(
  name: string,
  mtu: number | undefined,
  otherwise: number,
  max = MAX_MTU,
  min = MIN_MTU,
): number {
  if (mtu === undefined) return otherwise
  if (!Number.isInteger(mtu) || mtu < min || mtu > max) {
    const limit = mtu > max ? `greater than device maximum ${max}` : `less than device minimum ${min}`
    throw new KubehopError('KH_LINK', `${name}: mtu ${mtu} is ${limit}`)
  }
  return mtu
}

/** The address asked for, or one that follows from the names. Throws KH_LINK for group and zero addresses. */
export function checkMac(ns: Namespace, name: string, mac: Mac | undefined): Mac {
  if (mac === undefined) return deviceAddress(ns.name, name)
  if (mac === MAC_ZERO || isGroupMac(mac)) {
    throw new KubehopError(
      'KH_LINK',
      `${name}: ${formatMac(mac)} is not an address of a device (zero or group address)`,
    )
  }
  return mac
}

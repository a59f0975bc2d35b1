import { KubehopError } from '../errors.ts'

/** An Ethernet address as a 48-bit number. */
export type Mac = number & { readonly __brand: 'Mac' }

export const MAC_BROADCAST = 0xffff_ffff_ffff as Mac
export const MAC_ZERO = 0 as Mac

/** The lowest bit of the first octet: broadcast and multicast frames (IEEE 802.3 §3.2.3). */
export function isGroupMac(mac: Mac): boolean {
  return (Math.floor(mac / 0x100_0000_0000) & 1) === 1
}

export function parseMac(text: string): Mac {
  if (!/^[0-9a-f]{1,2}(?::[0-9a-f]{1,2}){5}$/i.test(text)) {
    throw new KubehopError('KH_ADDRESS', `${JSON.stringify(text)} is not a MAC address such as 0a:58:0a:f4:01:02`)
  }
  return text.split(':').reduce((value, octet) => value * 256 + Number.parseInt(octet, 16), 0) as Mac
}

/** Six lower-case octets, as `ip link` prints them. */
export function formatMac(mac: Mac): string {
  return mac
    .toString(16)
    .padStart(12, '0')
    .replace(/(..)(?=.)/g, '$1:')
}

/** Writes the six octets at `offset`. */
export function writeMac(mac: Mac, view: DataView, offset: number): void {
  view.setUint16(offset, Math.floor(mac / 0x1_0000_0000))
  view.setUint32(offset + 2, mac % 0x1_0000_0000)
}

/** The inverse of `writeMac`. */
export function readMac(view: DataView, offset: number): Mac {
  return (view.getUint16(offset) * 0x1_0000_0000 + view.getUint32(offset + 2)) as Mac
}

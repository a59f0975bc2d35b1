import { dataView, needBytes } from './bytes.ts'
import { formatMac, type Mac, readMac, writeMac } from './mac.ts'
import { ETHERTYPE_VLAN } from './protocol.ts'

/** Ethernet II, optionally with one 802.1Q tag (IEEE 802.3 §3.2.6, 802.1Q §9.6). The check sequence is not carried. */
export interface EthernetHeader {
  readonly dst: Mac
  readonly src: Mac
  /** EtherType of what follows, behind the tag when there is one. */
  readonly etherType: number
  /** Tag control information (priority 3, drop eligible 1, VLAN identifier 12 bits), −1 when untagged. */
  readonly vlan: number
}

/** 14, or 18 with a tag. */
export function ethernetHeaderLength(header: EthernetHeader): number {
  return header.vlan >= 0 ? 18 : 14
}

/** Reads the header at the start of a frame. Throws KH_WIRE. */
export function parseEthernet(bytes: Uint8Array): EthernetHeader {
  needBytes('Ethernet', bytes, 14)
  const view = dataView(bytes)
  const dst = readMac(view, 0)
  const src = readMac(view, 6)
  const etherType = view.getUint16(12)
  if (etherType !== ETHERTYPE_VLAN) return { dst, src, etherType, vlan: -1 }
  needBytes('802.1Q tag', bytes, 18)
  return { dst, src, etherType: view.getUint16(16), vlan: view.getUint16(14) }
}

/** Writes the header at the start of `bytes`. */
export function writeEthernet(header: EthernetHeader, bytes: Uint8Array): void {
  needBytes('Ethernet', bytes, ethernetHeaderLength(header))
  const view = dataView(bytes)
  writeMac(header.dst, view, 0)
  writeMac(header.src, view, 6)
  if (header.vlan < 0) {
    view.setUint16(12, header.etherType)
    return
  }
  view.setUint16(12, ETHERTYPE_VLAN)
  view.setUint16(14, header.vlan)
  view.setUint16(16, header.etherType)
}

/** `02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff, vlan 7, ethertype 0x0806`. */
export function formatEthernet(header: EthernetHeader): string {
  const tag = header.vlan < 0 ? '' : `, vlan ${header.vlan & 0xfff}`
  const type = header.etherType.toString(16).padStart(4, '0')
  return `${formatMac(header.src)} > ${formatMac(header.dst)}${tag}, ethertype 0x${type}`
}

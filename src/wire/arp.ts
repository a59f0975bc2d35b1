import { type Addr, formatAddr, v4, writeAddr } from './addr.ts'
import { dataView, needBytes, wireError } from './bytes.ts'
import { formatMac, type Mac, readMac, writeMac } from './mac.ts'
import { ETHERTYPE_IPV4 } from './protocol.ts'

export const ARP_REQUEST = 1
export const ARP_REPLY = 2
export const ARP_LENGTH = 28

/** ARP for IPv4 over Ethernet (RFC 826); other hardware and protocols are refused. */
export interface ArpPacket {
  /** ARP_REQUEST, ARP_REPLY, or another operation as found. */
  readonly operation: number
  readonly senderMac: Mac
  readonly senderAddr: Addr
  /** Zero in a request. */
  readonly targetMac: Mac
  readonly targetAddr: Addr
}

/** Reads the packet behind an Ethernet header; padding after it is ignored. Throws KH_WIRE. */
export function parseArp(bytes: Uint8Array): ArpPacket {
  needBytes('ARP', bytes, ARP_LENGTH)
  const view = dataView(bytes)
  if (view.getUint16(0) !== 1 || view.getUint16(2) !== ETHERTYPE_IPV4 || view.getUint16(4) !== 0x0604) {
    throw wireError('ARP', 'only IPv4 (0x0800, length 4) over Ethernet (1, length 6) is understood')
  }
  return {
    operation: view.getUint16(6),
    senderMac: readMac(view, 8),
    senderAddr: v4(view.getUint32(14)),
    targetMac: readMac(view, 18),
    targetAddr: v4(view.getUint32(24)),
  }
}

/** Writes the packet at the start of `bytes`. */
export function writeArp(packet: ArpPacket, bytes: Uint8Array): void {
  needBytes('ARP', bytes, ARP_LENGTH)
  const view = dataView(bytes)
  view.setUint16(0, 1)
  view.setUint16(2, ETHERTYPE_IPV4)
  view.setUint16(4, 0x0604)
  view.setUint16(6, packet.operation)
  writeMac(packet.senderMac, view, 8)
  writeAddr(packet.senderAddr, view, 14)
  writeMac(packet.targetMac, view, 18)
  writeAddr(packet.targetAddr, view, 24)
}

/** As tcpdump says it: `who-has 10.0.0.1 tell 10.0.0.2`, `10.0.0.1 is-at 02:00:00:00:00:01`. */
export function formatArp(packet: ArpPacket): string {
  if (packet.operation === ARP_REQUEST) {
    return `who-has ${formatAddr(packet.targetAddr)} tell ${formatAddr(packet.senderAddr)}`
  }
  if (packet.operation === ARP_REPLY) return `${formatAddr(packet.senderAddr)} is-at ${formatMac(packet.senderMac)}`
  return `arp operation ${packet.operation}`
}

import { dataView, wireError } from '../../wire/bytes.ts'
import {
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  ETHERTYPE_TEB,
  GENEVE_PORT,
  geneveHeaderLength,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_IPIP,
  IPPROTO_IPV6,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPV6_HEADER_LENGTH,
  ipv4HeaderLength,
  isIcmpv4Error,
  isIcmpv6Error,
  isNdType,
  parseArp,
  parseEthernet,
  parseGeneve,
  parseIcmpv4,
  parseIcmpv6,
  parseIpv4,
  parseIpv6,
  parseIpv6Extensions,
  parseSctp,
  parseTcp,
  parseUdp,
  parseVxlan,
  SCTP_ABORT,
  SCTP_HEADER_LENGTH,
  tcpDataOffset,
  VXLAN_HEADER_LENGTH,
  VXLAN_PORT,
  VXLAN_PORT_LINUX,
} from '../../wire/index.ts'
import { Skb } from '../model/skb.ts'
import { icmpv4ToSkb, icmpv6ToSkb } from './icmp.ts'
import { isFragment, setLengths, transportHeaderLength } from './length.ts'
import { sctpHeaderLength, sctpToSkb } from './sctp.ts'

const MAX_NESTING = 16

/** An IPv4 header at least: with less, a quotation or tunnel says nothing. */
const LEAST_PACKET = 20

/**
 * Reads an Ethernet frame. What an Skb has no field for is dropped: IP options and extension headers (but fragments), TCP
 * options other than MSS (their length is kept), further SCTP chunks, Geneve options, unknown ND options; `length` is then
 * that of the packet without them. Checksums are not looked at. A fragment keeps its bytes in `payload`.
 *
 * VXLAN is recognised by UDP port 4789 or 8472 and its I flag, Geneve by port 6081. Throws KH_WIRE.
 */
export function frameToSkb(bytes: Uint8Array): Skb {
  return readFrame(bytes, false, 0)
}

function readFrame(bytes: Uint8Array, quoted: boolean, depth: number): Skb {
  const header = parseEthernet(bytes)
  const skb = new Skb()
  skb.ethDst = header.dst
  skb.ethSrc = header.src
  skb.etherType = header.etherType
  skb.vlan = header.vlan
  const rest = bytes.subarray(header.vlan >= 0 ? 18 : 14)
  if (header.etherType === ETHERTYPE_IPV4 || header.etherType === ETHERTYPE_IPV6) readIp(skb, rest, quoted, depth)
  else if (header.etherType === ETHERTYPE_ARP) readArp(skb, rest)
  else setPayload(skb, rest, rest.length)
  setLengths(skb)
  return skb
}

/** A carried or quoted packet without Ethernet header; its first four bits tell the version. */
function readPacket(bytes: Uint8Array, quoted: boolean, depth: number): Skb {
  const skb = new Skb()
  skb.etherType = (bytes[0] ?? 0) >>> 4 === 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4
  readIp(skb, bytes, quoted, depth)
  setLengths(skb)
  return skb
}

function readArp(skb: Skb, bytes: Uint8Array): void {
  const arp = parseArp(bytes)
  skb.arpOp = arp.operation
  skb.arpSha = arp.senderMac
  skb.arpTha = arp.targetMac
  skb.src = arp.senderAddr
  skb.dst = arp.targetAddr
}

function readIp(skb: Skb, bytes: Uint8Array, quoted: boolean, depth: number): void {
  if (depth > MAX_NESTING) throw wireError('frame', `more than ${MAX_NESTING} packets within one another`)
  let headerLength: number
  let end: number
  if (skb.etherType === ETHERTYPE_IPV4) {
    const header = parseIpv4(bytes, quoted)
    skb.src = header.src
    skb.dst = header.dst
    skb.proto = header.protocol
    skb.ttl = header.ttl
    skb.tos = header.tos
    skb.ipId = header.id
    skb.df = header.df
    skb.mf = header.mf
    skb.fragOffset = header.fragOffset
    headerLength = ipv4HeaderLength(header)
    end = header.length
  } else {
    const header = parseIpv6(bytes, quoted)
    skb.src = header.src
    skb.dst = header.dst
    skb.ttl = header.hopLimit
    skb.tos = header.trafficClass
    end = IPV6_HEADER_LENGTH + header.payloadLength
    const extensions = parseIpv6Extensions(bytes.subarray(IPV6_HEADER_LENGTH, end), header.nextHeader)
    skb.proto = extensions.protocol
    headerLength = IPV6_HEADER_LENGTH + extensions.length
    if (extensions.fragment !== null) {
      skb.ipId = extensions.fragment.id
      skb.mf = extensions.fragment.mf
      skb.fragOffset = extensions.fragment.fragOffset
    }
  }
  const rest = bytes.subarray(headerLength, end)
  if (isFragment(skb)) readPiece(skb, rest, end - headerLength)
  else readTransport(skb, rest, end - headerLength, quoted, depth)
}

/** A fragment's data stays opaque; of the first one the ports are read, since rules and printers look at them. */
function readPiece(skb: Skb, bytes: Uint8Array, length: number): void {
  setPayload(skb, bytes, length)
  const hasPorts = skb.proto === IPPROTO_TCP || skb.proto === IPPROTO_UDP || skb.proto === IPPROTO_SCTP
  if (skb.fragOffset === 0 && hasPorts) readPorts(skb, bytes)
}

function readPorts(skb: Skb, bytes: Uint8Array): void {
  if (bytes.length < 4) return
  const view = dataView(bytes)
  skb.sport = view.getUint16(0)
  skb.dport = view.getUint16(2)
}

/** `length` is that of the whole segment; a quotation may hold less of it. */
function readTransport(skb: Skb, bytes: Uint8Array, length: number, quoted: boolean, depth: number): void {
  switch (skb.proto) {
    case IPPROTO_TCP:
      readTcp(skb, bytes, length, quoted)
      return
    case IPPROTO_UDP:
      readUdp(skb, bytes, length, quoted, depth)
      return
    case IPPROTO_ICMP:
      if (quoted && bytes.length < 8) {
        readStump(skb, length)
        return
      }
      icmpv4ToSkb(parseIcmpv4(bytes), skb)
      readQuoted(skb, bytes.subarray(8), length - 8, isIcmpv4Error(skb.icmpType), depth)
      return
    case IPPROTO_ICMPV6:
      if (quoted && bytes.length < length && (bytes.length < 8 || isNdType(bytes[0] ?? 0))) {
        readStump(skb, length)
        return
      }
      readIcmpv6(skb, bytes, length, depth)
      return
    case IPPROTO_SCTP:
      readPorts(skb, bytes)
      if (quoted && bytes.length < length) {
        skb.sctpChunk = cutChunkType(bytes, length)
        readStump(skb, length)
        return
      }
      readSctp(skb, bytes)
      return
    case IPPROTO_IPIP:
    case IPPROTO_IPV6:
      if (bytes.length >= LEAST_PACKET) {
        skb.inner = readPacket(bytes, quoted, depth + 1)
        return
      }
  }
  setPayload(skb, bytes, length)
}

/**
 * The first chunk's type of an SCTP packet that a quotation cuts. Where the cut comes before it, the one with the shortest fixed part, so
 * that the packet's length is kept.
 */
function cutChunkType(bytes: Uint8Array, length: number): number {
  const cut = new Skb()
  cut.sctpChunk = bytes[SCTP_HEADER_LENGTH] ?? SCTP_ABORT
  return sctpHeaderLength(cut) <= length ? cut.sctpChunk : SCTP_ABORT
}

/** Of a header that a quotation cuts, nothing but the length of what it belongs to is kept. */
function readStump(skb: Skb, length: number): void {
  skb.payloadLength = Math.max(0, length - transportHeaderLength(skb))
}

function readTcp(skb: Skb, bytes: Uint8Array, length: number, quoted: boolean): void {
  if (quoted && (bytes.length < 20 || bytes.length < tcpDataOffset(bytes))) {
    // RFC 792 asks for eight bytes only: ports and sequence number.
    readPorts(skb, bytes)
    if (bytes.length >= 8) skb.tcpSeq = dataView(bytes).getUint32(4)
    readStump(skb, length)
    return
  }
  const header = parseTcp(bytes)
  skb.sport = header.sport
  skb.dport = header.dport
  skb.tcpSeq = header.seq
  skb.tcpAck = header.ack
  skb.tcpFlags = header.flags
  skb.tcpWindow = header.window
  for (const option of header.options) if (option.kind === 'mss') skb.tcpMss = option.mss
  const offset = tcpDataOffset(bytes)
  skb.tcpOptionsLength = offset - 20
  setPayload(skb, bytes.subarray(offset), length - offset)
}

function readUdp(skb: Skb, bytes: Uint8Array, length: number, quoted: boolean, depth: number): void {
  if (quoted && bytes.length < 8) {
    readPorts(skb, bytes)
    readStump(skb, length)
    return
  }
  const header = parseUdp(bytes, quoted)
  if (header.length > length) throw wireError('UDP', `length ${header.length} is more than the packet's ${length}`)
  skb.sport = header.sport
  skb.dport = header.dport
  const data = bytes.subarray(8, header.length)
  if (readTunnel(skb, data, quoted, depth)) return
  setPayload(skb, data, header.length - 8)
}

/** Whether the datagram is VXLAN or Geneve with an Ethernet frame of which enough is there. */
function readTunnel(skb: Skb, data: Uint8Array, quoted: boolean, depth: number): boolean {
  const least = VXLAN_HEADER_LENGTH + 14 + LEAST_PACKET
  if (data.length < least) return false
  if (skb.dport === VXLAN_PORT || skb.dport === VXLAN_PORT_LINUX) {
    if (((data[0] ?? 0) & 0x08) === 0) return false
    skb.vni = parseVxlan(data).vni
    skb.inner = readFrame(data.subarray(VXLAN_HEADER_LENGTH), quoted, depth + 1)
    return true
  }
  if (skb.dport !== GENEVE_PORT || (data[0] ?? 0) >>> 6 !== 0) return false
  const header = parseGeneve(data)
  if (header.protocol !== ETHERTYPE_TEB) return false
  skb.vni = header.vni
  skb.inner = readFrame(data.subarray(geneveHeaderLength(header)), quoted, depth + 1)
  return true
}

function readIcmpv6(skb: Skb, bytes: Uint8Array, length: number, depth: number): void {
  const message = parseIcmpv6(bytes)
  const redirected = icmpv6ToSkb(message, skb)
  if ('options' in message) {
    if (redirected !== null && redirected.length >= LEAST_PACKET) skb.inner = readPacket(redirected, true, depth + 1)
    return
  }
  readQuoted(skb, bytes.subarray(8), length - 8, isIcmpv6Error(skb.icmpType), depth)
}

/** What follows the eight bytes of an ICMP message: the packet that an error quotes, or data. */
function readQuoted(skb: Skb, bytes: Uint8Array, length: number, isError: boolean, depth: number): void {
  if (isError && bytes.length >= LEAST_PACKET) skb.inner = readPacket(bytes, true, depth + 1)
  else setPayload(skb, bytes, length)
}

function readSctp(skb: Skb, bytes: Uint8Array): void {
  const payload = sctpToSkb(parseSctp(bytes), skb)
  setPayload(skb, payload, payload.length)
}

function setPayload(skb: Skb, bytes: Uint8Array, length: number): void {
  skb.payloadLength = length
  skb.payload = bytes.length === 0 ? null : bytes.slice()
}

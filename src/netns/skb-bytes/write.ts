import { KubehopError } from '../../errors.ts'
import {
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  ETHERTYPE_TEB,
  GENEVE_PORT,
  IPPROTO_FRAGMENT,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_IPIP,
  IPPROTO_IPV6,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  isV6,
  linuxTcpOptions,
  ND_REDIRECT,
  TCP_ACK,
  TCP_SYN,
  UDP_HEADER_LENGTH,
  V4_ANY,
  writeArp,
  writeEthernet,
  writeGeneve,
  writeIcmpv4,
  writeIcmpv6,
  writeIpv4,
  writeIpv6,
  writeIpv6Fragment,
  writeSctp,
  writeTcp,
  writeUdp,
  writeVxlan,
} from '../../wire/index.ts'
import type { Skb } from '../model/skb.ts'
import { icmpv4FromSkb, icmpv6FromSkb } from './icmp.ts'
import { bodyLength, frameLength, ipHeaderLength, isFragment, networkLength, transportLength } from './length.ts'
import { sctpFromSkb } from './sctp.ts'

/** Frames within packets within frames: more is a loop. */
const MAX_NESTING = 16

const NOTHING = new Uint8Array(0)

/**
 * The packet as an Ethernet frame, every length and checksum right: also of the carried frame of a tunnel, and of the packet
 * that an ICMP error quotes (cut as Linux cuts it). A fragment takes its slice of the datagram. Content that is not known
 * (`payload` null or shorter than `payloadLength`) is zeros, so the same packet gives the same bytes.
 *
 * Throws KH_INTERNAL where `length` is not what the fields make (see `setLengths`), KH_WIRE where something does not fit
 * into its header.
 */
export function skbToFrame(skb: Skb): Uint8Array {
  const bytes = new Uint8Array(frameLength(skb))
  writeFrame(skb, bytes, 0)
  return bytes
}

/** The same without the Ethernet header: what a device without link-layer header (ipip) carries. */
export function skbToPacket(skb: Skb): Uint8Array {
  const bytes = new Uint8Array(networkLength(skb))
  writeNetwork(skb, bytes, 0)
  return bytes
}

function writeFrame(skb: Skb, bytes: Uint8Array, depth: number): void {
  const isIp = skb.etherType === ETHERTYPE_IPV4 || skb.etherType === ETHERTYPE_IPV6
  const etherType = isIp ? (isV6(skb.dst) ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4) : skb.etherType
  writeEthernet({ dst: skb.ethDst, src: skb.ethSrc, etherType, vlan: skb.vlan }, bytes)
  writeNetwork(skb, bytes.subarray(skb.vlan >= 0 ? 18 : 14), depth)
}

function writeNetwork(skb: Skb, bytes: Uint8Array, depth: number): void {
  if (depth > MAX_NESTING) throw new KubehopError('KH_WIRE', `more than ${MAX_NESTING} packets within one another`)
  if (skb.etherType === ETHERTYPE_ARP) {
    writeArp(
      {
        operation: skb.arpOp,
        senderMac: skb.arpSha,
        senderAddr: skb.src,
        targetMac: skb.arpTha,
        targetAddr: skb.dst,
      },
      bytes,
    )
  } else if (skb.etherType === ETHERTYPE_IPV4 || skb.etherType === ETHERTYPE_IPV6) {
    writeIp(skb, bytes, depth)
  } else {
    bytes.set(content(skb))
  }
}

function writeIp(skb: Skb, bytes: Uint8Array, depth: number): void {
  const headerLength = ipHeaderLength(skb)
  const expected = headerLength + transportLength(skb)
  if (skb.length !== expected) {
    throw new KubehopError('KH_INTERNAL', `packet ${skb.id} says length ${skb.length}, its fields make ${expected}`)
  }
  const rest = bytes.subarray(headerLength)
  if (isFragment(skb)) writePiece(skb, rest, depth)
  else writeTransport(skb, rest, depth)
  if (headerLength === 20) {
    if (isV6(skb.src)) throw new KubehopError('KH_INTERNAL', `packet ${skb.id} goes from an IPv6 to an IPv4 address`)
    writeIpv4(
      {
        tos: skb.tos,
        length: skb.length,
        id: skb.ipId,
        df: skb.df,
        mf: skb.mf,
        fragOffset: skb.fragOffset,
        ttl: skb.ttl,
        protocol: skb.proto,
        src: skb.src,
        dst: skb.dst,
        options: NOTHING,
      },
      bytes,
    )
    return
  }
  if (!isV6(skb.src) && skb.src !== V4_ANY) {
    throw new KubehopError('KH_INTERNAL', `packet ${skb.id} goes from an IPv4 to an IPv6 address`)
  }
  writeIpv6(
    {
      trafficClass: skb.tos,
      flowLabel: 0,
      payloadLength: skb.length - 40,
      nextHeader: headerLength === 48 ? IPPROTO_FRAGMENT : skb.proto,
      hopLimit: skb.ttl,
      src: skb.src,
      dst: skb.dst,
    },
    bytes,
  )
  if (headerLength === 48) {
    writeIpv6Fragment(
      { nextHeader: skb.proto, fragOffset: skb.fragOffset, mf: skb.mf, id: skb.ipId },
      bytes.subarray(40),
    )
  }
}

/** A fragment's part of the datagram: header and checksum are the whole datagram's. */
function writePiece(skb: Skb, bytes: Uint8Array, depth: number): void {
  const whole = skb.fragOf
  if (whole === null) {
    bytes.set(content(skb))
    return
  }
  const datagram = new Uint8Array(transportLength(whole))
  writeTransport(whole, datagram, depth + 1)
  bytes.set(datagram.subarray(skb.fragOffset, skb.fragOffset + bytes.length))
}

function writeTransport(skb: Skb, bytes: Uint8Array, depth: number): void {
  switch (skb.proto) {
    case IPPROTO_TCP:
      writeTcpSegment(skb, bytes)
      return
    case IPPROTO_UDP:
      writeUdpDatagram(skb, bytes, depth)
      return
    case IPPROTO_ICMP:
      bytes.set(skb.inner === null ? content(skb) : quotation(skb, skb.inner, depth), 8)
      writeIcmpv4(icmpv4FromSkb(skb), bytes)
      return
    case IPPROTO_ICMPV6:
      writeIcmpv6Message(skb, bytes, depth)
      return
    case IPPROTO_SCTP:
      // A cut copy would make the chunk shorter than the fields say: missing content is zeros here too.
      writeSctp(sctpFromSkb(skb, filled(skb)), bytes)
      return
    case IPPROTO_IPIP:
    case IPPROTO_IPV6:
      if (skb.inner !== null) {
        writeNetwork(skb.inner, bytes, depth + 1)
        return
      }
  }
  bytes.set(content(skb))
}

function writeTcpSegment(skb: Skb, bytes: Uint8Array): void {
  bytes.set(content(skb), 20 + skb.tcpOptionsLength)
  const syn = (skb.tcpFlags & TCP_SYN) !== 0
  // The clock behind timestamps is not modelled: they are 1, and echo 1 as soon as there is something to echo.
  const echo = (skb.tcpFlags & TCP_ACK) !== 0 ? 1 : 0
  writeTcp(
    {
      sport: skb.sport,
      dport: skb.dport,
      seq: skb.tcpSeq,
      ack: skb.tcpAck,
      flags: skb.tcpFlags,
      window: skb.tcpWindow,
      urgent: 0,
      options: linuxTcpOptions(skb.tcpOptionsLength, syn, skb.tcpMss, 1, echo),
    },
    bytes,
    skb.src,
    skb.dst,
  )
}

function writeUdpDatagram(skb: Skb, bytes: Uint8Array, depth: number): void {
  const data = bytes.subarray(UDP_HEADER_LENGTH)
  if (skb.vni < 0) {
    data.set(content(skb))
  } else {
    if (skb.dport === GENEVE_PORT) {
      writeGeneve({ control: false, critical: false, protocol: ETHERTYPE_TEB, vni: skb.vni, options: [] }, data)
    } else {
      writeVxlan({ vni: skb.vni, group: -1 }, data)
    }
    if (skb.inner === null) data.set(content(skb), 8)
    else writeFrame(skb.inner, data.subarray(8), depth + 1)
  }
  // Linux sums tunnel packets too: `udpcsum` is vxlan's default over IPv4, and over IPv6 it is mandatory.
  const header = { sport: skb.sport, dport: skb.dport, length: bytes.length, checksum: true }
  writeUdp(header, bytes, skb.src, skb.dst)
}

function writeIcmpv6Message(skb: Skb, bytes: Uint8Array, depth: number): void {
  const quote = skb.inner === null ? content(skb) : quotation(skb, skb.inner, depth)
  if (skb.icmpType !== ND_REDIRECT) bytes.set(quote, bytes.length - bodyLength(skb))
  writeIcmpv6(icmpv6FromSkb(skb, quote), bytes, skb.src, skb.dst)
}

/** As much of the quoted packet as the error takes. */
function quotation(skb: Skb, inner: Skb, depth: number): Uint8Array {
  const whole = new Uint8Array(networkLength(inner))
  writeNetwork(inner, whole, depth + 1)
  return whole.subarray(0, bodyLength(skb))
}

/** What is known of the payload, `payloadLength` bytes at most. */
function content(skb: Skb): Uint8Array {
  const payload = skb.payload
  if (payload === null) return NOTHING
  return payload.length > skb.payloadLength ? payload.subarray(0, skb.payloadLength) : payload
}

/** The payload in full length. */
function filled(skb: Skb): Uint8Array {
  const bytes = new Uint8Array(skb.payloadLength)
  bytes.set(content(skb))
  return bytes
}

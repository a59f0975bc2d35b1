import { isV6 } from '../../wire/addr.ts'
import {
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_IPIP,
  IPPROTO_IPV6,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
} from '../../wire/protocol.ts'
import type { Skb } from '../model/skb.ts'

const ARP_LENGTH = 28
const VXLAN_LENGTH = 8

/** The longest ICMP error that Linux sends: IPv4 header included (RFC 1812 §4.3.2.3, icmp.c), IPv6 likewise (RFC 4443 §2.4). */
const ICMP_ERROR_MAX = 576
const ICMPV6_ERROR_MAX = 1280

/** Whether the packet is a piece of a datagram, not a whole one. */
export function isFragment(skb: Skb): boolean {
  return skb.mf || skb.fragOffset > 0
}

/** Bytes of the IP header: 20; 40 for IPv6, and 48 for an IPv6 fragment, whose extension header counts. */
export function ipHeaderLength(skb: Skb): number {
  if (!isV6(skb.dst)) return 20
  return skb.mf || skb.fragOffset > 0 ? 48 : 40
}

/**
 * Bytes between the IP header and what the packet carries (`payload`, or the carried or quoted `inner`): ports and options,
 * ICMP fields, the first SCTP chunk's header, the VXLAN or Geneve header. 0 for IPIP, unknown protocols, and fragments.
 */
export function transportHeaderLength(skb: Skb): number {
  if (skb.mf || skb.fragOffset > 0) return 0
  switch (skb.proto) {
    case IPPROTO_TCP:
      return 20 + skb.tcpOptionsLength
    case IPPROTO_UDP:
      return skb.vni >= 0 ? 8 + VXLAN_LENGTH : 8
    case IPPROTO_ICMP:
      return 8
    case IPPROTO_ICMPV6:
      return icmpv6HeaderLength(skb)
    case IPPROTO_SCTP:
      return 12 + sctpChunkHeaderLength(skb)
    default:
      return 0
  }
}

/** RFC 4861 §4: a link-layer address option takes 8 bytes; the redirect's quotation has an option header of 8. */
function icmpv6HeaderLength(skb: Skb): number {
  const option = skb.ndLladdr === 0 ? 0 : 8
  switch (skb.icmpType) {
    case 133:
      return 8 + option
    case 134:
      return 16 + option
    case 135:
    case 136:
      return 24 + option
    case 137:
      return 40 + option + (skb.inner === null ? 0 : 8)
    default:
      return 8
  }
}

/** RFC 9260 §3.3. INIT ACK carries its state cookie, HEARTBEAT its information, as a parameter with a header of 4. */
function sctpChunkHeaderLength(skb: Skb): number {
  switch (skb.sctpChunk) {
    case 0: // DATA
    case 3: // SACK
      return 16
    case 1: // INIT
      return 20
    case 2: // INIT ACK
      return skb.payloadLength > 0 ? 24 : 20
    case 4: // HEARTBEAT
    case 5: // HEARTBEAT ACK
    case 7: // SHUTDOWN
      return 8
    default:
      return 4
  }
}

/** Bytes that follow the transport header: the payload (an SCTP chunk is padded to four), the carried frame, the quotation. */
export function bodyLength(skb: Skb): number {
  const inner = skb.inner
  if (inner !== null && !isFragment(skb)) {
    switch (skb.proto) {
      case IPPROTO_UDP:
        if (skb.vni >= 0) return frameLength(inner)
        break
      case IPPROTO_IPIP:
      case IPPROTO_IPV6:
        return networkLength(inner)
      case IPPROTO_ICMP:
        return Math.min(networkLength(inner), ICMP_ERROR_MAX - 28)
      case IPPROTO_ICMPV6:
        return icmpv6QuoteLength(skb, inner)
    }
  }
  return skb.proto === IPPROTO_SCTP && !isFragment(skb) ? (skb.payloadLength + 3) & ~3 : skb.payloadLength
}

function icmpv6QuoteLength(skb: Skb, inner: Skb): number {
  const length = Math.min(networkLength(inner), ICMPV6_ERROR_MAX - 40 - icmpv6HeaderLength(skb))
  // The redirected header option is counted in units of eight bytes; Linux cuts the rest (ndisc_send_redirect).
  return skb.icmpType === 137 ? length & ~7 : length
}

/** Bytes after the IP header. */
export function transportLength(skb: Skb): number {
  if (isFragment(skb) && skb.fragOf !== null) return skb.length - ipHeaderLength(skb)
  return transportHeaderLength(skb) + bodyLength(skb)
}

/** Bytes after the Ethernet header: the IP total length, or 28 for ARP. Takes `length` as it is. */
export function networkLength(skb: Skb): number {
  if (skb.etherType === ETHERTYPE_ARP) return ARP_LENGTH
  return skb.etherType === ETHERTYPE_IPV4 || skb.etherType === ETHERTYPE_IPV6 ? skb.length : skb.payloadLength
}

/** Bytes of the Ethernet frame without its check sequence: 14, 18 with an 802.1Q tag, and what follows. */
export function frameLength(skb: Skb): number {
  return (skb.vlan >= 0 ? 18 : 14) + networkLength(skb)
}

/**
 * Sets `length` to what the other fields imply, as the bytes will have it. Call it when a packet has been made, or its
 * payload, options, `inner` or ND option changed; `inner.length` must be right already. A fragment of a known datagram
 * (`fragOf`) keeps its length.
 */
export function setLengths(skb: Skb): void {
  if (skb.etherType === ETHERTYPE_ARP) skb.length = ARP_LENGTH
  else if (skb.fragOf === null || !isFragment(skb)) skb.length = ipHeaderLength(skb) + transportLength(skb)
}

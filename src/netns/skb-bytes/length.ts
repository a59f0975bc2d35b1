import { isV6 } from '../../wire/addr.ts'
import { ARP_LENGTH } from '../../wire/arp.ts'
import { ND_REDIRECT } from '../../wire/nd.ts'
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
import { sctpHasPayload, sctpHeaderLength } from './sctp.ts'

/** VXLAN, and Geneve without options. */
const TUNNEL_LENGTH = 8

/** The longest ICMP error that Linux sends, IP header included: RFC 1812 §4.3.2.3 and icmp.c; RFC 4443 §2.4. */
const ICMP_ERROR_MAX = 576
const ICMPV6_ERROR_MAX = 1280

/** Whether the packet is a piece of a datagram, not a whole one. */
export function isFragment(skb: Skb): boolean {
  return skb.mf || skb.fragOffset > 0
}

/** Bytes of the IP header: 20; 40 for IPv6, and 48 for an IPv6 fragment, whose extension header counts. */
export function ipHeaderLength(skb: Skb): number {
  if (!isV6(skb.dst)) return 20
  return isFragment(skb) ? 48 : 40
}

/**
 * Bytes between the IP header and what the packet carries (`payload`, or the carried or quoted `inner`): ports and options,
 * ICMP fields, the first SCTP chunk's header, the VXLAN or Geneve header. 0 for IPIP, unknown protocols, and fragments.
 */
export function transportHeaderLength(skb: Skb): number {
  if (isFragment(skb)) return 0
  switch (skb.proto) {
    case IPPROTO_TCP:
      return 20 + skb.tcpOptionsLength
    case IPPROTO_UDP:
      return skb.vni >= 0 ? 8 + TUNNEL_LENGTH : 8
    case IPPROTO_ICMP:
      return 8
    case IPPROTO_ICMPV6:
      return icmpv6HeaderLength(skb)
    case IPPROTO_SCTP:
      return sctpHeaderLength(skb)
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
    case ND_REDIRECT:
      return 40 + option + (skb.inner === null ? 0 : 8)
    default:
      return 8
  }
}

/**
 * Bytes that follow the transport header: the payload (an SCTP chunk is padded to four), the carried frame or packet, or as
 * much of the quoted packet as an ICMP error takes. `inner.length` must be right already.
 */
export function bodyLength(skb: Skb): number {
  if (isFragment(skb)) return skb.payloadLength
  const inner = skb.inner
  switch (skb.proto) {
    case IPPROTO_UDP:
      return skb.vni >= 0 && inner !== null ? frameLength(inner) : skb.payloadLength
    case IPPROTO_IPIP:
    case IPPROTO_IPV6:
      return inner !== null ? networkLength(inner) : skb.payloadLength
    case IPPROTO_ICMP:
      return inner !== null ? Math.min(networkLength(inner), ICMP_ERROR_MAX - 28) : skb.payloadLength
    case IPPROTO_ICMPV6:
      return inner !== null ? icmpv6QuoteLength(skb, inner) : skb.payloadLength
    case IPPROTO_SCTP:
      return sctpHasPayload(skb) ? (skb.payloadLength + 3) & ~3 : 0
    default:
      return skb.payloadLength
  }
}

function icmpv6QuoteLength(skb: Skb, inner: Skb): number {
  const length = Math.min(networkLength(inner), ICMPV6_ERROR_MAX - 40 - icmpv6HeaderLength(skb))
  // The redirected header option is counted in units of eight bytes; Linux cuts the rest (ndisc_send_redirect).
  return skb.icmpType === ND_REDIRECT ? length & ~7 : length
}

/** Bytes after the IP header. */
export function transportLength(skb: Skb): number {
  if (skb.fragOf !== null && isFragment(skb)) return skb.length - ipHeaderLength(skb)
  return transportHeaderLength(skb) + bodyLength(skb)
}

/** Bytes after the Ethernet header: `length` for IP, 28 for ARP, the payload of any other EtherType. */
export function networkLength(skb: Skb): number {
  if (skb.etherType === ETHERTYPE_IPV4 || skb.etherType === ETHERTYPE_IPV6) return skb.length
  return skb.etherType === ETHERTYPE_ARP ? ARP_LENGTH : skb.payloadLength
}

/** Bytes of the Ethernet frame without its check sequence: 14, 18 with an 802.1Q tag, and what follows. */
export function frameLength(skb: Skb): number {
  return (skb.vlan >= 0 ? 18 : 14) + networkLength(skb)
}

/**
 * Sets `length` to what the other fields imply, as the bytes will have it. Call it when a packet has been made, or its
 * payload, options, `inner` or ND option changed; `inner.length` must be right already. A fragment of a known datagram
 * (`fragOf`) keeps its length. ARP gets 28.
 */
export function setLengths(skb: Skb): void {
  if (skb.etherType === ETHERTYPE_IPV4 || skb.etherType === ETHERTYPE_IPV6) {
    if (skb.fragOf === null || !isFragment(skb)) skb.length = ipHeaderLength(skb) + transportLength(skb)
  } else {
    skb.length = networkLength(skb)
  }
}

/** ICMP (RFC 792) and ICMPv6 (RFC 4443) numbers that the IP layer itself sends. */
export const ICMP_ECHOREPLY = 0
export const ICMP_DEST_UNREACH = 3
export const ICMP_SOURCE_QUENCH = 4
export const ICMP_REDIRECT = 5
export const ICMP_TIME_EXCEEDED = 11
export const ICMP_PARAMETERPROB = 12

export const ICMP_NET_UNREACH = 0
export const ICMP_HOST_UNREACH = 1
export const ICMP_PROT_UNREACH = 2
export const ICMP_PORT_UNREACH = 3
export const ICMP_FRAG_NEEDED = 4
export const ICMP_PKT_FILTERED = 13

export const ICMPV6_ECHO_REPLY = 129
export const ICMPV6_DEST_UNREACH = 1
export const ICMPV6_PKT_TOOBIG = 2
export const ICMPV6_TIME_EXCEED = 3
export const ICMPV6_PARAMPROB = 4

export const ICMPV6_NOROUTE = 0
export const ICMPV6_ADM_PROHIBITED = 1
export const ICMPV6_NOT_NEIGHBOUR = 2
export const ICMPV6_ADDR_UNREACH = 3
export const ICMPV6_PORT_UNREACH = 4
export const ICMPV6_UNK_NEXTHDR = 1

export const NDISC_NEIGHBOUR_SOLICITATION = 135
export const NDISC_NEIGHBOUR_ADVERTISEMENT = 136
export const NDISC_REDIRECT = 137

/** Whether an ICMP message is an error, about which no error may be sent (RFC 1122 §3.2.2; `icmp_pointers[].error`). */
export function isIcmpError(type: number): boolean {
  switch (type) {
    case ICMP_DEST_UNREACH:
    case ICMP_SOURCE_QUENCH:
    case ICMP_REDIRECT:
    case ICMP_TIME_EXCEEDED:
    case ICMP_PARAMETERPROB:
      return true
    default:
      return type > 18
  }
}

/** RFC 4443 §2.1: errors have the high bit clear. Redirects (137) count as well: they must not be answered (§2.4 e.2). */
export function isIcmpv6Error(type: number): boolean {
  return type < 128 || type === NDISC_REDIRECT
}

/**
 * The ICMPv6 message for an IPv4 one, as type · 256 + code. Types 1 and 2, and 4, are ICMPv6 already and stay (code given by
 * the caller); 3 is read as IPv4 destination unreachable.
 */
export function icmpv6For(type: number, code: number): number {
  switch (type) {
    case ICMP_DEST_UNREACH:
      return unreachable(code)
    case ICMP_TIME_EXCEEDED:
      return ICMPV6_TIME_EXCEED * 256 + code
    case ICMP_PARAMETERPROB:
      return ICMPV6_PARAMPROB * 256 + code
    default:
      return type * 256 + code
  }
}

function unreachable(code: number): number {
  switch (code) {
    case ICMP_HOST_UNREACH:
      return ICMPV6_DEST_UNREACH * 256 + ICMPV6_ADDR_UNREACH
    case ICMP_PROT_UNREACH:
      return ICMPV6_PARAMPROB * 256 + ICMPV6_UNK_NEXTHDR
    case ICMP_PORT_UNREACH:
      return ICMPV6_DEST_UNREACH * 256 + ICMPV6_PORT_UNREACH
    case ICMP_FRAG_NEEDED:
      return ICMPV6_PKT_TOOBIG * 256
    case 9:
    case 10:
    case ICMP_PKT_FILTERED:
      return ICMPV6_DEST_UNREACH * 256 + ICMPV6_ADM_PROHIBITED
    default:
      return ICMPV6_DEST_UNREACH * 256 + ICMPV6_NOROUTE
  }
}

/** Numbers that several headers share: EtherTypes (IEEE), IP protocols (IANA) and TCP flags (RFC 9293 §3.1). */
export const ETHERTYPE_IPV4 = 0x0800
export const ETHERTYPE_ARP = 0x0806
export const ETHERTYPE_VLAN = 0x8100
export const ETHERTYPE_IPV6 = 0x86dd
export const ETHERTYPE_TEB = 0x6558

export const IPPROTO_ICMP = 1
export const IPPROTO_IPIP = 4
export const IPPROTO_TCP = 6
export const IPPROTO_UDP = 17
export const IPPROTO_IPV6 = 41
export const IPPROTO_FRAGMENT = 44
export const IPPROTO_ICMPV6 = 58
export const IPPROTO_SCTP = 132

export const TCP_FIN = 0x01
export const TCP_SYN = 0x02
export const TCP_RST = 0x04
export const TCP_PSH = 0x08
export const TCP_ACK = 0x10
export const TCP_URG = 0x20

/** `tcp`, `udp`, `icmp`, `icmpv6`, `sctp`, `ipip`, or the number. */
export function protocolName(proto: number): string {
  switch (proto) {
    case IPPROTO_TCP:
      return 'tcp'
    case IPPROTO_UDP:
      return 'udp'
    case IPPROTO_ICMP:
      return 'icmp'
    case IPPROTO_ICMPV6:
      return 'icmpv6'
    case IPPROTO_SCTP:
      return 'sctp'
    case IPPROTO_IPIP:
      return 'ipip'
    default:
      return String(proto)
  }
}

/** tcpdump's letters: S, F, R, P, U, and a dot for ACK (`[S.]` is SYN,ACK). */
export function formatTcpFlags(flags: number): string {
  let text = ''
  if ((flags & TCP_FIN) !== 0) text += 'F'
  if ((flags & TCP_SYN) !== 0) text += 'S'
  if ((flags & TCP_RST) !== 0) text += 'R'
  if ((flags & TCP_PSH) !== 0) text += 'P'
  if ((flags & TCP_URG) !== 0) text += 'U'
  if ((flags & TCP_ACK) !== 0) text += '.'
  return text === '' ? 'none' : text
}

import { IPPROTO_ICMP } from '../../wire/protocol.ts'

/** Request and answer of the ICMP types that make a flow (nf_conntrack_proto_icmp.c invmap): echo, timestamp, information, mask. */
const INVERSE_V4: ReadonlyMap<number, number> = new Map([
  [8, 0],
  [0, 8],
  [13, 14],
  [14, 13],
  [15, 16],
  [16, 15],
  [17, 18],
  [18, 17],
])

/** ICMPv6 (nf_conntrack_proto_icmpv6.c invmap): echo, node information (RFC 4620). */
const INVERSE_V6: ReadonlyMap<number, number> = new Map([
  [128, 129],
  [129, 128],
  [139, 140],
  [140, 139],
])

/** The type that answers an ICMP or ICMPv6 type, −1 where none does. */
export function inverseIcmpType(proto: number, type: number): number {
  if (proto === IPPROTO_ICMP) return type === 8 ? 0 : type === 0 ? 8 : (INVERSE_V4.get(type) ?? -1)
  return type === 128 ? 129 : type === 129 ? 128 : (INVERSE_V6.get(type) ?? -1)
}

/** Whether a message of this type may begin a flow: the requests. */
export function icmpMayOpen(proto: number, type: number): boolean {
  if (proto === IPPROTO_ICMP) return type === 8 || type === 13 || type === 15 || type === 17
  return type === 128 || type === 139
}

/** Whether the message quotes a packet: unreachable, source quench, redirect, time exceeded, parameter problem; ICMPv6 below 128. */
export function isIcmpError(proto: number, type: number): boolean {
  if (proto === IPPROTO_ICMP) return type === 3 || type === 4 || type === 5 || type === 11 || type === 12
  return type < 128
}

/**
 * Messages that ICMPv6 tracking leaves alone: multicast listener (130–132, 143) and multicast router discovery (151, 152),
 * router and neighbour solicitation and advertisement (133–136).
 */
export function isUntrackedIcmpv6(type: number): boolean {
  return (type >= 130 && type <= 136) || type === 143 || type === 151 || type === 152
}

/** ND redirect: quotes the redirected packet as an error does (nf_conntrack_icmpv6_redirect). */
export const NDISC_REDIRECT = 137

/** Whether NAT rewrites the identifier of this ICMP type (icmp_manip_pkt, icmpv6_manip_pkt). */
export function icmpHasId(proto: number, type: number): boolean {
  return inverseIcmpType(proto, type) >= 0 && (proto === IPPROTO_ICMP || type === 128 || type === 129)
}

import type { Addr } from '../../wire/addr.ts'
import { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from '../../wire/protocol.ts'
import type { Tuple } from '../model/conntrack.ts'
import type { Skb } from '../model/skb.ts'
import { inverseIcmpType } from './icmp-types.ts'

/** IANA protocol 136: ports as UDP has them. */
const IPPROTO_UDPLITE = 136

/**
 * A hash of five numbers, 32 bits, signed. Addresses above 2³² (IPv6 handles) enter with their low word. No secret: the
 * simulated world has no attacker who could choose colliding flows.
 */
export function hashTuple(src: number, dst: number, sport: number, dport: number, proto: number): number {
  let h = Math.imul(src ^ 0x2f6b1a5d, 0x9e3779b1)
  h = Math.imul(h ^ (h >>> 15) ^ dst, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13) ^ ((sport << 16) | dport), 0xc2b2ae35)
  h = Math.imul(h ^ (h >>> 16) ^ proto, 0x27d4eb2f)
  return h ^ (h >>> 15)
}

/** Whether the protocol's tuple has source and destination ports; ICMP's has an identifier instead, others have none. */
export function hasPorts(proto: number): boolean {
  return proto === IPPROTO_TCP || proto === IPPROTO_UDP || proto === IPPROTO_SCTP || proto === IPPROTO_UDPLITE
}

export function isIcmp(proto: number): boolean {
  return proto === IPPROTO_ICMP || proto === IPPROTO_ICMPV6
}

/** What tuples keep in `sport`. */
export function tupleSport(skb: Skb): number {
  return hasPorts(skb.proto) || isIcmp(skb.proto) ? skb.sport : 0
}

/** What tuples keep in `dport`: for ICMP type·256+code. */
export function tupleDport(skb: Skb): number {
  if (hasPorts(skb.proto)) return skb.dport
  return isIcmp(skb.proto) ? skb.icmpType * 256 + skb.icmpCode : 0
}

/**
 * `sport` of the tuple that answers one with these ports (nf_ct_invert_tuple): ports are swapped, an ICMP identifier stays.
 */
export function inverseSport(proto: number, sport: number, dport: number): number {
  return isIcmp(proto) ? sport : dport
}

/** `dport` of the answering tuple; −1 where an ICMP type has no answer. */
export function inverseDport(proto: number, sport: number, dport: number): number {
  if (!isIcmp(proto)) return sport
  const type = inverseIcmpType(proto, dport >> 8)
  return type < 0 ? -1 : type * 256 + (dport & 255)
}

export function sameTuple(a: Tuple, b: Tuple): boolean {
  return a.src === b.src && a.dst === b.dst && a.sport === b.sport && a.dport === b.dport && a.proto === b.proto
}

/** A tuple that is nobody's: working storage of NAT, where a candidate is changed until it is free. */
export class FreeTuple implements Tuple {
  src: Addr
  dst: Addr
  sport: number
  dport: number
  proto: number

  constructor(src: Addr, dst: Addr, sport: number, dport: number, proto: number) {
    this.src = src
    this.dst = dst
    this.sport = sport
    this.dport = dport
    this.proto = proto
  }

  copy(from: Tuple): void {
    this.src = from.src
    this.dst = from.dst
    this.sport = from.sport
    this.dport = from.dport
    this.proto = from.proto
  }

  /** Becomes the tuple that answers `from`. */
  invert(from: Tuple): void {
    this.src = from.dst
    this.dst = from.src
    this.proto = from.proto
    this.sport = inverseSport(from.proto, from.sport, from.dport)
    this.dport = inverseDport(from.proto, from.sport, from.dport)
  }
}

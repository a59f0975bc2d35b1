import { type Addr, isV6, v6Word } from '../../wire/addr.ts'
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from '../../wire/protocol.ts'
import type { Skb } from '../model/skb.ts'

/**
 * Source port of a tunnel packet, from the flow that it carries (udp_flow_src_port): the same for both directions of a flow,
 * so that each flow keeps to one path through the underlay. Linux hashes with a secret of the boot, and for local senders
 * with one of the socket; this hash is fixed.
 *
 * @param low - first and
 * @param high - last port of the range; Linux never gives out the last one
 */
export function flowSourcePort(skb: Skb, low: number, high: number): number {
  return low + Math.floor(((flowHash(skb) >>> 0) * (high - low)) / 0x1_0000_0000)
}

function flowHash(skb: Skb): number {
  if (skb.etherType !== ETHERTYPE_IPV4 && skb.etherType !== ETHERTYPE_IPV6) {
    return mix((skb.ethSrc | 0) ^ (skb.ethDst | 0))
  }
  // Sums, because they do not depend on the direction.
  const addresses = (mix(fold(skb.src)) + mix(fold(skb.dst))) | 0
  const ports = skb.mf || skb.fragOffset > 0 ? 0 : (mix(skb.sport + 0x10000) + mix(skb.dport + 0x10000)) | 0
  return mix(addresses ^ Math.imul(ports, 0x9e3779b1) ^ skb.proto)
}

/** An address as 32 bits. IPv6 handles differ from run to run, so the words themselves are taken. */
function fold(addr: Addr): number {
  if (!isV6(addr)) return addr | 0
  return mix(v6Word(addr, 0)) ^ mix(v6Word(addr, 1) + 1) ^ mix(v6Word(addr, 2) + 2) ^ mix(v6Word(addr, 3) + 3)
}

/** The finaliser of MurmurHash3. */
function mix(value: number): number {
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return value ^ (value >>> 16)
}

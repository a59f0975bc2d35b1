import type { Skb } from '../../netns/index.ts'
import { frameToSkb } from '../../netns/skb-bytes.ts'
import { formatAddr } from '../../wire/addr.ts'
import { formatMac } from '../../wire/mac.ts'
import {
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  formatTcpFlags,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_TCP,
  IPPROTO_UDP,
  protocolName,
} from '../../wire/protocol.ts'

/** A port or identifier as text; those that chance drew are `*`. */
export type PortText = (port: number) => string

/** IGMP; MLD, router solicitations and advertisements: chatter at times of its own. */
const IGMP = 2
const CHATTER6 = new Set([130, 131, 132, 133, 134, 143])

/**
 * One frame as a line: addresses, header fields and what is carried or quoted. Null for chatter. What is left out: checksums,
 * identification, sequence numbers and options of TCP.
 */
export function frameText(bytes: Uint8Array, port: PortText): string | null {
  const skb = frameToSkb(bytes)
  const text = packetText(skb, port)
  return text === null ? null : `${formatMac(skb.ethSrc)}>${formatMac(skb.ethDst)} ${text}`
}

function packetText(p: Skb, port: PortText): string | null {
  if (p.etherType === ETHERTYPE_ARP) {
    return p.arpOp === 1
      ? `ARP who-has ${formatAddr(p.dst)} tell ${formatAddr(p.src)}`
      : `ARP ${formatAddr(p.src)} is-at ${formatMac(p.arpSha)} for ${formatAddr(p.dst)}`
  }
  if (p.etherType !== ETHERTYPE_IPV4 && p.etherType !== ETHERTYPE_IPV6) return null
  if (p.proto === IGMP || (p.proto === IPPROTO_ICMPV6 && CHATTER6.has(p.icmpType))) return null
  const fragment = p.fragOffset > 0 ? ` off${p.fragOffset}${p.mf ? '+' : ''}` : p.mf ? ' MF' : p.df ? ' DF' : ''
  const tos = p.tos === 0 ? '' : ` tos${p.tos}`
  const whole = p.fragOffset === 0 && !p.mf
  const ported = whole && (p.proto === IPPROTO_TCP || p.proto === IPPROTO_UDP)
  const src = ported ? `${formatAddr(p.src)}.${port(p.sport)}` : formatAddr(p.src)
  const dst = ported ? `${formatAddr(p.dst)}.${port(p.dport)}` : formatAddr(p.dst)
  const head = `ttl${p.ttl}${tos}${fragment} ${protocolName(p.proto).toUpperCase()} ${p.length} ${src} > ${dst}`
  return whole ? `${head}${transportText(p, port)}` : head
}

function transportText(p: Skb, port: PortText): string {
  if (p.proto === IPPROTO_TCP) return ` [${formatTcpFlags(p.tcpFlags)}]`
  if (p.proto === IPPROTO_UDP && p.vni >= 0 && p.inner !== null) {
    const { inner } = p
    return ` VXLAN ${p.vni} (${formatMac(inner.ethSrc)}>${formatMac(inner.ethDst)} ${packetText(inner, port) ?? '-'})`
  }
  if (p.proto === IPPROTO_ICMP || p.proto === IPPROTO_ICMPV6) return icmpText(p, port)
  return ''
}

function icmpText(p: Skb, port: PortText): string {
  const kind = ` ${p.icmpType}/${p.icmpCode}`
  const six = p.proto === IPPROTO_ICMPV6
  if (six && (p.icmpType === 135 || p.icmpType === 136)) return `${kind} target ${formatAddr(p.icmpTarget)}`
  if (p.inner === null) return `${kind} id ${port(p.sport)} seq ${p.icmpSeq}`
  const told = p.icmpInfo === 0 ? '' : ` info ${p.icmpInfo}`
  const gateway = p.icmpType === (six ? 137 : 5) ? ` gateway ${formatAddr(p.icmpTarget)}` : ''
  return `${kind}${told}${gateway} "${packetText(p.inner, port) ?? '-'}"`
}

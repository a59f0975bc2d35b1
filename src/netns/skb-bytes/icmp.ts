import {
  ICMP_ECHO_REPLY,
  ICMP_ECHO_REQUEST,
  ICMP_FRAGMENTATION_NEEDED,
  ICMP_PARAMETER_PROBLEM,
  ICMP_REDIRECT,
  ICMP_TIME_EXCEEDED,
  ICMP_UNREACHABLE,
  ICMPV6_ECHO_REPLY,
  ICMPV6_ECHO_REQUEST,
  ICMPV6_PACKET_TOO_BIG,
  ICMPV6_PARAMETER_PROBLEM,
  ICMPV6_TIME_EXCEEDED,
  ICMPV6_UNREACHABLE,
  type Icmpv4Header,
  type Icmpv6Header,
  icmpv4Code,
  icmpv4Type,
  icmpv6Code,
  icmpv6Type,
  isV6,
  ND_NEIGHBOUR_ADVERTISEMENT,
  ND_NEIGHBOUR_SOLICITATION,
  ND_REDIRECT,
  ND_ROUTER_ADVERTISEMENT,
  ND_ROUTER_SOLICITATION,
  type NdOption,
  V6_ANY,
} from '../../wire/index.ts'
import type { Skb } from '../model/skb.ts'

/** Router, solicited, override in `Skb.ndFlags`. */
const ND_FLAG_R = 4
const ND_FLAG_S = 2
const ND_FLAG_O = 1

/** A router advertisement of Linux's radvd defaults: an Skb has no fields for it. */
const RA_HOP_LIMIT = 64
const RA_LIFETIME = 1800

/** The ICMP header that the packet's fields describe. */
export function icmpv4FromSkb(skb: Skb): Icmpv4Header {
  const code = skb.icmpCode
  switch (skb.icmpType) {
    case ICMP_ECHO_REPLY:
    case ICMP_ECHO_REQUEST:
      return { kind: 'echo', reply: skb.icmpType === ICMP_ECHO_REPLY, id: skb.sport, seq: skb.icmpSeq }
    case ICMP_UNREACHABLE:
      return { kind: 'unreachable', code, mtu: code === ICMP_FRAGMENTATION_NEEDED ? skb.icmpInfo : 0 }
    case ICMP_REDIRECT:
      return { kind: 'redirect', code, gateway: skb.icmpTarget }
    case ICMP_TIME_EXCEEDED:
      return { kind: 'timeExceeded', code }
    case ICMP_PARAMETER_PROBLEM:
      return { kind: 'parameterProblem', code, pointer: skb.icmpInfo }
    default:
      return { kind: 'other', type: skb.icmpType, code, rest: ((skb.sport << 16) | skb.icmpSeq) >>> 0 }
  }
}

/** The inverse of `icmpv4FromSkb`. */
export function icmpv4ToSkb(header: Icmpv4Header, skb: Skb): void {
  skb.icmpType = icmpv4Type(header)
  skb.icmpCode = icmpv4Code(header)
  switch (header.kind) {
    case 'echo':
      setEcho(skb, header.id, header.seq)
      return
    case 'unreachable':
      skb.icmpInfo = header.mtu
      return
    case 'redirect':
      skb.icmpTarget = header.gateway
      return
    case 'parameterProblem':
      skb.icmpInfo = header.pointer
      return
    case 'other':
      setEcho(skb, header.rest >>> 16, header.rest & 0xffff)
      return
    case 'timeExceeded':
  }
}

function setEcho(skb: Skb, id: number, seq: number): void {
  skb.sport = id
  skb.dport = id
  skb.icmpSeq = seq
}

/** The ICMPv6 message that the packet's fields describe; `quote` is what a redirect carries of the packet it is about. */
export function icmpv6FromSkb(skb: Skb, quote: Uint8Array): Icmpv6Header {
  const code = skb.icmpCode
  const type = skb.icmpType
  switch (type) {
    case ICMPV6_UNREACHABLE:
      return { kind: 'unreachable', code }
    case ICMPV6_PACKET_TOO_BIG:
      return { kind: 'packetTooBig', mtu: skb.icmpInfo }
    case ICMPV6_TIME_EXCEEDED:
      return { kind: 'timeExceeded', code }
    case ICMPV6_PARAMETER_PROBLEM:
      return { kind: 'parameterProblem', code, pointer: skb.icmpInfo }
    case ICMPV6_ECHO_REQUEST:
    case ICMPV6_ECHO_REPLY:
      return { kind: 'echo', reply: type === ICMPV6_ECHO_REPLY, id: skb.sport, seq: skb.icmpSeq }
    case ND_ROUTER_SOLICITATION:
      return { kind: 'routerSolicitation', options: linkLayerOption(skb, 'sourceLinkLayer') }
    case ND_ROUTER_ADVERTISEMENT:
      return {
        kind: 'routerAdvertisement',
        hopLimit: RA_HOP_LIMIT,
        flags: 0,
        routerLifetime: RA_LIFETIME,
        reachableTime: 0,
        retransTimer: 0,
        options: linkLayerOption(skb, 'sourceLinkLayer'),
      }
    case ND_NEIGHBOUR_SOLICITATION:
      return {
        kind: 'neighbourSolicitation',
        target: skb.icmpTarget,
        options: linkLayerOption(skb, 'sourceLinkLayer'),
      }
    case ND_NEIGHBOUR_ADVERTISEMENT:
      return {
        kind: 'neighbourAdvertisement',
        router: (skb.ndFlags & ND_FLAG_R) !== 0,
        solicited: (skb.ndFlags & ND_FLAG_S) !== 0,
        override: (skb.ndFlags & ND_FLAG_O) !== 0,
        target: skb.icmpTarget,
        options: linkLayerOption(skb, 'targetLinkLayer'),
      }
    case ND_REDIRECT: {
      const options = linkLayerOption(skb, 'targetLinkLayer')
      if (skb.inner !== null) options.push({ kind: 'redirectedHeader', packet: quote })
      return { kind: 'ndRedirect', target: skb.icmpTarget, destination: skb.inner?.dst ?? skb.icmpTarget, options }
    }
    default:
      return { kind: 'other', type, code, rest: ((skb.sport << 16) | skb.icmpSeq) >>> 0 }
  }
}

function linkLayerOption(skb: Skb, kind: 'sourceLinkLayer' | 'targetLinkLayer'): NdOption[] {
  return skb.ndLladdr === 0 ? [] : [{ kind, mac: skb.ndLladdr }]
}

/** The inverse of `icmpv6FromSkb`. Returns the packet that a redirect quotes, else null. */
export function icmpv6ToSkb(message: Icmpv6Header, skb: Skb): Uint8Array | null {
  skb.icmpType = icmpv6Type(message)
  skb.icmpCode = icmpv6Code(message)
  switch (message.kind) {
    case 'echo':
      setEcho(skb, message.id, message.seq)
      return null
    case 'packetTooBig':
      skb.icmpInfo = message.mtu
      return null
    case 'parameterProblem':
      skb.icmpInfo = message.pointer
      return null
    case 'other':
      setEcho(skb, message.rest >>> 16, message.rest & 0xffff)
      return null
    case 'unreachable':
    case 'timeExceeded':
      return null
    case 'neighbourAdvertisement':
      skb.ndFlags =
        (message.router ? ND_FLAG_R : 0) | (message.solicited ? ND_FLAG_S : 0) | (message.override ? ND_FLAG_O : 0)
  }
  skb.icmpTarget = 'target' in message && isV6(message.target) ? message.target : V6_ANY
  return takeOptions(message.options, skb)
}

function takeOptions(options: readonly NdOption[], skb: Skb): Uint8Array | null {
  let quote: Uint8Array | null = null
  for (const option of options) {
    if (option.kind === 'sourceLinkLayer' || option.kind === 'targetLinkLayer') skb.ndLladdr = option.mac
    else if (option.kind === 'redirectedHeader') quote = option.packet
  }
  return quote
}

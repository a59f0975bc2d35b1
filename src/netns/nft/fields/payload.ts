import {
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
} from '../../../wire/protocol.ts'
import type { Skb } from '../../model/skb.ts'
import type { DataType, Value } from '../types/data-type.ts'
import {
  DSCP,
  ETHER_ADDR,
  ETHER_TYPE,
  ICMP_CODE,
  ICMP_TYPE,
  ICMPV6_CODE,
  ICMPV6_TYPE,
  INET_PROTO,
  INET_SERVICE,
  INTEGER,
  IPV4_ADDR,
  IPV6_ADDR,
  TCP_FLAG,
} from '../types/data-types.ts'
import { type Field, NOTHING } from './field.ts'

type Part = readonly [name: string, type: DataType, offset: number, bits: number, read: (skb: Skb) => Value]

const IP: readonly Part[] = [
  ['version', INTEGER, 0, 4, () => 4],
  ['hdrlength', INTEGER, 4, 4, () => 5],
  ['dscp', DSCP, 8, 6, skb => skb.tos >>> 2],
  ['ecn', INTEGER, 14, 2, skb => skb.tos & 3],
  ['length', INTEGER, 16, 16, skb => skb.length],
  ['id', INTEGER, 32, 16, skb => skb.ipId],
  ['frag-off', INTEGER, 48, 16, skb => (skb.df ? 0x4000 : 0) | (skb.mf ? 0x2000 : 0) | (skb.fragOffset >>> 3)],
  ['ttl', INTEGER, 64, 8, skb => skb.ttl],
  ['protocol', INET_PROTO, 72, 8, skb => skb.proto],
  ['saddr', IPV4_ADDR, 96, 32, skb => skb.src],
  ['daddr', IPV4_ADDR, 128, 32, skb => skb.dst],
]

const IP6: readonly Part[] = [
  ['version', INTEGER, 0, 4, () => 6],
  ['dscp', DSCP, 4, 6, skb => skb.tos >>> 2],
  ['ecn', INTEGER, 10, 2, skb => skb.tos & 3],
  ['length', INTEGER, 32, 16, skb => skb.length - 40],
  ['nexthdr', INET_PROTO, 48, 8, skb => skb.proto],
  ['hoplimit', INTEGER, 56, 8, skb => skb.ttl],
  ['saddr', IPV6_ADDR, 64, 128, skb => skb.src],
  ['daddr', IPV6_ADDR, 192, 128, skb => skb.dst],
]

const PORTS: readonly Part[] = [
  ['sport', INET_SERVICE, 0, 16, skb => skb.sport],
  ['dport', INET_SERVICE, 16, 16, skb => skb.dport],
]

const TCP: readonly Part[] = [
  ...PORTS,
  ['sequence', INTEGER, 32, 32, skb => skb.tcpSeq],
  ['ackseq', INTEGER, 64, 32, skb => skb.tcpAck],
  ['doff', INTEGER, 96, 4, skb => 5 + (skb.tcpOptionsLength >>> 2)],
  ['flags', TCP_FLAG, 104, 8, skb => skb.tcpFlags],
  ['window', INTEGER, 112, 16, skb => skb.tcpWindow],
]

const UDP: readonly Part[] = [...PORTS, ['length', INTEGER, 32, 16, skb => 8 + skb.payloadLength]]
const SCTP: readonly Part[] = [...PORTS, ['vtag', INTEGER, 32, 32, skb => skb.sctpTag]]
const icmp = (type: DataType, code: DataType): readonly Part[] => [
  ['type', type, 0, 8, skb => skb.icmpType],
  ['code', code, 8, 8, skb => skb.icmpCode],
  ['id', INTEGER, 32, 16, skb => skb.sport],
  ['sequence', INTEGER, 48, 16, skb => skb.icmpSeq],
]
const ETHER: readonly Part[] = [
  ['daddr', ETHER_ADDR, 0, 48, skb => skb.ethDst],
  ['saddr', ETHER_ADDR, 48, 48, skb => skb.ethSrc],
  ['type', ETHER_TYPE, 96, 16, skb => skb.etherType],
]

/** Fields of packet headers by their text, such as `tcp dport`. */
export const PAYLOAD_FIELDS: ReadonlyMap<string, Field> = new Map(
  [
    ...network('ip', 4, ETHERTYPE_IPV4, IP),
    ...network('ip6', 6, ETHERTYPE_IPV6, IP6),
    ...transport('tcp', [IPPROTO_TCP], 0, TCP),
    ...transport('udp', [IPPROTO_UDP], 0, UDP),
    ...transport('sctp', [IPPROTO_SCTP], 0, SCTP),
    ...transport('icmp', [IPPROTO_ICMP], 4, icmp(ICMP_TYPE, ICMP_CODE)),
    ...transport('icmpv6', [IPPROTO_ICMPV6], 6, icmp(ICMPV6_TYPE, ICMPV6_CODE)),
    ...transport('th', [IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP], 0, PORTS),
    ...ETHER.map(part => field('ether', part, 0, [], part[4])),
  ].map(each => [each.text, each]),
)

function network(header: string, family: 4 | 6, etherType: number, parts: readonly Part[]): Field[] {
  return parts.map(part => {
    const [, , , , read] = part
    return field(header, part, family, [], skb => (skb.etherType === etherType ? read(skb) : NOTHING))
  })
}

/** A fragment that is not the first has no transport header. */
function transport(header: string, protocols: readonly number[], family: 4 | 6 | 0, parts: readonly Part[]): Field[] {
  const [only] = protocols
  return parts.map(part => {
    const [, , , , read] = part
    const one = (skb: Skb): Value => (skb.proto === only && skb.fragOffset === 0 ? read(skb) : NOTHING)
    const any = (skb: Skb): Value => (protocols.includes(skb.proto) && skb.fragOffset === 0 ? read(skb) : NOTHING)
    return field(header, part, family, header === 'th' ? [] : protocols, protocols.length === 1 ? one : any)
  })
}

function field(
  header: string,
  [name, type, offset, bits]: Part,
  nfproto: 4 | 6 | 0,
  protocols: readonly number[],
  read: (skb: Skb) => Value,
): Field {
  return { text: `${header} ${name}`, type, header, offset, bits, nfproto, protocols, conntrack: false, read }
}

import type { PacketView } from '../../trace/index.ts'
import { formatAddr } from '../../wire/addr.ts'
import { MAC_ZERO, type Mac } from '../../wire/mac.ts'
import {
  ETHERTYPE_IPV6,
  IPPROTO_TCP,
  IPPROTO_UDP,
  TCP_ACK,
  TCP_FIN,
  TCP_PSH,
  TCP_RST,
  TCP_SYN,
  TCP_URG,
} from '../../wire/protocol.ts'

/** Where a packet is in netfilter: the devices of the hook, empty where Linux has none. */
export interface Place {
  readonly inDev: string
  readonly outDev: string
}

/** What xtables-monitor takes away of an IPv6 length: it adds the header of IPv4 to the payload. */
const V6_HEADER_LESS = 20

/** In the order in which trace_print_packet asks for them. */
const FLAGS: readonly (readonly [bit: number, name: string])[] = [
  [TCP_SYN, 'SYN'],
  [TCP_ACK, 'ACK'],
  [TCP_FIN, 'FIN'],
  [TCP_RST, 'RST'],
  [TCP_PSH, 'PSH'],
  [TCP_URG, 'URG'],
]

/**
 * The headers of a packet as `xtables-monitor --trace` prints them (iptables/xtables-monitor.c, trace_print_packet), each word with
 * a blank behind it. The identification and the flow label are not simulated: 0.
 */
export function packetText(packet: PacketView, { inDev, outDev }: Place): string {
  const six = packet.etherType === ETHERTYPE_IPV6
  const words: string[] = []
  if (inDev !== '') words.push(`IN=${inDev}`)
  if (outDev !== '') words.push(`OUT=${outDev}`)
  if (inDev === 'lo') words.push('LOOPBACK')
  else if (inDev !== '') {
    // What a tunnel sends has no frame yet: its buffer still has the frame that it carries.
    const frame = packet.ethSrc === MAC_ZERO && packet.vni >= 0 && packet.inner !== null ? packet.inner : packet
    words.push(`MACSRC=${macText(frame.ethSrc)}`, `MACDST=${macText(frame.ethDst)}`)
    words.push(`MACPROTO=${frame.etherType.toString(16).padStart(4, '0')}`)
  }
  words.push(`SRC=${formatAddr(packet.src)}`, `DST=${formatAddr(packet.dst)}`)
  if (six)
    words.push(`LEN=${packet.length - V6_HEADER_LESS}`, `TC=${packet.tos}`, `HOPLIMIT=${packet.ttl}`, 'FLOWLBL=0')
  else {
    words.push(`LEN=${packet.length}`, `TOS=0x${packet.tos.toString(16)}`, `TTL=${packet.ttl}`, 'ID=0')
    if (packet.df) words.push('DF')
    if (packet.mf) words.push('MF')
    if (packet.fragOffset > 0) words.push(`FRAG:${packet.fragOffset / 8}`)
  }
  if ((packet.proto === IPPROTO_TCP || packet.proto === IPPROTO_UDP) && packet.fragOffset === 0) {
    words.push(`SPORT=${packet.sport}`, `DPORT=${packet.dport}`)
    if (packet.proto === IPPROTO_TCP)
      words.push(...FLAGS.filter(([bit]) => (packet.tcpFlags & bit) !== 0).map(([, name]) => name))
  }
  if (packet.mark !== 0) words.push(`MARK=0x${(packet.mark >>> 0).toString(16)}`)
  return `${words.join(' ')} `
}

/** Without leading zeros: `33:33:0:0:0:16`. */
function macText(mac: Mac): string {
  const bytes: string[] = []
  for (let i = 5; i >= 0; i--) bytes.push((Math.floor(mac / 2 ** (8 * i)) % 256).toString(16))
  return bytes.join(':')
}

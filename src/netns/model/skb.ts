import type { PacketView } from '../../trace/packet-view.ts'
import { type Addr, V4_ANY } from '../../wire/addr.ts'
import { MAC_ZERO, type Mac } from '../../wire/mac.ts'
import { ETHERTYPE_IPV4 } from '../../wire/protocol.ts'
import type { ConntrackEntry } from './conntrack.ts'
import type { Device } from './device.ts'
import type { RouteDecision } from './route.ts'

/** How a frame relates to the device that received it (linux/if_packet.h PACKET_*). */
export const PACKET_HOST = 0
export const PACKET_BROADCAST = 1
export const PACKET_MULTICAST = 2
export const PACKET_OTHERHOST = 3

/** What conntrack says of a packet (enum ip_conntrack_info, plus INVALID and UNTRACKED as kubehop's own values). */
export const CT_NONE = 0
export const CT_NEW = 1
export const CT_ESTABLISHED = 2
export const CT_RELATED = 3
export const CT_INVALID = 4
export const CT_UNTRACKED = 5

/** Direction of a packet within its conntrack entry. */
export const DIR_ORIGINAL = 0
export const DIR_REPLY = 1

/**
 * A packet with the state Linux keeps beside it (struct sk_buff). One small mutable object with flat numeric fields: headers
 * are rewritten in place, never spread or copied on the way through a namespace. Sizes are bytes, ports 0 … 65535.
 *
 * Layers are told apart by fields, not by nesting: `etherType` says which network header is valid, `proto` which transport
 * header. Tunnels and ICMP quotations hold a further Skb in `inner`.
 */
export class Skb {
  /** Identity through the whole journey: NAT, forwarding, veth and clones keep it. Encapsulation makes a new id for the outer. */
  id = 0
  /** The packet that made the stack create this one (a reply, an ICMP error, an outer packet, an ARP request), or 0. */
  causeId = 0

  // Ethernet
  ethSrc: Mac = MAC_ZERO
  ethDst: Mac = MAC_ZERO
  etherType = ETHERTYPE_IPV4
  /** 802.1Q tag control information, −1 when untagged. */
  vlan = -1

  // IPv4 / IPv6. `length` is the IP total length (IPv6: 40 + payload length).
  src: Addr = V4_ANY
  dst: Addr = V4_ANY
  proto = 0
  ttl = 64
  tos = 0
  length = 0
  ipId = 0
  df = false
  mf = false
  /** Offset of this fragment in bytes; 0 for the first or only one. */
  fragOffset = 0
  /** For a fragment: the whole datagram it was cut from (content and transport header live there). */
  fragOf: Skb | null = null
  /** Of a reassembled datagram: length of its longest fragment, which the output path fragments to again. 0 otherwise. */
  fragMaxSize = 0
  /**
   * The same once that length is forgotten, or for what a socket made in pieces: the fragments are still there, and are what
   * leaves if the whole does not fit.
   */
  fragListSize = 0

  // TCP, UDP, SCTP: ports. ICMP and ICMPv6 echo: sport = dport = identifier, as conntrack sees it.
  sport = 0
  dport = 0
  tcpFlags = 0
  tcpSeq = 0
  tcpAck = 0
  tcpWindow = 64240
  /** Bytes of TCP options (SYN 20, otherwise 12 with timestamps), a multiple of 4. */
  tcpOptionsLength = 0
  /** MSS option of a SYN, 0 when absent. */
  tcpMss = 0
  icmpType = 0
  icmpCode = 0
  icmpSeq = 0
  /** MTU of 3/4 and ICMPv6 2/0, pointer of parameter problem. */
  icmpInfo = 0
  /** Gateway of an ICMP redirect; target of ND solicitation, advertisement and redirect. */
  icmpTarget: Addr = V4_ANY
  /** Link-layer address option of ND messages, 0 when absent. */
  ndLladdr: Mac = MAC_ZERO
  /** Flags of a neighbour advertisement (RFC 4861 §4.4): R 4, S 2, O 1. */
  ndFlags = 0
  /**
   * SCTP chunk type of the first chunk and verification tag (RFC 9260 §3). The rest stands in the fields of TCP: `tcpSeq` is
   * the TSN of DATA and the initial TSN of INIT, `tcpAck` the cumulative TSN of SACK and SHUTDOWN, `tcpWindow` the window.
   */
  sctpChunk = 0
  sctpTag = 0
  /** Initiate tag of an INIT or INIT ACK. */
  sctpInitTag = 0
  /** Length of the transport payload in bytes; `payload` holds it when its content matters. */
  payloadLength = 0
  payload: Uint8Array | null = null

  // ARP (etherType 0x0806): sender and target protocol addresses are src and dst.
  /** 1 request, 2 reply. */
  arpOp = 0
  arpSha: Mac = MAC_ZERO
  arpTha: Mac = MAC_ZERO

  /** VXLAN and Geneve: the carried frame. IPIP: the carried packet. ICMP errors: the quoted packet. */
  inner: Skb | null = null
  /** VXLAN or Geneve network identifier, −1 when this is no such packet. */
  vni = -1

  // State beside the headers
  pktType = PACKET_HOST
  mark = 0
  /** Device the packet arrived on; null when locally generated. */
  dev: Device | null = null
  ct: ConntrackEntry | null = null
  /** CT_*; together with `ctDir` what `-m conntrack` sees. */
  ctState = CT_NONE
  ctDir = DIR_ORIGINAL
  /** The routing decision attached to the packet (skb_dst), null before routing. */
  route: RouteDecision | null = null
  /** br_netfilter: bridge ports the frame came in by and goes out by (`-m physdev`). */
  physIn: Device | null = null
  physOut: Device | null = null
  /** br_netfilter ran ip PREROUTING in the bridge: the IP stack above must not run it again. */
  preroutingDone = false
  /**
   * br_netfilter: the packet was given another destination behind the same bridge and waits for that neighbour's address;
   * this is the Ethernet source to restore when the bridge device is asked to transmit it. 0 otherwise.
   */
  bridgedDnat: Mac = MAC_ZERO
  /** IPVS has sent it on or answered with it (skb->ipvs_property): its hooks let it pass. */
  ipvs = false
  /** Arrived over `lo` with its conntrack entry from the output side. */
  looped = false
  /**
   * Sent by a socket with IP_PMTUDISC_DO (`ping -M do`): too long for the path gives EMSGSIZE. Otherwise the output path takes
   * `df` off a datagram that is too long and fragments it, as IP_PMTUDISC_WANT does (never for TCP).
   */
  pmtudiscDo = false
  /** `-t raw -j TRACE` was hit: every later rule of this packet is of interest. */
  nfTrace = false
  /** Depth of tunnels and re-injections on the way, to end loops. */
  depth = 0
  /** Links crossed so far, to end a frame that circles in a loop of bridges. */
  crossings = 0
  /** What `viewOf` last made of the headers: used again by later events while nothing has changed. */
  view: PacketView | null = null
}

/** A copy for flooding, fragments and quotations. It keeps the id; the state beside the headers is copied too. */
export function cloneSkb(skb: Skb): Skb {
  return Object.assign(new Skb(), skb)
}

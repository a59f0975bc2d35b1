import fc from 'fast-check'
import { Skb } from '../../src/netns/model/skb.ts'
import { ipHeaderLength, setLengths, transportLength } from '../../src/netns/skb-bytes.ts'
import {
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_IPIP,
  IPPROTO_IPV6,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  type Mac,
  TCP_SYN,
  v4,
  v6,
} from '../../src/wire/index.ts'

const u16 = fc.integer({ min: 0, max: 0xffff })
const u32 = fc.integer({ min: 0, max: 0xffffffff })
/** Of one station, locally administered; not zero, with which an Skb says "absent". */
const mac = fc.nat(0xffff).map(value => (0x0200_0000_0000 + value) as Mac)
/** Ports that no dissector claims. */
const port = fc.integer({ min: 40000, max: 49000 })

/** Addresses of pod networks: few, so that one run makes conversations. */
const addr4 = fc
  .tuple(fc.nat(2), fc.integer({ min: 1, max: 9 }))
  .map(([net, host]) => v4(0x0af40000 + 256 * net + host))
const addr6 = fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 9 })).map(([net, host]) => v6(0xfd000000, net, 0, host))

/** What a property chooses of a packet before the transport is filled in. */
const base = fc.record({
  family: fc.constantFrom(4 as const, 6 as const),
  ethSrc: mac,
  ethDst: mac,
  vlan: fc.oneof({ weight: 5, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: fc.nat(0xfff) }),
  pair4: fc.tuple(addr4, addr4),
  pair6: fc.tuple(addr6, addr6),
  ttl: fc.integer({ min: 1, max: 255 }),
  tos: fc.constantFrom(0, 0x10, 0xc0),
  ipId: u16,
  df: fc.boolean(),
})

function ipSkb(from: typeof base extends fc.Arbitrary<infer T> ? T : never, proto: number): Skb {
  const skb = new Skb()
  const is6 = from.family === 6
  skb.ethSrc = from.ethSrc
  skb.ethDst = from.ethDst
  skb.vlan = from.vlan
  skb.etherType = is6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4
  const pair = is6 ? from.pair6 : from.pair4
  skb.src = pair[0]
  skb.dst = pair[1]
  skb.ttl = from.ttl
  skb.tos = from.tos
  skb.proto = proto
  // IPv6 has no identification and no DF outside of the fragment header.
  skb.ipId = is6 ? 0 : from.ipId
  skb.df = !is6 && from.df
  return skb
}

/** A payload of known content, or one of which only the length is known. */
const payload = fc.oneof(
  fc
    .uint8Array({ minLength: 1, maxLength: 60 })
    .map(bytes => ({ length: bytes.length, bytes: bytes as Uint8Array | null })),
  fc.nat(1400).map(length => ({ length, bytes: null as Uint8Array | null })),
)

function setPayload(skb: Skb, content: { length: number; bytes: Uint8Array | null }): void {
  skb.payloadLength = content.length
  skb.payload = content.bytes
}

export const tcpSkb: fc.Arbitrary<Skb> = fc
  .record({
    base,
    payload,
    sport: port,
    dport: port,
    seq: u32,
    ack: u32,
    window: u16,
    mss: u16,
    flags: fc.nat(0x3f),
    shape: fc.nat(2),
  })
  .map(from => {
    const skb = ipSkb(from.base, IPPROTO_TCP)
    skb.sport = from.sport
    skb.dport = from.dport
    skb.tcpSeq = from.seq
    skb.tcpAck = from.ack
    skb.tcpWindow = from.window
    // A SYN with Linux's options, a segment with timestamps, or one without options, such as a RST.
    skb.tcpFlags = from.shape === 0 ? from.flags | TCP_SYN : from.flags & ~TCP_SYN
    skb.tcpOptionsLength = [20, 12, 0][from.shape] ?? 0
    skb.tcpMss = from.shape === 0 ? Math.max(1, from.mss) : 0
    setPayload(skb, from.payload)
    setLengths(skb)
    return skb
  })

export const udpSkb: fc.Arbitrary<Skb> = fc.record({ base, payload, sport: port, dport: port }).map(from => {
  const skb = ipSkb(from.base, IPPROTO_UDP)
  skb.sport = from.sport
  skb.dport = from.dport
  setPayload(skb, from.payload)
  setLengths(skb)
  return skb
})

export const echoSkb: fc.Arbitrary<Skb> = fc
  .record({ base, payload, id: u16, seq: u16, reply: fc.boolean() })
  .map(from => {
    const is6 = from.base.family === 6
    const skb = ipSkb(from.base, is6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP)
    skb.icmpType = is6 ? (from.reply ? 129 : 128) : from.reply ? 0 : 8
    skb.sport = from.id
    skb.dport = from.id
    skb.icmpSeq = from.seq
    setPayload(skb, from.payload)
    setLengths(skb)
    return skb
  })

export const sctpSkb: fc.Arbitrary<Skb> = fc
  .record({
    base,
    sport: port,
    dport: port,
    chunk: fc.constantFrom(0, 1, 2, 3, 7, 8, 10, 11, 14),
    tag: u32,
    initTag: u32,
    tsn: u32,
    cumulative: u32,
    window: u16,
    data: fc.integer({ min: 1, max: 200 }),
  })
  .map(from => {
    const skb = ipSkb(from.base, IPPROTO_SCTP)
    skb.sport = from.sport
    skb.dport = from.dport
    skb.sctpChunk = from.chunk
    skb.sctpTag = from.tag
    if (from.chunk === 1 || from.chunk === 2) skb.sctpInitTag = from.initTag
    if (from.chunk <= 2) skb.tcpSeq = from.tsn
    if (from.chunk === 3 || from.chunk === 7) skb.tcpAck = from.cumulative
    if (from.chunk >= 1 && from.chunk <= 3) skb.tcpWindow = from.window
    if (from.chunk === 0 || from.chunk === 2 || from.chunk === 10) skb.payloadLength = from.data
    setLengths(skb)
    return skb
  })

export const arpSkb: fc.Arbitrary<Skb> = fc
  .record({ base, sha: mac, tha: mac, op: fc.constantFrom(1, 2), pair: fc.tuple(addr4, addr4) })
  .map(from => {
    const skb = new Skb()
    skb.ethSrc = from.base.ethSrc
    skb.ethDst = from.base.ethDst
    skb.etherType = ETHERTYPE_ARP
    skb.arpOp = from.op
    skb.arpSha = from.sha
    skb.arpTha = from.op === 2 ? from.tha : (0 as Mac)
    skb.src = from.pair[0]
    skb.dst = from.pair[1]
    setLengths(skb)
    return skb
  })

export const ndSkb: fc.Arbitrary<Skb> = fc
  .record({
    base,
    type: fc.constantFrom(133, 134, 135, 136),
    target: addr6,
    lladdr: fc.oneof(mac, fc.constant(0 as Mac)),
    flags: fc.nat(7),
  })
  .map(from => {
    const skb = ipSkb({ ...from.base, family: 6 }, IPPROTO_ICMPV6)
    skb.ttl = 255
    skb.icmpType = from.type
    skb.icmpTarget = from.type >= 135 ? from.target : v6(0, 0, 0, 0)
    skb.ndLladdr = from.lladdr
    if (from.type === 136) skb.ndFlags = from.flags
    setLengths(skb)
    return skb
  })

/** Packets that carry no other. */
export const plainSkb: fc.Arbitrary<Skb> = fc.oneof(tcpSkb, udpSkb, echoSkb, sctpSkb, arpSkb, ndSkb)

/** An ICMP error or redirect, of the family of the packet that it quotes. */
export const errorSkb: fc.Arbitrary<Skb> = fc
  .record({
    base,
    quoted: fc.oneof(tcpSkb, udpSkb, echoSkb, sctpSkb),
    what: fc.nat(5),
    info: fc.integer({ min: 0, max: 255 }),
    target: addr4,
    target6: addr6,
    lladdr: fc.oneof(mac, fc.constant(0 as Mac)),
  })
  .map(from => {
    const inner = from.quoted
    inner.vlan = -1
    inner.ethSrc = 0 as Mac
    inner.ethDst = 0 as Mac
    const is6 = inner.etherType === ETHERTYPE_IPV6
    const skb = ipSkb({ ...from.base, family: is6 ? 6 : 4 }, is6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP)
    const [type, code] = (is6 ? ERRORS6 : ERRORS4)[from.what] ?? [3, 1]
    skb.icmpType = type
    skb.icmpCode = code
    skb.inner = inner
    if (is6) {
      if (type === 2) skb.icmpInfo = 1280 + from.info
      if (type === 4) skb.icmpInfo = from.info
      if (type === 137) {
        skb.ttl = 255
        skb.icmpTarget = from.target6
        skb.ndLladdr = from.lladdr
      }
    } else {
      if (type === 3 && code === 4) skb.icmpInfo = 1000 + from.info
      if (type === 5) skb.icmpTarget = from.target
      if (type === 12) skb.icmpInfo = from.info
    }
    setLengths(skb)
    return skb
  })

const ERRORS4: readonly (readonly [number, number])[] = [
  [3, 3],
  [3, 4],
  [11, 0],
  [5, 1],
  [12, 0],
  [3, 13],
]
const ERRORS6: readonly (readonly [number, number])[] = [
  [1, 4],
  [2, 0],
  [3, 0],
  [137, 0],
  [4, 0],
  [1, 1],
]

/** VXLAN or Geneve around any frame, or IPIP around a packet. */
export const tunnelSkb: fc.Arbitrary<Skb> = fc
  .record({
    base,
    inner: fc.oneof(plainSkb, errorSkb),
    vni: fc.nat(0xffffff),
    sport: fc.integer({ min: 50000, max: 60000 }),
    dport: fc.constantFrom(8472, 4789, 6081),
    ipip: fc.boolean(),
  })
  .map(from => {
    const inner = from.inner
    if (from.ipip && inner.etherType !== ETHERTYPE_ARP) {
      const is6 = inner.etherType === ETHERTYPE_IPV6
      const skb = ipSkb({ ...from.base, family: 4 }, is6 ? IPPROTO_IPV6 : IPPROTO_IPIP)
      inner.vlan = -1
      inner.ethSrc = 0 as Mac
      inner.ethDst = 0 as Mac
      skb.inner = inner
      setLengths(skb)
      return skb
    }
    const skb = ipSkb(from.base, IPPROTO_UDP)
    skb.sport = from.sport
    skb.dport = from.dport
    skb.vni = from.vni
    skb.inner = inner
    setLengths(skb)
    return skb
  })

export const anySkb: fc.Arbitrary<Skb> = fc.oneof(plainSkb, errorSkb, tunnelSkb)

/** The pieces of a datagram for a path of this MTU, as ip_fragment and ip6_fragment cut it. */
export function fragmentsOf(whole: Skb, mtu: number): Skb[] {
  const total = transportLength(whole)
  const pieces: Skb[] = []
  for (let at = 0; at < total; ) {
    const piece = Object.assign(new Skb(), whole, { payload: null, inner: null })
    piece.df = false
    piece.ipId = whole.ipId === 0 ? 7 : whole.ipId
    piece.fragOf = whole
    piece.fragOffset = at
    piece.mf = true
    const room = (mtu - ipHeaderLength(piece)) & ~7
    piece.mf = total - at > room
    const size = piece.mf ? room : total - at
    piece.length = ipHeaderLength(piece) + size
    pieces.push(piece)
    at += size
  }
  return pieces
}

import fc from 'fast-check'
import type {
  Addr,
  ArpPacket,
  EthernetHeader,
  GeneveHeader,
  Icmpv4Header,
  Icmpv6Header,
  Ipv4Header,
  Ipv6FragmentHeader,
  Ipv6Header,
  Mac,
  NdMessage,
  NdOption,
  SctpChunk,
  SctpPacket,
  TcpHeader,
  TcpOption,
  UdpHeader,
  VxlanHeader,
} from '../../src/wire/index.ts'
import { ndOptionLength, tcpOptionsLength, v4, v6 } from '../../src/wire/index.ts'

export const u8 = fc.integer({ min: 0, max: 0xff })
export const u16 = fc.integer({ min: 0, max: 0xffff })
export const u32 = fc.integer({ min: 0, max: 0xffffffff })
const u24 = fc.integer({ min: 0, max: 0xffffff })

export const mac: fc.Arbitrary<Mac> = fc.integer({ min: 0, max: 0xffff_ffff_ffff }).map(value => value as Mac)
export const addr4: fc.Arbitrary<Addr> = u32.map(v4)
export const addr6: fc.Arbitrary<Addr> = fc.tuple(u32, u32, u32, u32).map(([a, b, c, d]) => v6(a, b, c, d))

/** Bytes whose number is a multiple of `unit`, at most `most` units. */
function blocks(unit: number, most: number): fc.Arbitrary<Uint8Array> {
  return fc.nat(most).chain(n => fc.uint8Array({ minLength: unit * n, maxLength: unit * n }))
}

export const ethernet: fc.Arbitrary<EthernetHeader> = fc.record({
  dst: mac,
  src: mac,
  etherType: u16.filter(type => type !== 0x8100),
  vlan: fc.oneof(fc.constant(-1), u16),
})

export const arp: fc.Arbitrary<ArpPacket> = fc.record({
  operation: u16,
  senderMac: mac,
  senderAddr: addr4,
  targetMac: mac,
  targetAddr: addr4,
})

export const ipv4: fc.Arbitrary<Ipv4Header> = fc.record({
  tos: u8,
  length: fc.integer({ min: 60, max: 0xffff }),
  id: u16,
  df: fc.boolean(),
  mf: fc.boolean(),
  fragOffset: fc.nat(0x1fff).map(n => 8 * n),
  ttl: u8,
  protocol: u8,
  src: addr4,
  dst: addr4,
  options: blocks(4, 10),
})

export const ipv6: fc.Arbitrary<Ipv6Header> = fc.record({
  trafficClass: u8,
  flowLabel: fc.nat(0xfffff),
  payloadLength: u16,
  nextHeader: u8,
  hopLimit: u8,
  src: addr6,
  dst: addr6,
})

export const ipv6Fragment: fc.Arbitrary<Ipv6FragmentHeader> = fc.record({
  nextHeader: u8,
  fragOffset: fc.nat(0x1fff).map(n => 8 * n),
  mf: fc.boolean(),
  id: u32,
})

export const tcpOption: fc.Arbitrary<TcpOption> = fc.oneof(
  fc.constant<TcpOption>({ kind: 'nop' }),
  u16.map((mss): TcpOption => ({ kind: 'mss', mss })),
  u8.map((shift): TcpOption => ({ kind: 'windowScale', shift })),
  fc.constant<TcpOption>({ kind: 'sackPermitted' }),
  fc
    .array(fc.tuple(u32, u32), { minLength: 1, maxLength: 4 })
    .map((sackBlocks): TcpOption => ({ kind: 'sack', blocks: sackBlocks })),
  fc.tuple(u32, u32).map(([value, echo]): TcpOption => ({ kind: 'timestamps', value, echo })),
  fc
    .tuple(fc.integer({ min: 9, max: 255 }), fc.uint8Array({ maxLength: 12 }))
    .map(([code, data]): TcpOption => ({ kind: 'other', code, data })),
)

export const tcp: fc.Arbitrary<TcpHeader> = fc.record({
  sport: u16,
  dport: u16,
  seq: u32,
  ack: u32,
  flags: u8,
  window: u16,
  urgent: u16,
  options: fc.array(tcpOption, { maxLength: 6 }).filter(options => tcpOptionsLength(options) <= 40),
})

export const udp: fc.Arbitrary<UdpHeader> = fc.record({
  sport: u16,
  dport: u16,
  length: fc.integer({ min: 8, max: 300 }),
  checksum: fc.boolean(),
})

export const icmpv4: fc.Arbitrary<Icmpv4Header> = fc.oneof(
  fc.record({ kind: fc.constant('echo' as const), reply: fc.boolean(), id: u16, seq: u16 }),
  fc
    .record({ kind: fc.constant('unreachable' as const), code: u8, mtu: u16 })
    .map(header => (header.code === 4 ? header : { ...header, mtu: 0 })),
  fc.record({ kind: fc.constant('redirect' as const), code: u8, gateway: addr4 }),
  fc.record({ kind: fc.constant('timeExceeded' as const), code: u8 }),
  fc.record({ kind: fc.constant('parameterProblem' as const), code: u8, pointer: u8 }),
  fc.record({ kind: fc.constant('other' as const), type: fc.integer({ min: 13, max: 255 }), code: u8, rest: u32 }),
)

export const ndOption: fc.Arbitrary<NdOption> = fc.oneof(
  fc.record({ kind: fc.constantFrom('sourceLinkLayer' as const, 'targetLinkLayer' as const), mac }),
  fc.record({
    kind: fc.constant('prefix' as const),
    prefix: addr6,
    length: fc.nat(128),
    onLink: fc.boolean(),
    autonomous: fc.boolean(),
    validLifetime: u32,
    preferredLifetime: u32,
  }),
  fc.record({ kind: fc.constant('redirectedHeader' as const), packet: blocks(8, 20) }),
  fc.record({ kind: fc.constant('mtu' as const), mtu: u32 }),
  fc
    .record({ kind: fc.constant('other' as const), type: fc.integer({ min: 14, max: 255 }), data: blocks(8, 4) })
    .map(({ kind, type, data }): NdOption => ({ kind, type, data: Uint8Array.of(1, 2, 3, 4, 5, 6, ...data) })),
)

const ndOptions = fc
  .array(ndOption, { maxLength: 4 })
  .filter(options => options.reduce((sum, option) => sum + ndOptionLength(option), 0) < 1000)

export const nd: fc.Arbitrary<NdMessage> = fc.oneof(
  fc.record({ kind: fc.constant('routerSolicitation' as const), options: ndOptions }),
  fc.record({
    kind: fc.constant('routerAdvertisement' as const),
    hopLimit: u8,
    flags: u8,
    routerLifetime: u16,
    reachableTime: u32,
    retransTimer: u32,
    options: ndOptions,
  }),
  fc.record({ kind: fc.constant('neighbourSolicitation' as const), target: addr6, options: ndOptions }),
  fc.record({
    kind: fc.constant('neighbourAdvertisement' as const),
    router: fc.boolean(),
    solicited: fc.boolean(),
    override: fc.boolean(),
    target: addr6,
    options: ndOptions,
  }),
  fc.record({ kind: fc.constant('ndRedirect' as const), target: addr6, destination: addr6, options: ndOptions }),
)

export const icmpv6: fc.Arbitrary<Icmpv6Header> = fc.oneof(
  fc.record({ kind: fc.constant('echo' as const), reply: fc.boolean(), id: u16, seq: u16 }),
  fc.record({ kind: fc.constant('unreachable' as const), code: u8 }),
  fc.record({ kind: fc.constant('packetTooBig' as const), mtu: u32 }),
  fc.record({ kind: fc.constant('timeExceeded' as const), code: u8 }),
  fc.record({ kind: fc.constant('parameterProblem' as const), code: u8, pointer: u32 }),
  nd,
  fc.record({ kind: fc.constant('other' as const), type: fc.integer({ min: 138, max: 255 }), code: u8, rest: u32 }),
)

export const sctpChunk: fc.Arbitrary<SctpChunk> = fc.oneof(
  fc.record({
    kind: fc.constant('data' as const),
    flags: u8,
    tsn: u32,
    stream: u16,
    streamSeq: u16,
    payloadProtocol: u32,
    data: fc.uint8Array({ maxLength: 50 }),
  }),
  fc.record({
    kind: fc.constantFrom('init' as const, 'initAck' as const),
    initiateTag: u32,
    arwnd: u32,
    outStreams: u16,
    inStreams: u16,
    initialTsn: u32,
    parameters: fc.uint8Array({ maxLength: 30 }),
  }),
  fc.record({
    kind: fc.constant('sack' as const),
    cumulativeTsn: u32,
    arwnd: u32,
    gaps: fc.array(fc.tuple(u16, u16), { maxLength: 4 }),
    duplicates: fc.array(u32, { maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant('shutdown' as const), cumulativeTsn: u32 }),
  fc.record({
    kind: fc.constant('other' as const),
    type: fc.constantFrom(4, 5, 6, 8, 9, 10, 11, 14, 15, 0xc0),
    flags: u8,
    value: fc.uint8Array({ maxLength: 30 }),
  }),
)

export const sctp: fc.Arbitrary<SctpPacket> = fc.record({
  sport: u16,
  dport: u16,
  tag: u32,
  chunks: fc.array(sctpChunk, { maxLength: 5 }),
})

export const vxlan: fc.Arbitrary<VxlanHeader> = fc.record({ vni: u24, group: fc.oneof(fc.constant(-1), u16) })

export const geneve: fc.Arbitrary<GeneveHeader> = fc.record({
  control: fc.boolean(),
  critical: fc.boolean(),
  protocol: u16,
  vni: u24,
  options: fc.array(fc.record({ class: u16, type: u8, data: blocks(4, 10) }), { maxLength: 5 }),
})

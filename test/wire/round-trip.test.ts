import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KubehopError } from '../../src/errors.ts'
import * as wire from '../../src/wire/index.ts'
import * as any from './arbitraries.ts'

const SRC = wire.parseAddr('10.244.1.2')
const DST = wire.parseAddr('10.244.2.3')
const SRC6 = wire.parseAddr('fd00::1')
const DST6 = wire.parseAddr('fd00::2')

/** A header as the properties below use it: everything of a protocol file. */
interface Protocol<Header> {
  readonly name: string
  readonly record: fc.Arbitrary<Header>
  /** Bytes of the header, or of the whole unit where the record holds all of it. */
  readonly length: (header: Header) => number
  readonly write: (header: Header, bytes: Uint8Array) => void
  readonly parse: (bytes: Uint8Array) => Header
  readonly format: (header: Header) => string
  /** Whether the checksum in these bytes is right; absent where the protocol has none. */
  readonly checksumOk?: (bytes: Uint8Array) => boolean
  /** Whether data may follow the record in `bytes`. */
  readonly open: boolean
}

/** Forgets the header's type, which the table below need not know. */
function row<Header>(protocol: Protocol<Header>): Protocol<unknown> {
  return protocol as unknown as Protocol<unknown>
}

const PROTOCOLS: readonly Protocol<unknown>[] = [
  row({
    name: 'Ethernet',
    record: any.ethernet,
    length: wire.ethernetHeaderLength,
    write: wire.writeEthernet,
    parse: wire.parseEthernet,
    format: wire.formatEthernet,
    open: true,
  }),
  row({
    name: 'ARP',
    record: any.arp,
    length: () => wire.ARP_LENGTH,
    write: wire.writeArp,
    parse: wire.parseArp,
    format: wire.formatArp,
    open: true,
  }),
  row({
    name: 'IPv4',
    record: any.ipv4,
    length: wire.ipv4HeaderLength,
    write: wire.writeIpv4,
    parse: bytes => wire.parseIpv4(bytes, true),
    format: wire.formatIpv4,
    checksumOk: wire.ipv4ChecksumOk,
    open: true,
  }),
  row({
    name: 'IPv6',
    record: any.ipv6,
    length: () => wire.IPV6_HEADER_LENGTH,
    write: wire.writeIpv6,
    parse: bytes => wire.parseIpv6(bytes, true),
    format: wire.formatIpv6,
    open: true,
  }),
  row({
    name: 'IPv6 fragment',
    record: any.ipv6Fragment,
    length: () => wire.IPV6_FRAGMENT_LENGTH,
    write: wire.writeIpv6Fragment,
    parse: wire.parseIpv6Fragment,
    format: wire.formatIpv6Fragment,
    open: true,
  }),
  row({
    name: 'TCP over IPv4',
    record: any.tcp,
    length: wire.tcpHeaderLength,
    write: (header, bytes) => wire.writeTcp(header, bytes, SRC, DST),
    parse: wire.parseTcp,
    format: wire.formatTcp,
    checksumOk: bytes => wire.tcpChecksumOk(bytes, SRC, DST),
    open: true,
  }),
  row({
    name: 'TCP over IPv6',
    record: any.tcp,
    length: wire.tcpHeaderLength,
    write: (header, bytes) => wire.writeTcp(header, bytes, SRC6, DST6),
    parse: wire.parseTcp,
    format: wire.formatTcp,
    checksumOk: bytes => wire.tcpChecksumOk(bytes, SRC6, DST6),
    open: true,
  }),
  row({
    name: 'UDP over IPv4',
    record: any.udp,
    length: header => header.length,
    write: (header, bytes) => wire.writeUdp(header, bytes, SRC, DST),
    parse: wire.parseUdp,
    format: wire.formatUdp,
    checksumOk: bytes => wire.udpChecksumOk(bytes, SRC, DST),
    open: false,
  }),
  row({
    name: 'ICMP',
    record: any.icmpv4,
    length: () => wire.ICMP_HEADER_LENGTH,
    write: wire.writeIcmpv4,
    parse: wire.parseIcmpv4,
    format: wire.formatIcmpv4,
    checksumOk: wire.icmpv4ChecksumOk,
    open: true,
  }),
  row({
    name: 'ICMPv6 and ND',
    record: any.icmpv6,
    length: wire.icmpv6Length,
    write: (header, bytes) => wire.writeIcmpv6(header, bytes, SRC6, DST6),
    parse: wire.parseIcmpv6,
    format: wire.formatIcmpv6,
    checksumOk: bytes => wire.icmpv6ChecksumOk(bytes, SRC6, DST6),
    open: false,
  }),
  row({
    name: 'SCTP',
    record: any.sctp,
    length: wire.sctpLength,
    write: wire.writeSctp,
    parse: wire.parseSctp,
    format: wire.formatSctp,
    checksumOk: wire.sctpChecksumOk,
    open: false,
  }),
  row({
    name: 'VXLAN',
    record: any.vxlan,
    length: () => wire.VXLAN_HEADER_LENGTH,
    write: wire.writeVxlan,
    parse: wire.parseVxlan,
    format: wire.formatVxlan,
    open: true,
  }),
  row({
    name: 'Geneve',
    record: any.geneve,
    length: wire.geneveHeaderLength,
    write: wire.writeGeneve,
    parse: wire.parseGeneve,
    format: wire.formatGeneve,
    open: true,
  }),
]

/** Runs a parser over bytes that nobody vouches for: it gives a value, or a KubehopError with this code. */
function expectValueOrError(run: () => unknown): void {
  try {
    run()
  } catch (error) {
    expect(error).toBeInstanceOf(KubehopError)
    expect((error as KubehopError).code).toBe('KH_WIRE')
  }
}

describe.each(PROTOCOLS)('$name', ({ record, length, write, parse, format, checksumOk, open }) => {
  const data = fc.uint8Array({ maxLength: open ? 65 : 0 })

  test('a record that is written and read is the same record, whatever the buffer held before', () => {
    fc.assert(
      fc.property(record, data, any.u8, (header, rest, dirt) => {
        const bytes = new Uint8Array(length(header) + rest.length).fill(dirt)
        bytes.set(rest, length(header))
        write(header, bytes)
        expect(parse(bytes)).toEqual(header)
        expect(bytes.subarray(length(header))).toEqual(rest)
        if (checksumOk !== undefined) expect(checksumOk(bytes)).toBe(true)
      }),
    )
  })

  test('bytes that were written are written the same again after being read', () => {
    fc.assert(
      fc.property(record, header => {
        const bytes = new Uint8Array(length(header))
        write(header, bytes)
        const again = new Uint8Array(bytes.length)
        write(parse(bytes), again)
        expect(again).toEqual(bytes)
      }),
    )
  })

  test('a buffer that is one byte too short is refused, by the writer and by the reader', () => {
    fc.assert(
      fc.property(record, header => {
        const bytes = new Uint8Array(length(header))
        write(header, bytes)
        expect(() => write(header, new Uint8Array(bytes.length - 1))).toThrow(KubehopError)
        expectValueOrError(() => parse(bytes.subarray(0, bytes.length - 1)))
        if (open) expect(() => parse(bytes.subarray(0, bytes.length - 1))).toThrow(KubehopError)
      }),
    )
  })

  test('arbitrary and damaged bytes give a value or KH_WIRE', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), bytes => expectValueOrError(() => parse(bytes))))
    fc.assert(
      fc.property(
        record,
        fc.array(fc.tuple(fc.nat(400), any.u8), { maxLength: 4 }),
        fc.nat(400),
        (header, hits, cut) => {
          const bytes = new Uint8Array(length(header))
          write(header, bytes)
          for (const [at, value] of hits) if (at < bytes.length) bytes[at] = value
          expectValueOrError(() => format(parse(bytes.subarray(0, cut))))
          expectValueOrError(() => format(parse(bytes)))
        },
      ),
    )
  })

  if (checksumOk === undefined) return
  test('a flipped bit makes the checksum wrong', () => {
    fc.assert(
      fc.property(record, fc.nat(), (header, bit) => {
        const isUdp = 'checksum' in (header as object)
        // A UDP sum of zero is no sum at all, so there is nothing to be wrong.
        fc.pre(!isUdp || (header as wire.UdpHeader).checksum)
        const bytes = new Uint8Array(length(header))
        write(header, bytes)
        const at = bit % (8 * Math.min(bytes.length, 20))
        // The length fields of IPv4 and UDP decide what is summed, and UDP's sum must not become zero.
        const index = at >> 3
        fc.pre(index !== 0 && index !== 4 && index !== 5 && !(isUdp && (index === 6 || index === 7)))
        bytes[index] = (bytes[index] ?? 0) ^ (1 << (at & 7))
        expect(checksumOk(bytes)).toBe(false)
      }),
    )
  })
})

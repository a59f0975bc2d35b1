import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KubehopError } from '../../src/errors.ts'
import { Skb } from '../../src/netns/model/skb.ts'
import {
  frameLength,
  frameToSkb,
  ipHeaderLength,
  setLengths,
  skbToFrame,
  skbToPacket,
  transportHeaderLength,
  transportLength,
  viewOf,
} from '../../src/netns/skb-bytes.ts'
import {
  ETHERTYPE_ARP,
  ETHERTYPE_IPV6,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_IPIP,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  parseAddr,
  parseMac,
} from '../../src/wire/index.ts'
import { type KernelFrame, kernelFrame, kernelFrames } from '../wire/kernel-frames.ts'
import { anySkb, fragmentsOf, plainSkb, tcpSkb, udpSkb } from './arbitrary-skb.ts'

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** A packet with some fields set and its lengths made right. */
function packet(fields: Partial<Skb>): Skb {
  const is6 = fields.dst !== undefined && fields.dst >= 2 ** 32
  const skb = Object.assign(new Skb(), is6 ? { etherType: ETHERTYPE_IPV6 } : {}, fields)
  setLengths(skb)
  return skb
}

const SRC = parseAddr('10.244.1.2')
const DST = parseAddr('10.244.2.3')
const SRC6 = parseAddr('fd00::1')
const DST6 = parseAddr('fd00::2')
const MAC = parseMac('02:00:00:00:00:01')

describe('lengths', () => {
  const v4 = { src: SRC, dst: DST }
  const v6 = { src: SRC6, dst: DST6 }
  const udp = { proto: IPPROTO_UDP, payloadLength: 4 }
  const big = packet({ ...v4, proto: IPPROTO_UDP, payloadLength: 1300 })
  const big6 = packet({ ...v6, proto: IPPROTO_ICMPV6, icmpType: 128, payloadLength: 1300 })
  test.each<[string, Partial<Skb>, number]>([
    ['a SYN of Linux', { ...v4, proto: IPPROTO_TCP, tcpFlags: 2, tcpOptionsLength: 20, tcpMss: 1460 }, 60],
    ['a RST', { ...v4, proto: IPPROTO_TCP, tcpFlags: 4 }, 40],
    ['an IPv6 SYN', { ...v6, proto: IPPROTO_TCP, tcpFlags: 2, tcpOptionsLength: 20, tcpMss: 1440 }, 80],
    ['UDP with 4 bytes', { ...v4, ...udp }, 32],
    ['a ping of 56 bytes', { ...v4, proto: IPPROTO_ICMP, icmpType: 8, payloadLength: 56 }, 84],
    [
      'VXLAN around UDP with 4 bytes: 50 more',
      { ...v4, proto: IPPROTO_UDP, vni: 1, inner: packet({ ...v4, ...udp }) },
      82,
    ],
    ['VXLAN over IPv6: 70 more', { ...v6, proto: IPPROTO_UDP, vni: 1, inner: packet({ ...v4, ...udp }) }, 102],
    ['VXLAN around ARP', { ...v4, proto: IPPROTO_UDP, vni: 1, inner: packet({ etherType: ETHERTYPE_ARP }) }, 78],
    ['IPIP: 20 more', { ...v4, proto: IPPROTO_IPIP, inner: packet({ ...v4, ...udp }) }, 52],
    [
      'an ICMP error quotes everything of a short packet',
      { ...v4, proto: IPPROTO_ICMP, icmpType: 3, icmpCode: 3, inner: packet({ ...v4, ...udp }) },
      60,
    ],
    ['an ICMP error has at most 576 bytes', { ...v4, proto: IPPROTO_ICMP, icmpType: 3, icmpCode: 4, inner: big }, 576],
    ['an ICMPv6 error has at most 1280 bytes', { ...v6, proto: IPPROTO_ICMPV6, icmpType: 2, inner: big6 }, 1280],
    [
      'so has an ND redirect with its option',
      { ...v6, proto: IPPROTO_ICMPV6, icmpType: 137, ndLladdr: MAC, inner: big6 },
      1280,
    ],
    ['a neighbour solicitation', { ...v6, proto: IPPROTO_ICMPV6, icmpType: 135, ndLladdr: MAC }, 72],
    ['the same without its option, for duplicate detection', { ...v6, proto: IPPROTO_ICMPV6, icmpType: 135 }, 64],
    ['an SCTP DATA chunk is padded to four', { ...v4, proto: IPPROTO_SCTP, sctpChunk: 0, payloadLength: 5 }, 56],
    ['an SCTP INIT', { ...v4, proto: IPPROTO_SCTP, sctpChunk: 1 }, 52],
    ['a piece of an unknown datagram', { ...v4, proto: IPPROTO_UDP, fragOffset: 8, payloadLength: 16 }, 36],
    ['the same of IPv6, with the fragment header', { ...v6, proto: IPPROTO_UDP, fragOffset: 8, payloadLength: 16 }, 64],
    ['ARP', { etherType: ETHERTYPE_ARP }, 28],
  ])('%s', (_, fields, length) => {
    const skb = packet(fields)
    expect(skb.length).toBe(length)
    expect(skbToFrame(skb)).toHaveLength(length + 14)
    expect(skbToPacket(skb)).toHaveLength(length)
  })

  test('IP header, transport header and what follows are the packet', () => {
    fc.assert(
      fc.property(anySkb, skb => {
        fc.pre(skb.etherType !== ETHERTYPE_ARP)
        expect(ipHeaderLength(skb) + transportLength(skb)).toBe(skb.length)
        expect(transportHeaderLength(skb)).toBeLessThanOrEqual(transportLength(skb))
      }),
    )
  })
})

describe('skbToFrame and frameToSkb', () => {
  test('a redirect keeps its length when its quotation cuts an SCTP chunk', () => {
    const v6 = { src: SRC6, dst: DST6 }
    const shutdown = packet({ ...v6, proto: IPPROTO_SCTP, sctpChunk: 7 })
    const redirect = packet({ ...v6, proto: IPPROTO_ICMPV6, icmpType: 137, icmpTarget: SRC6, inner: shutdown })
    const back = frameToSkb(skbToFrame(redirect))
    expect([redirect.length, back.length, back.inner?.length]).toEqual([144, 144, 60])
  })

  test('a packet that is written and read has the same fields and gives the same bytes', () => {
    fc.assert(
      fc.property(anySkb, skb => {
        const frame = skbToFrame(skb)
        expect(frame).toHaveLength(frameLength(skb))
        const back = frameToSkb(frame)
        expect({ ...viewOf(back), inner: null }).toEqual({ ...viewOf(skb), inner: null })
        expect(back.payloadLength).toBe(skb.payloadLength)
        expect(back.ndLladdr).toBe(skb.ndLladdr)
        expect(back.sctpTag).toBe(skb.sctpTag)
        expect(back.sctpInitTag).toBe(skb.sctpInitTag)
        expect(back.tcpMss).toBe(skb.tcpMss)
        expect(back.inner === null).toBe(skb.inner === null)
        if (back.inner !== null && skb.inner !== null) {
          const quotes = skb.proto === IPPROTO_ICMP || skb.proto === IPPROTO_ICMPV6
          // A quotation may cut the fields of a transport header that the whole packet has.
          if (!quotes) expect({ ...viewOf(back.inner), inner: null }).toEqual({ ...viewOf(skb.inner), inner: null })
          else
            expect([back.inner.src, back.inner.dst, back.inner.length]).toEqual([
              skb.inner.src,
              skb.inner.dst,
              skb.inner.length,
            ])
        }
      }),
    )
  })

  test('bytes that were written are written the same again after being read', () => {
    fc.assert(
      fc.property(plainSkb, skb => {
        const frame = skbToFrame(skb)
        expect(hex(skbToFrame(frameToSkb(frame)))).toBe(hex(frame))
      }),
    )
  })

  test('content that is not known is zeros, and the same packet gives the same bytes', () => {
    const skb = packet({ src: SRC, dst: DST, proto: IPPROTO_UDP, payloadLength: 6, payload: Uint8Array.of(1, 2) })
    expect(hex(skbToFrame(skb)).slice(-12)).toBe('010200000000')
    expect(skbToFrame(skb)).toEqual(skbToFrame(skb))
  })

  test('padding behind a short frame is not part of the packet', () => {
    const skb = packet({ src: SRC, dst: DST, proto: IPPROTO_UDP, payloadLength: 1 })
    const padded = new Uint8Array(60)
    padded.set(skbToFrame(skb))
    expect(frameToSkb(padded).payloadLength).toBe(1)
  })

  test('a length that the fields do not make is our own fault', () => {
    const skb = packet({ src: SRC, dst: DST, proto: IPPROTO_UDP, payloadLength: 1 })
    skb.payloadLength = 2
    expect(() => skbToFrame(skb)).toThrow(/packet 0 says length 29, its fields make 30/)
  })

  test('packets within packets end somewhere', () => {
    let skb = packet({ src: SRC, dst: DST, proto: IPPROTO_UDP })
    for (let i = 0; i < 20; i++) skb = packet({ src: SRC, dst: DST, proto: IPPROTO_IPIP, inner: skb })
    expect(() => skbToFrame(skb)).toThrow(/more than 16 packets within one another/)
  })
})

describe('fragments', () => {
  test('carry their slices of the datagram, which together are the datagram', () => {
    fc.assert(
      fc.property(fc.oneof(udpSkb, tcpSkb), fc.integer({ min: 100, max: 700 }), (whole, mtu) => {
        fc.pre(whole.length > mtu)
        whole.vlan = -1
        const joined: number[] = []
        for (const piece of fragmentsOf(whole, mtu)) {
          expect(piece.length).toBeLessThanOrEqual(mtu)
          const frame = skbToFrame(piece)
          expect(frame).toHaveLength(14 + piece.length)
          joined.push(...frame.subarray(14 + ipHeaderLength(piece)))
          const back = frameToSkb(frame)
          expect([back.mf, back.fragOffset, back.ipId, back.length]).toEqual([
            piece.mf,
            piece.fragOffset,
            piece.ipId,
            piece.length,
          ])
          expect(hex(skbToFrame(back))).toBe(hex(frame))
        }
        expect(hex(Uint8Array.from(joined))).toBe(hex(skbToFrame(whole).subarray(14 + ipHeaderLength(whole))))
      }),
    )
  })
})

describe('frames of a real kernel', () => {
  /** An error of the greatest length quotes a packet whose end, and so its checksum, cannot be known. */
  const cut = (frame: KernelFrame): boolean => frame.bytes.length === 590 || frame.bytes.length === 1294
  const exact = kernelFrames().filter(
    frame => !frame.name.startsWith('tcp') && !cut(frame) && !frame.name.startsWith('nd redirect'),
  )

  test.each(exact.map(frame => [frame.name, frame] as const))('%s comes back byte for byte', (_, frame) => {
    expect(hex(skbToFrame(frameToSkb(frame.bytes)))).toBe(hex(frame.bytes))
  })

  test.each(
    kernelFrames()
      .filter(frame => frame.quotes !== null)
      .map(frame => [frame.name, frame] as const),
  )('%s quotes the packet as the kernel does', (_, frame) => {
    const error = frameToSkb(frame.bytes)
    // The whole packet that the kernel answered, with the TTL that it had when it got there.
    const quoted = frameToSkb(frame.quotes?.bytes ?? new Uint8Array(0))
    quoted.ttl = error.inner?.ttl ?? 0
    error.inner = quoted
    setLengths(error)
    expect(hex(skbToFrame(error))).toBe(hex(frame.bytes))
  })

  test.each(['tcp4 syn', 'tcp4 syn-ack', 'tcp4 ack', 'tcp4 push', 'tcp6 syn', 'tcp6 ack'])(
    '%s has the same options but for the clock',
    name => {
      const { bytes } = kernelFrame(name)
      const ours = skbToFrame(frameToSkb(bytes))
      expect(ours).toHaveLength(bytes.length)
      const tcp = bytes[12] === 0x08 ? 34 : 54
      const isSyn = ((bytes[tcp + 13] ?? 0) & 2) !== 0
      const clock = tcp + (isSyn ? 28 : 24)
      for (const frame of [ours, bytes]) {
        frame.fill(0, clock, clock + 8)
        frame.fill(0, tcp + 16, tcp + 18)
      }
      expect(hex(ours)).toBe(hex(bytes))
    },
  )

  test.each(['tcp4 rst of a closed port', 'tcp6 rst of a closed port'])('%s comes back byte for byte', name => {
    const { bytes } = kernelFrame(name)
    expect(hex(skbToFrame(frameToSkb(bytes)))).toBe(hex(bytes))
  })
})

describe('frameToSkb on bytes that nobody vouches for', () => {
  function expectSkbOrError(bytes: Uint8Array): void {
    try {
      const skb = frameToSkb(bytes)
      skbToFrame(skb)
      viewOf(skb)
    } catch (error) {
      expect(error).toBeInstanceOf(KubehopError)
      expect((error as KubehopError).code).toBe('KH_WIRE')
    }
  }

  test('random bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), expectSkbOrError))
  })

  test('damaged and cut frames', () => {
    const hits = fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(anySkb, hits, fc.nat(400), (skb, changes, length) => {
        const frame = skbToFrame(skb)
        for (const [at, byte] of changes) if (at < frame.length) frame[at] = byte
        expectSkbOrError(frame)
        expectSkbOrError(frame.subarray(0, length))
      }),
      { numRuns: 1000 },
    )
  })

  test('damaged frames of the kernel', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...kernelFrames()),
        fc.array(fc.tuple(fc.nat(200), fc.nat(255))),
        (frame, changes) => {
          const bytes = frame.bytes.slice()
          for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte
          expectSkbOrError(bytes)
        },
      ),
      { numRuns: 1000 },
    )
  })
})

describe('viewOf', () => {
  test('is a snapshot: later changes do not show', () => {
    const skb = packet({ src: SRC, dst: DST, proto: IPPROTO_UDP, vni: 1, inner: packet({ src: SRC, dst: DST }) })
    const view = viewOf(skb)
    skb.ttl = 1
    if (skb.inner !== null) skb.inner.ttl = 1
    expect([view.ttl, view.inner?.ttl, view.inner?.inner]).toEqual([64, 64, null])
  })

  test('has every field of the packet that it names', () => {
    fc.assert(
      fc.property(anySkb, skb => {
        const { inner, ...fields } = viewOf(skb)
        expect(skb).toMatchObject(fields)
        expect(inner === null).toBe(skb.inner === null)
      }),
    )
  })
})

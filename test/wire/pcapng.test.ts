import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KubehopError } from '../../src/errors.ts'
import { type Capture, readPcapng, writePcapng } from '../../src/wire/index.ts'

const EXAMPLE: Capture = {
  interfaces: [
    { name: 'pod-a/eth0', linkType: 1 },
    { name: 'node-1/flannel.1', linkType: 1 },
  ],
  packets: [
    {
      interface: 1,
      time: 1_700_000_000_123_456,
      bytes: Uint8Array.of(1, 2, 3, 4, 5),
      originalLength: 60,
      comments: ['KUBE-SVC-X rule 2', 'DNAT 10.96.0.10:80 → 10.244.2.6:8080'],
      direction: 'out',
    },
    { interface: 0, time: 0, bytes: new Uint8Array(0), originalLength: 0, comments: [], direction: 'unknown' },
  ],
}

const capture: fc.Arbitrary<Capture> = fc
  .array(fc.record({ name: fc.string(), linkType: fc.nat(0xffff) }), { minLength: 1, maxLength: 4 })
  .chain(interfaces =>
    fc.record({
      interfaces: fc.constant(interfaces),
      packets: fc.array(
        fc.record({
          interface: fc.nat(interfaces.length - 1),
          time: fc.maxSafeNat(),
          bytes: fc.uint8Array({ maxLength: 100 }),
          originalLength: fc.integer({ min: 0, max: 0xffffffff }),
          comments: fc.array(fc.string(), { maxLength: 3 }),
          direction: fc.constantFrom('in' as const, 'out' as const, 'unknown' as const),
        }),
        { maxLength: 6 },
      ),
    }),
  )

/** The same file in the other byte order, made independently of the writer: block by block, field by field. */
function swap(bytes: Uint8Array): Uint8Array {
  const out = bytes.slice()
  const from = new DataView(bytes.buffer, bytes.byteOffset)
  const to = new DataView(out.buffer)
  const u32 = (at: number): void => to.setUint32(at, from.getUint32(at, true))
  const u16 = (at: number): void => to.setUint16(at, from.getUint16(at, true))
  const options = (at: number, end: number): void => {
    while (at < end) {
      u16(at)
      u16(at + 2)
      const isFlags = from.getUint16(at, true) === 2 && from.getUint16(at + 2, true) === 4
      if (isFlags && from.getUint32(at + 4, true) < 4) u32(at + 4)
      at += 4 + ((from.getUint16(at + 2, true) + 3) & ~3)
    }
  }
  for (let at = 0; at < bytes.length; ) {
    const type = from.getUint32(at, true)
    const size = from.getUint32(at + 4, true)
    u32(at)
    u32(at + 4)
    u32(at + size - 4)
    const end = at + size - 4
    if (type === 0x0a0d0d0a) {
      u32(at + 8)
      u16(at + 12)
      u16(at + 14)
      to.setBigInt64(at + 16, from.getBigInt64(at + 16, true))
      options(at + 24, end)
    } else if (type === 1) {
      u16(at + 8)
      u32(at + 12)
      options(at + 16, end)
    } else {
      for (let field = at + 8; field < at + 28; field += 4) u32(field)
      options(at + 28 + ((from.getUint32(at + 20, true) + 3) & ~3), end)
    }
    at += size
  }
  return out
}

function expectCaptureOrError(bytes: Uint8Array): void {
  try {
    readPcapng(bytes)
  } catch (error) {
    expect(error).toBeInstanceOf(KubehopError)
    expect((error as KubehopError).code).toBe('KH_PCAPNG')
  }
}

describe('pcapng', () => {
  test('begins with a section header: type, length, byte-order magic, version 1.0', () => {
    const view = new DataView(writePcapng({ interfaces: [], packets: [] }).buffer)
    expect(view.getUint32(0)).toBe(0x0a0d0d0a)
    expect(view.getUint32(8, true)).toBe(0x1a2b3c4d)
    expect([view.getUint16(12, true), view.getUint16(14, true)]).toEqual([1, 0])
    expect(view.getUint32(4, true)).toBe(view.byteLength)
  })

  test('interfaces, times in microseconds, comments, directions and cut packets come back', () => {
    expect(readPcapng(writePcapng(EXAMPLE))).toEqual(EXAMPLE)
  })

  test('what is written is read back the same, in either byte order, and the same again', () => {
    fc.assert(
      fc.property(capture, value => {
        const bytes = writePcapng(value)
        expect(readPcapng(bytes)).toEqual(value)
        expect(writePcapng(value)).toEqual(bytes)
        expect(readPcapng(swap(bytes))).toEqual(value)
      }),
    )
  })

  test('two sections, one of each byte order, are one capture with the interfaces of both', () => {
    const one = writePcapng(EXAMPLE)
    const two = swap(one)
    const both = new Uint8Array(one.length + two.length)
    both.set(one)
    both.set(two, one.length)
    const { interfaces, packets } = readPcapng(both)
    expect(interfaces).toEqual([...EXAMPLE.interfaces, ...EXAMPLE.interfaces])
    expect(packets.map(packet => packet.interface)).toEqual([1, 0, 3, 2])
  })

  test.each([
    ['nanoseconds', 9, 1_234_567_890_123_456_789n, 1_234_567_890_123_456],
    ['milliseconds', 3, 1_234_567n, 1_234_567_000],
    ['units of 2⁻¹⁰ s', 0x8a, 1024n + 512n, 1_500_000],
  ])('timestamps in %s become microseconds', (_, resolution, stamp, time) => {
    const bytes = writePcapng(EXAMPLE)
    const view = new DataView(bytes.buffer)
    // Every if_tsresol option: code 9, length 1, value 6.
    for (let at = 0; at + 5 < bytes.length; at += 4) {
      if (view.getUint32(at, true) === 0x00010009) bytes[at + 4] = resolution
    }
    const old = 1_700_000_000_123_456n
    for (let at = 0; at + 8 < bytes.length; at += 4) {
      if (
        view.getUint32(at, true) === Number(old >> 32n) &&
        view.getUint32(at + 4, true) === Number(old & 0xffffffffn)
      ) {
        view.setUint32(at, Number(stamp >> 32n), true)
        view.setUint32(at + 4, Number(stamp & 0xffffffffn), true)
      }
    }
    expect(readPcapng(bytes).packets[0]?.time).toBe(time)
  })

  test('blocks of other kinds are skipped', () => {
    const file = writePcapng(EXAMPLE)
    const bytes = new Uint8Array(file.length + 16)
    bytes.set(file)
    const view = new DataView(bytes.buffer)
    view.setUint32(file.length, 0x0bad, true)
    view.setUint32(file.length + 4, 16, true)
    view.setUint32(file.length + 12, 16, true)
    expect(readPcapng(bytes)).toEqual(EXAMPLE)
  })

  test.each([
    ['nothing', new Uint8Array(0), /^a\.pcapng: offset 0: a block of 12 bytes, 0 are left$/],
    ['a classic pcap file', Uint8Array.from([0xd4, 0xc3, 0xb2, 0xa1, ...new Array(20).fill(0)]), /no section header/],
    [
      'a wrong magic',
      Uint8Array.from([0x0a, 0x0d, 0x0d, 0x0a, ...new Array(24).fill(0)]),
      /offset 8: byte-order magic/,
    ],
    ['a cut file', writePcapng(EXAMPLE).subarray(0, 70), /are left$/],
  ])('%s is refused with the place', (_, bytes, message) => {
    expect(() => readPcapng(bytes, 'a.pcapng')).toThrow(message)
  })

  test('a packet of an interface that is not there is refused', () => {
    expect(() => writePcapng({ ...EXAMPLE, interfaces: [] })).toThrow(KubehopError)
  })

  test('arbitrary and damaged bytes give a capture or KH_PCAPNG', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), expectCaptureOrError))
    const hits = fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(capture, hits, fc.nat(2000), (value, changes, cut) => {
        const bytes = writePcapng(value)
        for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte
        expectCaptureOrError(bytes)
        expectCaptureOrError(bytes.subarray(0, cut))
      }),
    )
  })
})

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Skb } from '../../src/netns/model/skb.ts'
import { bodyLength, networkLength, skbToFrame, skbToPacket } from '../../src/netns/skb-bytes.ts'
import * as wire from '../../src/wire/index.ts'
import { anySkb, errorSkb, fragmentsOf, plainSkb, tunnelSkb, udpSkb } from './arbitrary-skb.ts'

const hasTshark = spawnSync('tshark', ['--version']).status === 0
if (!hasTshark) {
  console.warn('SKIPPED: frames are not checked by tshark, which is missing; to enable: apt-get install tshark')
}

/** What tshark says of one frame. Checksum states: 0 bad, 1 good, 2 not verified (quoted packets), 3 absent. */
interface Dissection {
  readonly interfaceName: string
  readonly time: string
  readonly comment: string
  readonly protocols: string
  readonly malformed: string
  readonly severity: string
  /** States in the order of layers, of each protocol. */
  readonly ip: readonly string[]
  readonly tcp: readonly string[]
  readonly udp: readonly string[]
  readonly icmp: readonly string[]
  readonly icmpv6: readonly string[]
  readonly sctp: readonly string[]
}

const FIELDS = [
  'frame.interface_name',
  'frame.time_epoch',
  'frame.comment',
  'frame.protocols',
  '_ws.malformed',
  '_ws.expert.severity',
]
const CHECKED = ['ip', 'tcp', 'udp', 'icmp', 'icmpv6', 'sctp'] as const
const EXPERT_ERROR = 8388608

function dissect(capture: wire.Capture): Dissection[] {
  const folder = mkdtempSync(join(tmpdir(), 'kubehop-tshark-'))
  try {
    const file = join(folder, 'a.pcapng')
    writeFileSync(file, wire.writePcapng(capture))
    const fields = [...FIELDS, ...CHECKED.map(protocol => `${protocol}.checksum.status`)].flatMap(field => [
      '-e',
      field,
    ])
    const preferences = [
      'ip.check_checksum:TRUE',
      'tcp.check_checksum:TRUE',
      'udp.check_checksum:TRUE',
      'sctp.checksum:CRC 32c',
    ]
    const args = ['-r', file, '-n', '-d', 'udp.port==8472,vxlan', '-T', 'fields', '-E', 'separator=|', ...fields]
    const run = spawnSync('tshark', [...args, ...preferences.flatMap(value => ['-o', value])], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    })
    expect(run.stderr.replace(/^Running as user.*\n/, '')).toBe('')
    return run.stdout.trimEnd().split('\n').map(parseLine)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function parseLine(line: string): Dissection {
  const [interfaceName = '', time = '', comment = '', protocols = '', malformed = '', severity = '', ...states] =
    line.split('|')
  const list = (index: number): string[] => (states[index] ?? '').split(',').filter(state => state !== '')
  return {
    interfaceName,
    time,
    comment,
    protocols,
    malformed,
    severity,
    ip: list(0),
    tcp: list(1),
    udp: list(2),
    icmp: list(3),
    icmpv6: list(4),
    sctp: list(5),
  }
}

function captureOf(frames: readonly Uint8Array[]): wire.Capture {
  return {
    interfaces: [
      { name: 'default/client/eth0', linkType: wire.LINKTYPE_ETHERNET },
      { name: 'node-1/flannel.1', linkType: wire.LINKTYPE_ETHERNET },
    ],
    packets: frames.map((bytes, i) => ({
      interface: i % 2,
      time: 1_000_000 + 17 * i,
      bytes,
      originalLength: bytes.length,
      comments: [`KUBE-SVC-X rule ${i}`],
      direction: 'out',
    })),
  }
}

function sample(arbitrary: fc.Arbitrary<Skb>, count: number, seed: number): Skb[] {
  return fc.sample(arbitrary, { numRuns: count, seed })
}

function states(frame: Dissection): string[] {
  return CHECKED.flatMap(protocol => frame[protocol])
}

/** Whether some error in the packet quotes only the beginning of a packet. tshark calls a TCP or SCTP sum bad there, of Linux too. */
function isCut(skb: Skb): boolean {
  if (skb.inner === null) return false
  const quotes = skb.proto === wire.IPPROTO_ICMP || skb.proto === wire.IPPROTO_ICMPV6
  return quotes ? networkLength(skb.inner) > bodyLength(skb) : isCut(skb.inner)
}

function expectWellFormed(frame: Dissection): void {
  expect(frame.malformed).toBe('')
  for (const severity of frame.severity.split(',')) expect(Number(severity)).toBeLessThan(EXPERT_ERROR)
  expect(states(frame)).not.toContain('0')
}

/** How often each protocol's checksum was verified and found good. */
function verified(frames: readonly Dissection[]): Record<string, number> {
  return Object.fromEntries(
    CHECKED.map(name => [name, frames.flatMap(frame => frame[name]).filter(state => state === '1').length]),
  )
}

describe.skipIf(!hasTshark)('tshark, verifying every checksum', () => {
  test('finds every plain packet whole and every checksum good', { timeout: 60_000 }, () => {
    const frames = dissect(captureOf(sample(plainSkb, 300, 1).map(skbToFrame)))
    expect(frames).toHaveLength(300)
    for (const frame of frames) {
      expectWellFormed(frame)
      expect(new Set(states(frame))).toEqual(new Set(frame.protocols.includes(':arp') ? [] : ['1']))
    }
    for (const count of Object.values(verified(frames))) expect(count).toBeGreaterThan(10)
  })

  test('finds carried frames whole, in VXLAN, Geneve and IPIP', { timeout: 60_000 }, () => {
    const skbs = sample(tunnelSkb, 300, 2).filter(skb => !isCut(skb))
    const frames = dissect(captureOf(skbs.map(skbToFrame)))
    frames.forEach((frame, i) => {
      expectWellFormed(frame)
      const skb = skbs[i]
      if (skb?.proto !== wire.IPPROTO_UDP) expect(frame.protocols).toMatch(/:ip:(ip|ipv6):/)
      else expect(frame.protocols).toMatch(skb.dport === wire.GENEVE_PORT ? /:udp:geneve:eth/ : /:udp:vxlan:eth/)
    })
    for (const count of Object.values(verified(frames))) expect(count).toBeGreaterThan(10)
  })

  test('finds ICMP errors and redirects good, and reads the packets that they quote', { timeout: 60_000 }, () => {
    const skbs = sample(errorSkb, 300, 3)
    const frames = dissect(captureOf(skbs.map(skbToFrame)))
    frames.forEach((frame, i) => {
      if (skbs.slice(i, i + 1).some(isCut)) expect(frame.malformed).toBe('')
      else expectWellFormed(frame)
      const is6 = skbs[i]?.proto === wire.IPPROTO_ICMPV6
      expect(frame[is6 ? 'icmpv6' : 'icmp'][0]).toBe('1')
      expect(frame.protocols).toMatch(is6 ? /:icmpv6:ipv6(:|$)/ : /:icmp:ip(:|$)/)
    })
  })

  test('puts fragments together again and finds the whole datagram good', { timeout: 60_000 }, () => {
    const wholes = sample(udpSkb, 60, 4).filter(skb => skb.length > 600)
    expect(wholes.length).toBeGreaterThan(5)
    wholes.forEach((whole, i) => {
      whole.ipId = 100 + i
    })
    const pieces = wholes.flatMap(whole => fragmentsOf(whole, 576))
    const frames = dissect(captureOf(pieces.map(skbToFrame)))
    for (const frame of frames) expectWellFormed(frame)
    expect(verified(frames).udp).toBe(wholes.length)
  })

  test('knows the interface, the time and the comment of every packet', { timeout: 60_000 }, () => {
    const frames = dissect(captureOf(sample(anySkb, 4, 5).map(skbToFrame)))
    expect(frames.map(frame => frame.interfaceName)).toEqual([
      'default/client/eth0',
      'node-1/flannel.1',
      'default/client/eth0',
      'node-1/flannel.1',
    ])
    expect(frames.map(frame => frame.comment)).toEqual([0, 1, 2, 3].map(i => `KUBE-SVC-X rule ${i}`))
    expect(frames.map(frame => frame.time)).toEqual(['1.000000000', '1.000017000', '1.000034000', '1.000051000'])
  })

  test('accepts Geneve options and a packet of several SCTP chunks', { timeout: 60_000 }, () => {
    const frames = dissect(captureOf([geneveFrame(), sctpFrame()]))
    for (const frame of frames) {
      expectWellFormed(frame)
      expect(new Set(states(frame))).toEqual(new Set(['1']))
    }
    expect(frames[0]?.protocols).toBe('eth:ethertype:ip:udp:geneve:eth:ethertype:arp')
  })

  test('reads packets without Ethernet header from an interface of that kind', { timeout: 60_000 }, () => {
    const skbs = sample(udpSkb, 20, 7)
    const packets = captureOf(skbs.map(skbToPacket)).packets.map(packet => ({ ...packet, interface: 0 }))
    const frames = dissect({ interfaces: [{ name: 'node-1/tunl0', linkType: wire.LINKTYPE_RAW }], packets })
    for (const frame of frames) {
      expectWellFormed(frame)
      expect(frame.protocols).toMatch(/^raw:(ip|ipv6):udp/)
      expect(frame.udp).toEqual(['1'])
    }
  })

  test('would notice a wrong checksum', { timeout: 60_000 }, () => {
    const skbs = sample(plainSkb, 60, 6).filter(skb => skb.etherType !== wire.ETHERTYPE_ARP)
    const bytes = skbs.map(skb => {
      const frame = skbToFrame(skb)
      const at = frame.length - 1
      frame[at] = (frame[at] ?? 0) ^ 0x55
      return frame
    })
    for (const frame of dissect(captureOf(bytes))) expect(states(frame)).toContain('0')
  })
})

const SRC = wire.parseAddr('10.0.0.1')
const DST = wire.parseAddr('10.0.0.2')

/** Puts Ethernet and IPv4 headers in front of a transport segment. */
function ipv4Frame(protocol: number, segment: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(34 + segment.length)
  bytes.set(segment, 34)
  const rest = { tos: 0, id: 1, df: false, mf: false, fragOffset: 0, ttl: 64, options: new Uint8Array(0) }
  wire.writeIpv4({ ...rest, length: bytes.length - 14, protocol, src: SRC, dst: DST }, bytes.subarray(14))
  wire.writeEthernet(
    { dst: wire.MAC_BROADCAST, src: wire.parseMac('02:00:00:00:00:01'), etherType: 0x0800, vlan: -1 },
    bytes,
  )
  return bytes
}

function geneveFrame(): Uint8Array {
  const header: wire.GeneveHeader = {
    control: false,
    critical: true,
    protocol: wire.ETHERTYPE_TEB,
    vni: 7,
    options: [{ class: 0x0102, type: 0x80, data: Uint8Array.of(1, 2, 3, 4) }],
  }
  const start = 8 + wire.geneveHeaderLength(header)
  const segment = new Uint8Array(start + 14 + wire.ARP_LENGTH)
  const mac = wire.parseMac('02:00:00:00:00:02')
  const inner = segment.subarray(start)
  wire.writeEthernet({ dst: wire.MAC_BROADCAST, src: mac, etherType: wire.ETHERTYPE_ARP, vlan: -1 }, inner)
  wire.writeArp(
    { operation: 1, senderMac: mac, senderAddr: SRC, targetMac: wire.MAC_ZERO, targetAddr: DST },
    inner.subarray(14),
  )
  wire.writeGeneve(header, segment.subarray(8))
  wire.writeUdp({ sport: 50000, dport: wire.GENEVE_PORT, length: segment.length, checksum: true }, segment, SRC, DST)
  return ipv4Frame(wire.IPPROTO_UDP, segment)
}

function sctpFrame(): Uint8Array {
  const packet: wire.SctpPacket = {
    sport: 40000,
    dport: 40001,
    tag: 0x01020304,
    chunks: [
      { kind: 'sack', cumulativeTsn: 9, arwnd: 65535, gaps: [[2, 3]], duplicates: [9] },
      {
        kind: 'data',
        flags: 3,
        tsn: 10,
        stream: 0,
        streamSeq: 1,
        payloadProtocol: 0,
        data: Uint8Array.of(1, 2, 3, 4, 5),
      },
      { kind: 'shutdown', cumulativeTsn: 10 },
    ],
  }
  const segment = new Uint8Array(wire.sctpLength(packet))
  wire.writeSctp(packet, segment)
  return ipv4Frame(wire.IPPROTO_SCTP, segment)
}

import { describe, expect, test } from 'vitest'
import * as wire from '../../src/wire/index.ts'
import { type KernelFrame, kernelFrame, kernelFrames } from './kernel-frames.ts'

/** Reads every layer of a frame into its record, writes it back in place, and says what it saw. */
function rewrite(bytes: Uint8Array): string[] {
  const ethernet = wire.parseEthernet(bytes)
  wire.writeEthernet(ethernet, bytes)
  const rest = bytes.subarray(wire.ethernetHeaderLength(ethernet))
  if (ethernet.etherType === wire.ETHERTYPE_ARP) {
    const arp = wire.parseArp(rest)
    wire.writeArp(arp, rest)
    return [wire.formatArp(arp)]
  }
  return ethernet.etherType === wire.ETHERTYPE_IPV4 ? rewriteIpv4(rest) : rewriteIpv6(rest)
}

function rewriteIpv4(bytes: Uint8Array): string[] {
  expect(wire.ipv4ChecksumOk(bytes)).toBe(true)
  const ip = wire.parseIpv4(bytes)
  const rest = bytes.subarray(wire.ipv4HeaderLength(ip), ip.length)
  const below = ip.mf || ip.fragOffset > 0 ? [] : rewriteTransport(ip.protocol, rest, ip.src, ip.dst)
  wire.writeIpv4(ip, bytes)
  return [wire.formatIpv4(ip), ...below]
}

function rewriteIpv6(bytes: Uint8Array): string[] {
  const ip = wire.parseIpv6(bytes)
  const rest = bytes.subarray(wire.IPV6_HEADER_LENGTH, wire.IPV6_HEADER_LENGTH + ip.payloadLength)
  const { protocol, length, fragment } = wire.parseIpv6Extensions(rest, ip.nextHeader)
  const below: string[] = []
  if (fragment !== null) {
    wire.writeIpv6Fragment(fragment, rest)
    below.push(wire.formatIpv6Fragment(fragment))
  } else {
    below.push(...rewriteTransport(protocol, rest.subarray(length), ip.src, ip.dst))
  }
  wire.writeIpv6(ip, bytes)
  return [wire.formatIpv6(ip), ...below]
}

function rewriteTransport(protocol: number, bytes: Uint8Array, src: wire.Addr, dst: wire.Addr): string[] {
  switch (protocol) {
    case wire.IPPROTO_TCP: {
      expect(wire.tcpChecksumOk(bytes, src, dst)).toBe(true)
      const tcp = wire.parseTcp(bytes)
      wire.writeTcp(tcp, bytes, src, dst)
      return [wire.formatTcp(tcp)]
    }
    case wire.IPPROTO_UDP: {
      expect(wire.udpChecksumOk(bytes, src, dst)).toBe(true)
      const udp = wire.parseUdp(bytes)
      const below: string[] = []
      if (udp.dport === wire.VXLAN_PORT || udp.dport === wire.VXLAN_PORT_LINUX) {
        const data = bytes.subarray(wire.UDP_HEADER_LENGTH)
        const vxlan = wire.parseVxlan(data)
        below.push(wire.formatVxlan(vxlan), ...rewrite(data.subarray(wire.VXLAN_HEADER_LENGTH)))
        wire.writeVxlan(vxlan, data)
      }
      wire.writeUdp(udp, bytes, src, dst)
      return [wire.formatUdp(udp), ...below]
    }
    case wire.IPPROTO_ICMP: {
      expect(wire.icmpv4ChecksumOk(bytes)).toBe(true)
      const icmp = wire.parseIcmpv4(bytes)
      wire.writeIcmpv4(icmp, bytes)
      return [wire.formatIcmpv4(icmp)]
    }
    case wire.IPPROTO_ICMPV6: {
      expect(wire.icmpv6ChecksumOk(bytes, src, dst)).toBe(true)
      const icmp = wire.parseIcmpv6(bytes)
      wire.writeIcmpv6(icmp, bytes, src, dst)
      return [wire.formatIcmpv6(icmp)]
    }
    default:
      throw new Error(`protocol ${protocol}`)
  }
}

describe('frames of a real kernel', () => {
  test.each(kernelFrames().map(frame => [frame.name, frame] as const))('%s', (_, frame: KernelFrame) => {
    const bytes = frame.bytes.slice()
    rewrite(bytes)
    expect(Buffer.from(bytes).toString('hex')).toBe(Buffer.from(frame.bytes).toString('hex'))
  })

  test.each([
    ['arp request', ['who-has 10.1.0.77 tell 10.1.0.2']],
    [
      'tcp4 syn',
      [
        /^10\.1\.0\.2 > 10\.2\.0\.2: tcp, ttl 64, id \d+, flags \[DF\], length 60$/,
        /^tcp \d+ > 8080 \[S\], seq \d+, ack 0, win 64240, options \[mss 1460,sackOK,TS val \d+ ecr 0,nop,wscale 10\]$/,
      ],
    ],
    ['tcp4 ack', [/length 52$/, /^tcp \d+ > 8080 \[\.\].* options \[nop,nop,TS val \d+ ecr \d+\]$/]],
    ['tcp4 rst of a closed port', [/id 0, .*length 40$/, /^tcp 8080 > \d+ \[R\.\], seq 0, ack \d+, win 0$/]],
    ['echo4 request', [/length 84$/, /^icmp echo request id \d+ seq 1$/]],
    [
      'icmp fragmentation needed of echo4 of 1440 bytes with df',
      [/^10\.1\.0\.1 > 10\.1\.0\.2: icmp, ttl 64, .* length 576$/, 'icmp unreachable code 4 mtu 1400'],
    ],
    ['icmp redirect of echo4 to a host behind another gateway', [/length 112$/, 'icmp redirect code 1 to 10.1.0.77']],
    ['icmpv6 packet too big of echo6 of 1440 bytes', [/length 1240$/, 'icmp6 packet too big mtu 1400']],
    ['fragment6 last', [/length 312$/, /^frag id 0x[0-9a-f]{8} offset 2704$/]],
    ['nd neighbour solicitation', [/hlim 255, length 32$/, 'icmp6 neighbour solicitation, who has fd01::2']],
    [
      'vxlan echo4 request',
      [
        /flags \[none\], length 134$/,
        /^udp \d+ > 8472, length 106$/,
        'vxlan vni 77',
        /^10\.50\.0\.1 > 10\.50\.0\.2: icmp, ttl 64, .* length 84$/,
        /^icmp echo request/,
      ],
    ],
    [
      'vxlan over ipv6 echo4',
      [/^fd01::2 > fd02::2: udp/, /> 4789/, 'vxlan vni 78', /length 84$/, /^icmp echo request/],
    ],
  ] as [string, (string | RegExp)[]][])('%s is summed up in one line a layer', (name, lines) => {
    const summary = rewrite(kernelFrame(name).bytes.slice())
    expect(summary).toHaveLength(lines.length)
    lines.forEach((line, i) => {
      if (typeof line === 'string') expect(summary[i]).toBe(line)
      else expect(summary[i]).toMatch(line)
    })
  })
})

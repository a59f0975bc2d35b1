import type { PacketSummary } from '../../../src/trace/index.ts'

/** One header of a packet, outermost first. */
export interface Layer {
  readonly name: string
  /** With what it carries up to the next layer, in bytes. */
  readonly bytes: number
  readonly text: string
  /** Belongs to the tunnel. */
  readonly outer: boolean
}

/** The headers of a packet with their lengths; the sum without the first Ethernet header is the packet's length. */
export function layersOf(packet: PacketSummary): Layer[] {
  const outer = packet.inner !== undefined && packet.icmp === undefined
  const six = packet.src.includes(':')
  const header = six ? 40 : 20
  const ip: Layer = {
    name: six ? 'IPv6' : 'IPv4',
    bytes: header,
    text: `${packet.src} → ${packet.dst}, ttl ${packet.ttl}`,
    outer,
  }
  const frame: Layer = { name: 'Ethernet', bytes: 14, text: '', outer }
  const ports = packet.sport === undefined ? '' : `${packet.sport} → ${packet.dport}`
  if (packet.inner === undefined || packet.icmp !== undefined) {
    const flags = packet.flags === undefined ? '' : ` [${packet.flags}]`
    const icmp = packet.icmp === undefined ? '' : `type ${packet.icmp.type} code ${packet.icmp.code}`
    return [
      frame,
      ip,
      { name: packet.protocol.toUpperCase(), bytes: packet.length - header, text: `${ports}${flags}${icmp}`, outer },
    ]
  }
  const inside = layersOf(packet.inner)
  const between = packet.length - header - packet.inner.length
  if (between < 16) return [frame, ip, ...inside.slice(1)]
  // UDP 8 and the inner Ethernet header 14; what is left is the tunnel's own header.
  const udp: Layer = { name: 'UDP', bytes: 8, text: ports, outer: true }
  const tunnel: Layer = {
    name: /geneve/.test(packet.summary) ? 'Geneve' : 'VXLAN',
    bytes: between - 22,
    text: /vni \d+/.exec(packet.summary)?.[0] ?? '',
    outer: true,
  }
  return [frame, ip, udp, tunnel, ...inside]
}

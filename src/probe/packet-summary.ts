import type { PacketSummary, PacketView } from '../trace/index.ts'
import { formatAddr, isV6 } from '../wire/addr.ts'
import { formatMac } from '../wire/mac.ts'
import {
  ETHERTYPE_ARP,
  formatTcpFlags,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  protocolName,
} from '../wire/protocol.ts'

/** A packet's headers as plain data and as one line. */
export function packetSummary(view: PacketView): PacketSummary {
  if (view.etherType === ETHERTYPE_ARP) return arpSummary(view)
  const ports = view.proto === IPPROTO_TCP || view.proto === IPPROTO_UDP || view.proto === IPPROTO_SCTP
  const icmp = view.proto === IPPROTO_ICMP || view.proto === IPPROTO_ICMPV6
  return {
    id: view.id,
    protocol: protocolName(view.proto),
    src: formatAddr(view.src),
    dst: formatAddr(view.dst),
    ...(ports ? { sport: view.sport, dport: view.dport } : {}),
    ttl: view.ttl,
    length: view.length,
    ...(view.proto === IPPROTO_TCP ? { flags: formatTcpFlags(view.tcpFlags) } : {}),
    ...(icmp
      ? { icmp: { type: view.icmpType, code: view.icmpCode, ...(view.icmpInfo === 0 ? {} : { info: view.icmpInfo }) } }
      : {}),
    ...(view.mark === 0 ? {} : { mark: view.mark }),
    summary: packetLine(view),
    ...(view.inner === null ? {} : { inner: packetSummary(view.inner) }),
  }
}

/** `tcp 10.244.1.2:40000 > 10.96.0.10:80 [S] ttl 64 len 60`. */
export function packetLine(view: PacketView): string {
  if (view.etherType === ETHERTYPE_ARP) return arpSummary(view).summary
  const parts = [
    protocolName(view.proto),
    endpointText(view, view.src, view.sport),
    '>',
    endpointText(view, view.dst, view.dport),
  ]
  if (view.proto === IPPROTO_TCP) parts.push(`[${formatTcpFlags(view.tcpFlags)}]`)
  if (view.proto === IPPROTO_ICMP || view.proto === IPPROTO_ICMPV6) parts.push(icmpName(view))
  if (view.vni >= 0) parts.push(`vxlan vni ${view.vni}`)
  if (view.fragOffset > 0 || view.mf) parts.push(`fragment ${view.fragOffset}${view.mf ? '+' : ''}`)
  parts.push(`ttl ${view.ttl}`, `len ${view.length}`)
  return parts.join(' ')
}

/** `10.244.1.2:40000`, `[fd00::2]:40000`, or the bare address where there are no ports. */
export function endpointText(
  view: Pick<PacketView, 'proto' | 'fragOffset'>,
  addr: PacketView['src'],
  port: number,
): string {
  const hasPorts = view.proto === IPPROTO_TCP || view.proto === IPPROTO_UDP || view.proto === IPPROTO_SCTP
  if (!hasPorts || view.fragOffset > 0) return formatAddr(addr)
  return addressPort(addr, port)
}

export function addressPort(addr: PacketView['src'], port: number): string {
  return isV6(addr) ? `[${formatAddr(addr)}]:${port}` : `${formatAddr(addr)}:${port}`
}

const ICMP4: Readonly<Record<number, string>> = {
  0: 'echo reply',
  5: 'redirect',
  8: 'echo request',
  12: 'parameter problem',
}
const UNREACHABLE4: Readonly<Record<number, string>> = {
  0: 'net unreachable',
  1: 'host unreachable',
  2: 'protocol unreachable',
  3: 'port unreachable',
  4: 'fragmentation needed',
  9: 'net prohibited',
  10: 'host prohibited',
  13: 'administratively prohibited',
}
const ICMP6: Readonly<Record<number, string>> = {
  128: 'echo request',
  129: 'echo reply',
  135: 'neighbour solicitation',
  136: 'neighbour advertisement',
  137: 'redirect',
}
const UNREACHABLE6: Readonly<Record<number, string>> = {
  0: 'no route',
  1: 'administratively prohibited',
  3: 'address unreachable',
  4: 'port unreachable',
  5: 'policy failed',
  6: 'route rejected',
}

/** What an ICMP or ICMPv6 message is called. */
export function icmpName(view: Pick<PacketView, 'proto' | 'icmpType' | 'icmpCode' | 'icmpInfo'>): string {
  const { icmpType: type, icmpCode: code } = view
  if (view.proto === IPPROTO_ICMP) {
    if (type === 3)
      return `${UNREACHABLE4[code] ?? `unreachable ${code}`}${code === 4 ? ` (mtu ${view.icmpInfo})` : ''}`
    if (type === 11) return code === 0 ? 'time exceeded' : 'reassembly time exceeded'
    return ICMP4[type] ?? `type ${type} code ${code}`
  }
  if (type === 1) return UNREACHABLE6[code] ?? `unreachable ${code}`
  if (type === 2) return `packet too big (mtu ${view.icmpInfo})`
  if (type === 3) return code === 0 ? 'time exceeded' : 'reassembly time exceeded'
  return ICMP6[type] ?? `type ${type} code ${code}`
}

function arpSummary(view: PacketView): PacketSummary {
  const text =
    view.arpOp === 1
      ? `arp who has ${formatAddr(view.dst)}? tell ${formatAddr(view.src)}`
      : `arp ${formatAddr(view.src)} is at ${formatMac(view.ethSrc)}`
  return {
    id: view.id,
    protocol: 'arp',
    src: formatAddr(view.src),
    dst: formatAddr(view.dst),
    ttl: 0,
    length: view.length,
    summary: text,
  }
}

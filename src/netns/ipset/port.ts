import { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from '../../wire/protocol.ts'
import { servicePort } from '../../wire/service-port.ts'

const IPPROTO_UDPLITE = 136

const PROTOCOLS: readonly (readonly [string, number])[] = [
  ['tcp', IPPROTO_TCP],
  ['udp', IPPROTO_UDP],
  ['icmp', IPPROTO_ICMP],
  ['sctp', IPPROTO_SCTP],
  ['udplite', IPPROTO_UDPLITE],
  ['icmpv6', IPPROTO_ICMPV6],
  ['ipv6-icmp', IPPROTO_ICMPV6],
  ['igmp', 2],
  ['ipencap', 4],
  ['gre', 47],
  ['esp', 50],
  ['ah', 51],
  ['ospf', 89],
  ['vrrp', 112],
]

/** Names of ICMP messages as type·256 + code. */
const ICMP: readonly (readonly [string, number])[] = [
  ['echo-reply', 0],
  ['network-unreachable', 3 * 256],
  ['host-unreachable', 3 * 256 + 1],
  ['protocol-unreachable', 3 * 256 + 2],
  ['port-unreachable', 3 * 256 + 3],
  ['fragmentation-needed', 3 * 256 + 4],
  ['source-quench', 4 * 256],
  ['echo-request', 8 * 256],
  ['ttl-zero-during-transit', 11 * 256],
  ['timestamp-request', 13 * 256],
  ['timestamp-reply', 14 * 256],
]
const ICMPV6: readonly (readonly [string, number])[] = [
  ['no-route', 256],
  ['port-unreachable', 256 + 4],
  ['packet-too-big', 2 * 256],
  ['echo-request', 128 * 256],
  ['echo-reply', 129 * 256],
  ['neighbour-solicitation', 135 * 256],
  ['neighbour-advertisement', 136 * 256],
]

/** Ports from one to another of a protocol, each as protocol·65536 + port. */
export interface PortRange {
  readonly first: number
  readonly last: number
}

/** `[PROTO:]PORT`, `[PROTO:]PORT-PORT`, `icmp:NAME`, `icmp:TYPE/CODE`, `PROTO:0`. Undefined when it is none of these. */
export function parsePort(text: string): PortRange | undefined {
  const colon = text.indexOf(':')
  const proto = colon < 0 ? IPPROTO_TCP : protocol(text.slice(0, colon))
  if (proto === undefined) return undefined
  const rest = text.slice(colon + 1)
  const at = proto * 65536
  if (proto === IPPROTO_ICMP || proto === IPPROTO_ICMPV6) {
    const value = icmp(rest, proto)
    return value === undefined ? undefined : { first: at + value, last: at + value }
  }
  const hasPorts = proto === IPPROTO_TCP || proto === IPPROTO_UDP || proto === IPPROTO_SCTP || proto === IPPROTO_UDPLITE
  if (!hasPorts) return rest === '0' ? { first: at, last: at } : undefined
  const dash = rest.indexOf('-')
  const single = port(rest)
  if (single !== undefined) return { first: at + single, last: at + single }
  const first = dash < 0 ? undefined : port(rest.slice(0, dash))
  const last = dash < 0 ? undefined : port(rest.slice(dash + 1))
  return first === undefined || last === undefined || first > last ? undefined : { first: at + first, last: at + last }
}

/** `tcp:80`, `icmp:echo-request`, `gre:0`. */
export function formatPort(value: number): string {
  const proto = Math.floor(value / 65536)
  const rest = value % 65536
  const name = PROTOCOLS.find(([, number]) => number === proto)?.[0] ?? String(proto)
  if (proto !== IPPROTO_ICMP && proto !== IPPROTO_ICMPV6) return `${name}:${rest}`
  const named = (proto === IPPROTO_ICMP ? ICMP : ICMPV6).find(([, number]) => number === rest)
  return `${name}:${named?.[0] ?? `${rest >> 8}/${rest & 255}`}`
}

function protocol(text: string): number | undefined {
  if (/^[0-9]{1,3}$/.test(text)) return Number(text) > 0 && Number(text) < 256 ? Number(text) : undefined
  return PROTOCOLS.find(([name]) => name === text.toLowerCase())?.[1]
}

function port(text: string): number | undefined {
  if (/^[0-9]{1,5}$/.test(text)) return Number(text) < 65536 ? Number(text) : undefined
  return servicePort(text)
}

function icmp(text: string, proto: number): number | undefined {
  const named = (proto === IPPROTO_ICMP ? ICMP : ICMPV6).find(([name]) => name === text)
  if (named !== undefined) return named[1]
  const numbers = /^([0-9]{1,3})\/([0-9]{1,3})$/.exec(text)
  if (numbers === null) return undefined
  const type = Number(numbers[1])
  const code = Number(numbers[2])
  return type < 256 && code < 256 ? type * 256 + code : undefined
}

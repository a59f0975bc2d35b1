import type { Tuple } from '../../src/netns/model/conntrack.ts'
import type { Namespace } from '../../src/netns/model/namespace.ts'
import type { PacketView } from '../../src/trace/packet-view.ts'
import type { TraceEvent } from '../../src/trace/recorder.ts'
import { type Addr, formatAddr } from '../../src/wire/addr.ts'
import { formatMac } from '../../src/wire/mac.ts'
import {
  ETHERTYPE_ARP,
  formatTcpFlags,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_TCP,
  IPPROTO_UDP,
  protocolName,
} from '../../src/wire/protocol.ts'

/**
 * A trace in the notation of test/cases/linux-datapath, which is what tcpdump and the TRACE target showed on a real kernel.
 *
 * `wireOf`: `NAMESPACE DEVICE In|Out|P|B ttl63 DF UDP 32 10.0.0.1.40000 > 10.0.0.2.80` for each frame, in order. `lo` shows a
 * frame once, as it comes in.
 */
export function wireOf(events: readonly TraceEvent[]): string[] {
  const lines: string[] = []
  for (const event of events) {
    if (event.kind === 'tx') lines.push(`${event.ns} ${event.dev} Out ${packetText(event.packet)}`)
    else if (event.kind === 'rx') lines.push(`${event.ns} ${event.dev} ${event.pktType} ${packetText(event.packet)}`)
  }
  return lines
}

/** One packet as a line of `wireOf` has it. */
export function packetText(p: PacketView): string {
  if (p.etherType === ETHERTYPE_ARP) {
    return p.arpOp === 1
      ? `ARP who-has ${formatAddr(p.dst)} tell ${formatAddr(p.src)}`
      : `ARP ${formatAddr(p.src)} is-at ${formatMac(p.ethSrc)}`
  }
  const flags = p.fragOffset > 0 ? ` off${p.fragOffset}` : p.mf ? ' MF' : p.df ? ' DF' : ''
  const name = protocolName(p.proto).toUpperCase()
  const later = p.fragOffset > 0
  const ported = (p.proto === IPPROTO_TCP || p.proto === IPPROTO_UDP) && !later
  const head = `ttl${p.ttl}${flags} ${name} ${p.length} ${end(p.src, p.sport, ported)} > ${end(p.dst, p.dport, ported)}`
  if (later) return head
  if (p.proto === IPPROTO_TCP) return `${head} [${formatTcpFlags(p.tcpFlags)}]`
  if (p.proto === IPPROTO_UDP) return p.vni >= 0 ? `${head} VXLAN vni${p.vni}` : head
  return p.proto === IPPROTO_ICMP || p.proto === IPPROTO_ICMPV6 ? `${head} ${icmpText(p)}` : head
}

function end(addr: Addr, port: number, ported: boolean): string {
  return ported ? `${formatAddr(addr)}.${port}` : formatAddr(addr)
}

function icmpText(p: PacketView): string {
  const kind = `${p.icmpType}/${p.icmpCode}`
  const q = p.inner
  if (q !== null && p.proto === IPPROTO_ICMPV6) {
    if (p.icmpType === 2) return `${kind} mtu${p.icmpInfo}`
    const port = p.icmpType === 1 && p.icmpCode === 4 ? ` ${protocolName(q.proto)} ${q.dport}` : ''
    return `${kind} ${formatAddr(q.dst)}${port}`
  }
  if (q === null || p.icmpType === 11) return kind
  const dst = formatAddr(q.dst)
  if (p.icmpType === 5) return `${kind} ${dst}`
  if (p.icmpCode === 3) return `${kind} ${dst} ${protocolName(q.proto)} ${q.dport}`
  return p.icmpCode === 4 ? `${kind} ${dst} mtu${p.icmpInfo}` : `${kind} ${dst}`
}

interface HookGroup {
  readonly key: string
  readonly packet: number
  readonly items: string[]
}

/**
 * The walk through netfilter: `NAMESPACE IN>OUT SRC:PORT>DST:PORT ttl64 mark0x1 | TABLE:CHAIN [rule] · TABLE:CHAIN ✓ · …`.
 * Devices and header are those on entering a base chain; hits that follow with the same ones are in one line. ✓ is the
 * policy ACCEPT, ✗ the policy DROP. Matches that iptables adds by itself (`-m udp`) and comments are left out.
 */
export function hooksOf(events: readonly TraceEvent[]): string[] {
  const groups: HookGroup[] = []
  /** By packet: the group that its next hits belong to, its devices, and the base chain it is in. */
  const current = new Map<string, { group: HookGroup | null; devices: string; base: string }>()
  for (const event of events) {
    if (event.kind !== 'hook' && event.kind !== 'rule' && event.kind !== 'policy') continue
    const id = `${event.ns} ${event.packet.id}`
    const at = current.get(id) ?? { group: null, devices: '', base: '' }
    current.set(id, at)
    if (event.kind === 'hook') {
      at.devices = `${event.inDev || '-'}>${event.outDev || '-'}`.replace(/^->/, '->')
      at.base = event.hook
      continue
    }
    const table = event.kind === 'rule' ? event.rule.table : event.table
    if (!at.base.endsWith(` ${table}`)) {
      const hook = at.base.split(' ')[0] ?? ''
      at.base = `${hook} ${table}`
      const key = `${event.ns} ${at.devices} ${headerText(event.packet)}`
      const fresh = at.group === null || at.group.key !== key || (table === 'raw' && at.group.items.length > 0)
      if (fresh) {
        at.group = { key, packet: event.packet.id, items: [] }
        groups.push(at.group)
      }
    }
    at.group?.items.push(
      event.kind === 'policy'
        ? `${table}:${event.chain} ${event.verdict === 'ACCEPT' ? '✓' : '✗'}`
        : `${table}:${event.rule.chain} [${ruleText(event.rule.text)}]`,
    )
  }
  return groups.map(group => `${group.key} | ${group.items.join(' · ')}`)
}

function headerText(p: PacketView): string {
  const ported = p.proto === IPPROTO_TCP || p.proto === IPPROTO_UDP
  const from = ported ? `${formatAddr(p.src)}:${p.sport}` : formatAddr(p.src)
  const to = ported ? `${formatAddr(p.dst)}:${p.dport}` : formatAddr(p.dst)
  return `${from}>${to} ttl${p.ttl}${p.mark === 0 ? '' : ` mark0x${p.mark.toString(16)}`}`
}

/** A rule without its chain, without matches that are there for the ports' sake only, without comments. */
function ruleText(text: string): string {
  return text
    .replace(/^-A \S+ /, '')
    .replace(/ -m comment --comment (?:"(?:[^"\\]|\\.)*"|\S+)/g, '')
    .replace(/ ?-m (?:udp|tcp)(?= )/g, '')
    .trim()
}

/** What `conntrack -E` shows of one namespace: `NEW udp 30 src=… dst=… sport=… dport=… [UNREPLIED] src=… …`. */
export function conntrackOf(events: readonly TraceEvent[]): string[] {
  const lines: string[] = []
  for (const event of events) {
    if (event.kind !== 'conntrack' || event.entry === null) continue
    const label = CONNTRACK_EVENTS.get(event.action)
    if (label === undefined) continue
    const [proto = '', , ...rest] = event.entry.text.trim().split(/\s+/)
    lines.push(`${event.ns} ${label} ${proto} ${rest.join(' ')}`)
  }
  return lines
}

const CONNTRACK_EVENTS: ReadonlyMap<string, string> = new Map([
  ['confirm', 'NEW'],
  ['update', 'UPDATE'],
  ['destroy', 'DESTROY'],
])

/** The table as `conntrack -L` has it, without timeouts and marks; ICMP identifiers as they are. */
export function flowsOf(ns: Namespace): string[] {
  return ns.conntrack.entries().map(entry => {
    const { original, reply } = entry
    const state = original.proto === IPPROTO_TCP ? `${entry.tcpState} ` : ''
    const unreplied = entry.seenReply ? '' : '[UNREPLIED] '
    const assured = entry.assured ? ' [ASSURED]' : ''
    return `${ns.name} ${protocolName(original.proto)} ${state}${tupleText(original)} ${unreplied}${tupleText(reply)}${assured}`
  })
}

function tupleText({ src, dst, sport, dport, proto }: Tuple): string {
  const ends = `src=${formatAddr(src)} dst=${formatAddr(dst)}`
  const icmp = proto === IPPROTO_ICMP || proto === IPPROTO_ICMPV6
  return icmp ? `${ends} type=${dport >> 8} code=${dport & 255} id=${sport}` : `${ends} sport=${sport} dport=${dport}`
}

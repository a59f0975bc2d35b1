import { type Addr, formatAddr, isV6 } from '../../wire/addr.ts'
import { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from '../../wire/protocol.ts'
import type { FlowEntry } from './entry.ts'
import { hasPorts, isIcmp } from './tuple.ts'

/** Names that libnetfilter_conntrack knows; everything else is `unknown`. */
const PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [IPPROTO_ICMP, 'icmp'],
  [IPPROTO_TCP, 'tcp'],
  [IPPROTO_UDP, 'udp'],
  [33, 'dccp'],
  [47, 'gre'],
  [IPPROTO_ICMPV6, 'icmpv6'],
  [IPPROTO_SCTP, 'sctp'],
  [136, 'udplite'],
])

/** One tuple as text has it. */
export interface TupleText {
  readonly src: Addr
  readonly dst: Addr
  readonly sport: number
  readonly dport: number
}

/** What a line of `conntrack -L` says. Counters are null when accounting is off. */
export interface EntryText {
  readonly proto: number
  /** Seconds left. */
  readonly timeout: number
  /** TCP or SCTP state, null for other protocols. */
  readonly state: string | null
  readonly original: TupleText
  readonly reply: TupleText
  readonly seenReply: boolean
  readonly assured: boolean
  readonly mark: number
  readonly zone: number
  readonly packets: readonly [number, number] | null
  readonly bytes: readonly [number, number] | null
}

/** An entry's text-to-be at `now`: numbers only, so that it is cheap and later changes do not show. */
export function textOf(entry: FlowEntry, now: number, acct = false): EntryText {
  const { original, reply } = entry
  const proto = original.proto
  return {
    proto,
    timeout: Math.max(0, Math.floor((entry.expires - now) / 1_000_000)),
    state: proto === IPPROTO_TCP ? entry.tcpState : proto === IPPROTO_SCTP ? entry.sctpState : null,
    original: { src: original.src, dst: original.dst, sport: original.sport, dport: original.dport },
    reply: { src: reply.src, dst: reply.dst, sport: reply.sport, dport: reply.dport },
    seenReply: entry.seenReply,
    assured: entry.assured,
    mark: entry.mark,
    zone: entry.zone,
    packets: acct ? entry.packets : null,
    bytes: acct ? entry.bytes : null,
  }
}

/**
 * A line as conntrack-tools 1.4.7 prints it, without its end. `extended` as `-o extended` does (layer 3 first); `event` as
 * `-E` does after its label: no `mark=0`, no `use=1`.
 */
export function formatEntry(
  entry: EntryText,
  options: { readonly extended?: boolean; readonly event?: boolean } = {},
): string {
  let line = ''
  if (options.extended === true) line += isV6(entry.original.src) ? 'ipv6     10 ' : 'ipv4     2 '
  line += `${(PROTOCOLS.get(entry.proto) ?? 'unknown').padEnd(8)} ${entry.proto} ${entry.timeout} `
  if (entry.state !== null) line += `${entry.state} `
  line += formatTuple(entry.original, entry.proto) + formatCounters(entry, 0)
  if (!entry.seenReply) line += '[UNREPLIED] '
  line += formatTuple(entry.reply, entry.proto) + formatCounters(entry, 1)
  if (entry.assured) line += '[ASSURED] '
  if (options.event !== true || entry.mark !== 0) line += `mark=${entry.mark >>> 0} `
  if (entry.zone !== 0) line += `zone=${entry.zone} `
  if (options.event !== true) line += 'use=1 '
  return line.slice(0, -1)
}

function formatTuple(tuple: TupleText, proto: number): string {
  const text = `src=${formatAddr(tuple.src)} dst=${formatAddr(tuple.dst)} `
  if (hasPorts(proto)) return `${text}sport=${tuple.sport} dport=${tuple.dport} `
  if (isIcmp(proto)) return `${text}type=${tuple.dport >> 8} code=${tuple.dport & 255} id=${tuple.sport} `
  // GRE keys and DCCP ports are printed, but not part of the model.
  if (proto === 47) return `${text}srckey=0x0 dstkey=0x0 `
  return proto === 33 ? `${text}sport=0 dport=0 ` : text
}

function formatCounters(entry: EntryText, dir: 0 | 1): string {
  if (entry.packets === null || entry.bytes === null) return ''
  return `packets=${entry.packets[dir]} bytes=${entry.bytes[dir]} `
}

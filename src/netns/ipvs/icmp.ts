import { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from '../../wire/protocol.ts'
import { cloneSkb, type Skb } from '../model/skb.ts'
import type { IpvsConnection } from './connection.ts'
import type { ConnectionTable } from './connection-table.ts'

/** Destination unreachable, source quench, time exceeded; ICMPv6: unreachable, too big, time exceeded. */
const ERRORS4: ReadonlySet<number> = new Set([3, 4, 11])
const ERRORS6: ReadonlySet<number> = new Set([1, 2, 3])

/** The packet that an ICMP error of interest quotes, else null. */
export function quotedBy(skb: Skb): Skb | null {
  const error =
    skb.proto === IPPROTO_ICMP ? ERRORS4.has(skb.icmpType) : skb.proto === IPPROTO_ICMPV6 && ERRORS6.has(skb.icmpType)
  const quoted = error ? skb.inner : null
  return quoted !== null && isBalanced(quoted.proto) ? quoted : null
}

export function isBalanced(proto: number): boolean {
  return proto === IPPROTO_TCP || proto === IPPROTO_UDP || proto === IPPROTO_SCTP
}

/** An error about a packet that we sent to a real server: for the client it is about the virtual service (ip_vs_out_icmp). */
export function translateErrorOut(table: ConnectionTable, skb: Skb, quoted: Skb, now: number): IpvsConnection | null {
  const c = table.findOut(quoted.proto, quoted.dst, quoted.dport, quoted.src, quoted.sport, now)
  if (c === null) return null
  const inner = cloneSkb(quoted)
  inner.dst = c.virtual
  inner.dport = c.virtualPort
  skb.inner = inner
  skb.src = c.virtual
  return c
}

/** An error about an answer of the virtual service: it goes to the server that sent it (ip_vs_in_icmp). */
export function findErrorIn(table: ConnectionTable, quoted: Skb, now: number): IpvsConnection | null {
  return table.findIn(quoted.proto, quoted.dst, quoted.dport, quoted.src, quoted.sport, now)
}

/** Rewrites such an error for the server. */
export function translateErrorIn(skb: Skb, quoted: Skb, c: IpvsConnection): void {
  const inner = cloneSkb(quoted)
  inner.src = c.dest.addr
  inner.sport = c.dest.port
  skb.inner = inner
  skb.dst = c.dest.addr
}

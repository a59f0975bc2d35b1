import { familyOf, formatAddr, tryParseAddr, v4, v6Word } from '../wire/addr.ts'

/** A thing that answers, before it is a record of some type (msg.Service of CoreDNS). */
export interface Item {
  /** An address, or a name. */
  readonly host: string
  readonly port: number
  readonly ttl: number
  /** What SRV and NS records point to. */
  readonly target: string
  /** Only for TXT. */
  readonly text?: string
  /** Which object or rule it comes from. */
  readonly origin: string
}

export type HostKind = { readonly kind: 'A' | 'AAAA'; readonly address: string } | { readonly kind: 'CNAME' }

/** What a host is: an IPv4-mapped IPv6 address counts as IPv4, as in Go. */
export function hostKind(host: string): HostKind {
  const addr = tryParseAddr(host)
  if (addr === undefined) return { kind: 'CNAME' }
  if (familyOf(addr) === 4) return { kind: 'A', address: formatAddr(addr) }
  if (v6Word(addr, 0) === 0 && v6Word(addr, 1) === 0 && v6Word(addr, 2) === 0xffff)
    return { kind: 'A', address: formatAddr(v4(v6Word(addr, 3))) }
  return { kind: 'AAAA', address: formatAddr(addr) }
}

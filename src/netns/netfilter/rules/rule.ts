import type { Skb } from '../../model/skb.ts'
import { protocolText } from '../text/protocols.ts'
import type { Walk } from '../walk.ts'
import type { AddrMatch } from './addr-match.ts'
import type { Match } from './match.ts'
import type { Target } from './target.ts'

/** The part of a rule that every rule has (struct ipt_ip, ip6t_ip6). */
export interface RuleHeader {
  src: AddrMatch | null
  srcInvert: boolean
  dst: AddrMatch | null
  dstInvert: boolean
  /** Device name; a trailing `+` stands for any rest. Null for any. */
  inDev: string | null
  inInvert: boolean
  outDev: string | null
  outInvert: boolean
  /** Protocol number, 0 for any. */
  proto: number
  protoInvert: boolean
  /** `-f`: 0 not asked, 1 second and further fragments, 2 the others. */
  fragment: number
}

/** One rule, immutable, shared by all namespaces that read the same text. */
export class Rule {
  readonly header: RuleHeader
  readonly matches: readonly Match[]
  readonly target: Target
  readonly src: AddrMatch | null
  readonly srcInvert: boolean
  readonly dst: AddrMatch | null
  readonly dstInvert: boolean
  readonly #inDev: string | null
  readonly #inInvert: boolean
  readonly #outDev: string | null
  readonly #outInvert: boolean
  readonly proto: number
  readonly protoInvert: boolean
  readonly #fragment: number
  readonly #matchCount: number
  #spec: string | null = null

  constructor(header: RuleHeader, matches: readonly Match[], target: Target) {
    this.header = header
    this.matches = matches
    this.target = target
    this.src = header.src
    this.srcInvert = header.srcInvert
    this.dst = header.dst
    this.dstInvert = header.dstInvert
    this.#inDev = header.inDev
    this.#inInvert = header.inInvert
    this.#outDev = header.outDev
    this.#outInvert = header.outInvert
    this.proto = header.proto
    this.protoInvert = header.protoInvert
    this.#fragment = header.fragment
    this.#matchCount = matches.length
  }

  /** Whether the packet matches; the header first, then the matches from left to right until one fails. */
  test(skb: Skb, walk: Walk): boolean {
    if (!this.testHeader(skb, walk)) return false
    for (let i = 0; i < this.#matchCount; i++) {
      const match = this.matches[i]
      if (match !== undefined && !match.test(skb, walk)) return false
    }
    return true
  }

  /** ip_packet_match (net/ipv4/netfilter/ip_tables.c). */
  testHeader(skb: Skb, walk: Walk): boolean {
    if (this.proto !== 0 && (skb.proto === this.proto) === this.protoInvert) return false
    if (this.src !== null && this.src.contains(skb.src) === this.srcInvert) return false
    if (this.dst !== null && this.dst.contains(skb.dst) === this.dstInvert) return false
    if (this.#inDev !== null && deviceMatches(this.#inDev, walk.inName) === this.#inInvert) return false
    if (this.#outDev !== null && deviceMatches(this.#outDev, walk.outName) === this.#outInvert) return false
    return this.#fragment === 0 || skb.fragOffset > 0 === (this.#fragment === 1)
  }

  /** Everything after `-A CHAIN`, as iptables-save prints it. */
  get spec(): string {
    this.#spec ??= formatSpec(this)
    return this.#spec
  }

  /** The first `-m comment`. */
  get comment(): string | null {
    for (const match of this.matches) if (match.comment !== null) return match.comment
    return null
  }
}

/** Compares a device name with a pattern of `-i` or `-o`; `+` alone matches every device and none. */
export function deviceMatches(pattern: string, name: string): boolean {
  const last = pattern.length - 1
  return pattern.charCodeAt(last) === 43 ? name.startsWith(pattern.slice(0, last)) : name === pattern
}

function formatSpec(rule: Rule): string {
  const h = rule.header
  const parts: string[] = []
  const add = (invert: boolean, text: string): void => {
    parts.push(invert ? `! ${text}` : text)
  }
  if (h.src !== null) add(h.srcInvert, `-s ${h.src}`)
  if (h.dst !== null) add(h.dstInvert, `-d ${h.dst}`)
  if (h.inDev !== null) add(h.inInvert, `-i ${h.inDev}`)
  if (h.outDev !== null) add(h.outInvert, `-o ${h.outDev}`)
  if (h.proto !== 0) add(h.protoInvert, `-p ${protocolText(h.proto)}`)
  if (h.fragment !== 0) add(h.fragment === 2, '-f')
  for (const match of rule.matches) parts.push(match.text)
  if (rule.target.text !== '') parts.push(rule.target.text)
  return parts.join(' ')
}

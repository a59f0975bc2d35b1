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

const PROTO_INVERT = 1
const V4_SRC = 2
const SRC_INVERT = 4
const V4_DST = 8
const DST_INVERT = 16
/** IPv6 addresses, devices, fragments: `#rest` looks at them. */
const REST = 32

/**
 * One rule, immutable, shared by all namespaces that read the same text. What the walk asks most is kept in plain numbers of
 * the object itself, first and together: with 10,000 Services the cost of a rule is the cache lines that it touches.
 */
export class Rule {
  readonly #flags: number
  readonly proto: number
  readonly #dst32: number
  readonly #dstMask: number
  readonly #src32: number
  readonly #srcMask: number
  /** The one destination port that the packet must have, −1 when `tests` look at ports. */
  readonly #dport: number
  readonly #tests: readonly Match['test'][]
  /** What its target does (ACTION_*). */
  readonly action: number
  readonly target: Target
  readonly matches: readonly Match[]
  readonly header: RuleHeader
  #spec: string | null = null

  constructor(header: RuleHeader, matches: readonly Match[], target: Target) {
    const { src, dst } = header
    const port = hoistablePort(matches)
    this.#flags =
      (header.protoInvert ? PROTO_INVERT : 0) |
      (src?.family === 4 ? V4_SRC : 0) |
      (header.srcInvert ? SRC_INVERT : 0) |
      (dst?.family === 4 ? V4_DST : 0) |
      (header.dstInvert ? DST_INVERT : 0) |
      (needsRest(header) ? REST : 0)
    this.proto = header.proto
    this.#dst32 = dst?.family === 4 ? dst.addr | 0 : 0
    this.#dstMask = dst?.masks[0] ?? 0
    this.#src32 = src?.family === 4 ? src.addr | 0 : 0
    this.#srcMask = src?.masks[0] ?? 0
    this.#dport = port?.dport ?? -1
    this.#tests = matches.filter(match => match !== port && match.comment === null).map(match => match.test)
    this.action = target.action
    this.target = target
    this.matches = matches
    this.header = header
  }

  /** Whether the packet matches; the header first, then the matches from left to right until one fails. */
  test(skb: Skb, walk: Walk): boolean {
    if (!this.testHeader(skb, walk)) return false
    // A port that is asked for after pure matches only may be looked at before them.
    if (this.#dport >= 0 && (skb.dport !== this.#dport || skb.fragOffset > 0)) return false
    const tests = this.#tests
    for (let i = 0; i < tests.length; i++) {
      const test = tests[i]
      if (test !== undefined && !test(skb, walk)) return false
    }
    return true
  }

  /** ip_packet_match (net/ipv4/netfilter/ip_tables.c). */
  testHeader(skb: Skb, walk: Walk): boolean {
    const flags = this.#flags
    if (this.proto !== 0 && (skb.proto === this.proto) === ((flags & PROTO_INVERT) !== 0)) return false
    if ((flags & V4_DST) !== 0) {
      const inside = ((skb.dst ^ this.#dst32) & this.#dstMask) === 0
      if (inside === ((flags & DST_INVERT) !== 0)) return false
    }
    if ((flags & V4_SRC) !== 0) {
      const inside = ((skb.src ^ this.#src32) & this.#srcMask) === 0
      if (inside === ((flags & SRC_INVERT) !== 0)) return false
    }
    return (flags & REST) === 0 || this.#rest(skb, walk)
  }

  #rest(skb: Skb, walk: Walk): boolean {
    const h = this.header
    if (h.dst !== null && h.dst.contains(skb.dst) === h.dstInvert) return false
    if (h.src !== null && h.src.contains(skb.src) === h.srcInvert) return false
    if (h.inDev !== null && deviceMatches(h.inDev, walk.inName) === h.inInvert) return false
    if (h.outDev !== null && deviceMatches(h.outDev, walk.outName) === h.outInvert) return false
    return h.fragment === 0 || skb.fragOffset > 0 === (h.fragment === 1)
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

/** The match whose only condition is one destination port, when nothing that has a memory stands before it. */
function hoistablePort(matches: readonly Match[]): Match | undefined {
  for (const match of matches) {
    if (match.onlyDport) return match
    if (!match.pure) return undefined
  }
  return undefined
}

function needsRest(h: RuleHeader): boolean {
  return h.src?.family === 6 || h.dst?.family === 6 || h.inDev !== null || h.outDev !== null || h.fragment !== 0
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

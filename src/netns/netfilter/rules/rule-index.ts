import { IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from '../../../wire/protocol.ts'
import type { Skb } from '../../model/skb.ts'
import { firstFrom, NumberMap } from './number-map.ts'
import type { Rule } from './rule.ts'

/**
 * Finds the rules of a long chain that a packet could match, by exact destination, source, or destination port, so that the
 * cost of KUBE-SERVICES does not grow with the number of Services. It leaves out only rules whose header, or whose port match
 * after nothing but pure matches, must fail; verdicts, counters and the state of matches are those of the plain walk.
 */
export class RuleIndex {
  readonly #length: number
  readonly #byDst: NumberMap | null
  readonly #byDstPort: NumberMap | null
  readonly #bySrc: NumberMap | null
  readonly #byPort: NumberMap | null
  /** Rules that say none of these: always looked at. */
  readonly #rest: Int32Array

  private constructor(length: number, buckets: Buckets) {
    this.#length = length
    this.#byDst = toMap(buckets.dst)
    this.#byDstPort = toMap(buckets.dstPort)
    this.#bySrc = toMap(buckets.src)
    this.#byPort = toMap(buckets.port)
    this.#rest = Int32Array.from(buckets.rest)
  }

  /** Null when too few rules can be told apart. */
  static build(rules: readonly Rule[]): RuleIndex | null {
    const buckets: Buckets = { dst: new Map(), dstPort: new Map(), src: new Map(), port: new Map(), rest: [] }
    rules.forEach((rule, i) => {
      const { header } = rule
      const dst = header.dst?.exact === true && !header.dstInvert ? header.dst.addr : -1
      const src = header.src?.exact === true && !header.srcInvert ? header.src.addr : -1
      const port = portKey(rule)
      if (dst >= 0 && port >= 0) add(buckets.dstPort, dst * PORT_KEYS + port, i)
      else if (dst >= 0) add(buckets.dst, dst, i)
      else if (src >= 0) add(buckets.src, src, i)
      else if (port >= 0) add(buckets.port, port, i)
      else buckets.rest.push(i)
    })
    return buckets.rest.length * 2 > rules.length ? null : new RuleIndex(rules.length, buckets)
  }

  /** The first rule, not before `from`, that the packet could match; the chain's length when there is none. */
  next(skb: Skb, from: number): number {
    let found = firstFrom(this.#rest, 0, this.#rest.length, from, this.#length)
    if (this.#byDst !== null) found = this.#byDst.first(skb.dst, from, found)
    if (this.#bySrc !== null) found = this.#bySrc.first(skb.src, from, found)
    const proto = protoKey(skb.proto)
    if (proto < 0) return found
    const port = proto * 65536 + skb.dport
    if (this.#byDstPort !== null) found = this.#byDstPort.first(skb.dst * PORT_KEYS + port, from, found)
    if (this.#byPort !== null) found = this.#byPort.first(port, from, found)
    return found
  }
}

interface Buckets {
  readonly dst: Map<number, number[]>
  readonly dstPort: Map<number, number[]>
  readonly src: Map<number, number[]>
  readonly port: Map<number, number[]>
  readonly rest: number[]
}

/** Keys of protocol and port together; an address (33 bits) times this stays below 2⁵³. */
const PORT_KEYS = 3 * 65536

function protoKey(proto: number): number {
  if (proto === IPPROTO_TCP) return 0
  if (proto === IPPROTO_UDP) return 1
  return proto === IPPROTO_SCTP ? 2 : -1
}

/** Protocol and port that a rule asks for, −1 when that cannot decide alone. */
function portKey(rule: Rule): number {
  const proto = rule.header.protoInvert ? -1 : protoKey(rule.proto)
  if (proto < 0) return -1
  for (const match of rule.matches) {
    if (match.dport >= 0) return proto * 65536 + match.dport
    if (!match.pure) return -1
  }
  return -1
}

function add(map: Map<number, number[]>, key: number, rule: number): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [rule])
  else list.push(rule)
}

function toMap(entries: Map<number, number[]>): NumberMap | null {
  return entries.size === 0 ? null : new NumberMap(entries)
}

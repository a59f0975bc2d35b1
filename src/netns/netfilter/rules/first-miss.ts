import type { Skb } from '../../model/skb.ts'
import { formatAddrC } from '../text/format-addr.ts'
import { protocolText } from '../text/protocols.ts'
import type { Walk } from '../walk.ts'
import { deviceMatches, type Rule } from './rule.ts'

/** The first condition of a rule that a packet does not meet, as the rule says it, and what the packet has instead. */
export interface Miss {
  readonly match: string
  readonly actual: string
}

/** Tests a packet as `Rule.test` does, each match once, and says what failed; null when the rule matches. */
export function firstMiss(rule: Rule, skb: Skb, walk: Walk): Miss | null {
  const header = rule.testHeader(skb, walk) ? null : headerMiss(rule, skb, walk)
  if (header !== null) return header
  for (const match of rule.matches) {
    if (!match.test(skb, walk)) return { match: match.text, actual: match.actual?.(skb, walk) ?? '' }
  }
  return null
}

function headerMiss(rule: Rule, skb: Skb, walk: Walk): Miss {
  const h = rule.header
  const say = (invert: boolean, text: string): string => (invert ? `! ${text}` : text)
  if (h.src !== null && h.src.contains(skb.src) === h.srcInvert) {
    return { match: say(h.srcInvert, `-s ${h.src}`), actual: formatAddrC(skb.src) }
  }
  if (h.dst !== null && h.dst.contains(skb.dst) === h.dstInvert) {
    return { match: say(h.dstInvert, `-d ${h.dst}`), actual: formatAddrC(skb.dst) }
  }
  if (h.inDev !== null && deviceMatches(h.inDev, walk.inName) === h.inInvert) {
    return { match: say(h.inInvert, `-i ${h.inDev}`), actual: walk.inName }
  }
  if (h.outDev !== null && deviceMatches(h.outDev, walk.outName) === h.outInvert) {
    return { match: say(h.outInvert, `-o ${h.outDev}`), actual: walk.outName }
  }
  if (h.proto !== 0 && (skb.proto === h.proto) === h.protoInvert) {
    return { match: say(h.protoInvert, `-p ${protocolText(h.proto)}`), actual: protocolText(skb.proto) }
  }
  return { match: say(h.fragment === 2, '-f'), actual: `fragment offset ${skb.fragOffset}` }
}

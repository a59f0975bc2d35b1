import { IPPROTO_ICMP, IPPROTO_ICMPV6 } from '../../../wire/protocol.ts'
import { createMatch, type Match } from '../rules/match.ts'
import type { MatchExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import { parseNumber } from '../text/values.ts'
import { ICMP_NAMES, ICMPV6_NAMES, type IcmpName } from './icmp-names.ts'
import { requireProtocol } from './ports.ts'

/** Type 255 stands for every type (iptables only; ip6tables takes it as a number). */
const ANY = 255

/** `-m icmp` (net/ipv4/netfilter/ip_tables.c). */
export const icmp: MatchExtension = {
  name: 'icmp',
  options: { 'icmp-type': { args: 1, invert: true } },
  family: 4,
  build(options: Options) {
    requireProtocol(options, IPPROTO_ICMP, 'icmp')
    return build(options, 'icmp', 'icmp-type', ICMP_NAMES)
  },
}

/** `-m icmp6` (net/ipv6/netfilter/ip6_tables.c). */
export const icmp6: MatchExtension = {
  name: 'icmp6',
  options: { 'icmpv6-type': { args: 1, invert: true } },
  family: 6,
  build(options: Options) {
    requireProtocol(options, IPPROTO_ICMPV6, 'ipv6-icmp')
    return build(options, 'icmp6', 'icmpv6-type', ICMPV6_NAMES)
  },
}

function build(options: Options, name: string, option: string, names: readonly IcmpName[]): Match {
  const { type, min, max } = readType(options, option, names)
  const invert = options.inverted(option)
  const any = name === 'icmp' && type === ANY
  const text = any ? 'any' : min === max ? `${type}/${min}` : String(type)
  return createMatch(
    name,
    `${options.bang(option)}--${option} ${text}`,
    skb => {
      if (skb.fragOffset > 0) return false
      return (any || (skb.icmpType === type && skb.icmpCode >= min && skb.icmpCode <= max)) !== invert
    },
    { actual: skb => `${skb.icmpType}/${skb.icmpCode}` },
  )
}

/** A name (or its unambiguous beginning), `TYPE` or `TYPE/CODE`. */
function readType(options: Options, option: string, names: readonly IcmpName[]): IcmpName {
  const text = options.required(option)
  const wanted = text.toLowerCase()
  const exact = names.filter(known => known.name === wanted)
  const found = exact.length > 0 ? exact : names.filter(known => known.name.startsWith(wanted))
  const [only] = found
  if (only !== undefined && found.length === 1) return only
  if (found.length > 1) {
    options.fail(option, `ambiguous ICMP type \`${text}': ${found[0]?.name} or ${found[1]?.name}?`)
  }
  const slash = text.indexOf('/')
  const type = parseNumber(slash < 0 ? text : text.slice(0, slash), 0, 255)
  const code = slash < 0 ? 0 : parseNumber(text.slice(slash + 1), 0, 255)
  if (type === undefined || code === undefined) options.fail(option, `invalid ICMP type \`${text}'`)
  return { name: '', type, min: code, max: slash < 0 ? 255 : code }
}

import {
  CT_ESTABLISHED,
  CT_INVALID,
  CT_NEW,
  CT_NONE,
  CT_RELATED,
  CT_UNTRACKED,
  DIR_ORIGINAL,
  type Skb,
} from '../../model/skb.ts'
import { createMatch, type Match } from '../rules/match.ts'
import type { MatchExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import { protocolNumber } from '../text/protocols.ts'
import { formatRange, parseAddrMatch, parseNumber, parsePortRange } from '../text/values.ts'
import type { Walk } from '../walk.ts'

/** In the order in which iptables-save prints them. */
const STATES: readonly (readonly [string, number])[] = [
  ['INVALID', 1],
  ['NEW', 2],
  ['RELATED', 4],
  ['ESTABLISHED', 8],
  ['UNTRACKED', 16],
  ['SNAT', 32],
  ['DNAT', 64],
]
const SNAT = 32
const DNAT = 64

const STATUSES: readonly (readonly [string, number])[] = [
  ['NONE', 0],
  ['EXPECTED', 1],
  ['SEEN_REPLY', 2],
  ['ASSURED', 4],
  ['CONFIRMED', 8],
]

type Check = (skb: Skb, walk: Walk) => boolean

/** `-m conntrack` (net/netfilter/xt_conntrack.c). All of its conditions must hold. */
export const conntrack: MatchExtension = {
  name: 'conntrack',
  options: {
    ctstate: { args: 1, invert: true },
    ctproto: { args: 1, invert: true },
    ctorigsrc: { args: 1, invert: true },
    ctorigdst: { args: 1, invert: true },
    ctreplsrc: { args: 1, invert: true },
    ctrepldst: { args: 1, invert: true },
    ctorigsrcport: { args: 1, invert: true },
    ctorigdstport: { args: 1, invert: true },
    ctreplsrcport: { args: 1, invert: true },
    ctrepldstport: { args: 1, invert: true },
    ctstatus: { args: 1, invert: true },
    ctexpire: { args: 1, invert: true },
    ctdir: { args: 1 },
  },
  build(options: Options) {
    if (options.empty) options.fail(null, 'at least one option such as --ctstate must be specified')
    const words: string[] = []
    const states: Check[] = []
    const checks: Check[] = []
    ctstate(options, words, states)
    protocol(options, words, checks)
    addresses(options, words, checks)
    status(options, words, checks)
    ports(options, words, checks)
    expire(options, words, checks)
    direction(options, words, checks)
    const [byState] = states
    const test = byState !== undefined && checks.length === 0 ? byState : all(byState, checks)
    return createMatch('conntrack', words.join(' '), test, { conntrack: true, actual: describeState })
  },
}

/** `-m state`: the older form, printed as `-m state`. */
export const state: MatchExtension = {
  name: 'state',
  options: { state: { args: 1, invert: true } },
  build(options): Match {
    const bits = stateBits(options, 'state', options.required('state'))
    if ((bits & (SNAT | DNAT)) !== 0) options.fail('state', 'SNAT and DNAT are states of -m conntrack only')
    const invert = options.inverted('state')
    const names = ['INVALID', 'NEW', 'RELATED', 'ESTABLISHED', 'UNTRACKED']
    const words = names.filter(name => (bits & (STATES.find(([known]) => known === name)?.[1] ?? 0)) !== 0)
    return createMatch('state', `${options.bang('state')}--state ${words.join(',')}`, stateCheck(bits, invert), {
      conntrack: true,
      actual: describeState,
    })
  },
}

/** conntrack_mt: the state first; a packet without entry is then judged by its state alone. */
function all(byState: Check | undefined, checks: readonly Check[]): Check {
  return (skb, walk) => {
    if (byState?.(skb, walk) === false) return false
    if (skb.ct === null) return byState !== undefined
    for (let i = 0; i < checks.length; i++) if (checks[i]?.(skb, walk) === false) return false
    return true
  }
}

/** The bits of --ctstate that hold for a packet. */
function packetBits(skb: Skb): number {
  let bits = stateBit(skb.ctState)
  const ct = skb.ct
  if (ct !== null) {
    if (ct.snat) bits |= SNAT
    if (ct.dnat) bits |= DNAT
  }
  return bits
}

/** How many CT_* there are. */
const CT_STATES = CT_UNTRACKED + 1

function stateBit(ctState: number): number {
  switch (ctState) {
    case CT_NEW:
      return 2
    case CT_RELATED:
      return 4
    case CT_ESTABLISHED:
      return 8
    case CT_UNTRACKED:
      return 16
    case CT_INVALID:
    case CT_NONE:
      return 1
    default:
      return 0
  }
}

function stateCheck(bits: number, invert: boolean): Check {
  if ((bits & (SNAT | DNAT)) !== 0) return skb => ((packetBits(skb) & bits) !== 0) !== invert
  // Every packet meets a dozen of these: one bit for each CT_* that passes.
  let passing = 0
  for (let ctState = 0; ctState < CT_STATES; ctState++) {
    if (((stateBit(ctState) & bits) !== 0) !== invert) passing |= 1 << ctState
  }
  return skb => ((passing >> skb.ctState) & 1) !== 0
}

function describeState(skb: Skb): string {
  const bits = packetBits(skb)
  return STATES.filter(([, bit]) => (bits & bit) !== 0)
    .map(([name]) => name)
    .join(',')
}

function stateBits(options: Options, option: string, text: string): number {
  let bits = 0
  for (const word of text.split(',')) {
    const found = STATES.find(([name]) => name === word.toUpperCase())
    if (found === undefined) options.fail(option, `bad ctstate \`${word}'`)
    bits |= found[1]
  }
  return bits
}

function ctstate(options: Options, words: string[], checks: Check[]): void {
  const text = options.value('ctstate')
  if (text === undefined) return
  const bits = stateBits(options, 'ctstate', text)
  const names = STATES.filter(([, bit]) => (bits & bit) !== 0).map(([name]) => name)
  words.push(`${options.bang('ctstate')}--ctstate ${names.join(',')}`)
  checks.push(stateCheck(bits, options.inverted('ctstate')))
}

function protocol(options: Options, words: string[], checks: Check[]): void {
  const text = options.value('ctproto')
  if (text === undefined) return
  const proto = protocolNumber(text)
  if (proto === undefined || proto === 0) options.fail('ctproto', `unknown protocol \`${text}'`)
  const invert = options.inverted('ctproto')
  words.push(`${options.bang('ctproto')}--ctproto ${proto}`)
  checks.push(skb => (skb.ct?.original.proto === proto) !== invert)
}

const ADDRESSES = [
  ['ctorigsrc', 'original', 'src'],
  ['ctorigdst', 'original', 'dst'],
  ['ctreplsrc', 'reply', 'src'],
  ['ctrepldst', 'reply', 'dst'],
] as const

function addresses(options: Options, words: string[], checks: Check[]): void {
  for (const [name, side, field] of ADDRESSES) {
    const text = options.value(name)
    if (text === undefined) continue
    const wanted = parseAddrMatch(text, options.context.family)
    if (wanted === undefined) options.fail(name, `\`${text}' is not an IPv${options.context.family} address or prefix`)
    const invert = options.inverted(name)
    words.push(`${options.bang(name)}--${name} ${wanted.toString(true)}`)
    checks.push(skb => skb.ct !== null && wanted.contains(skb.ct[side][field]) !== invert)
  }
}

const PORTS = [
  ['ctorigsrcport', 'original', 'sport'],
  ['ctorigdstport', 'original', 'dport'],
  ['ctreplsrcport', 'reply', 'sport'],
  ['ctrepldstport', 'reply', 'dport'],
] as const

function ports(options: Options, words: string[], checks: Check[]): void {
  for (const [name, side, field] of PORTS) {
    const text = options.value(name)
    if (text === undefined) continue
    const range = parsePortRange(text)
    if (range === undefined || range.min > range.max) options.fail(name, `\`${text}' is not a port or FIRST:LAST`)
    const invert = options.inverted(name)
    words.push(`${options.bang(name)}--${name} ${formatRange(range)}`)
    checks.push(skb => {
      if (skb.ct === null) return false
      const port = skb.ct[side][field]
      return (port >= range.min && port <= range.max) !== invert
    })
  }
}

function status(options: Options, words: string[], checks: Check[]): void {
  const text = options.value('ctstatus')
  if (text === undefined) return
  let bits = 0
  for (const word of text.split(',')) {
    const found = STATUSES.find(([name]) => name === word.toUpperCase())
    if (found === undefined) options.fail('ctstatus', `bad ctstatus \`${word}'`)
    bits |= found[1]
  }
  const invert = options.inverted('ctstatus')
  const names = STATUSES.filter(([, bit]) => (bits & bit) !== 0).map(([name]) => name)
  words.push(`${options.bang('ctstatus')}--ctstatus ${names.length === 0 ? 'NONE' : names.join(',')}`)
  checks.push(skb => {
    const ct = skb.ct
    if (ct === null) return false
    const has = (ct.seenReply ? 2 : 0) | (ct.assured ? 4 : 0) | (ct.confirmed ? 8 : 0)
    return ((has & bits) !== 0) !== invert
  })
}

function expire(options: Options, words: string[], checks: Check[]): void {
  const text = options.value('ctexpire')
  if (text === undefined) return
  const at = text.indexOf(':')
  const min = parseNumber(at < 0 ? text : text.slice(0, at) || '0', 0, 0xffffffff)
  const max = at < 0 ? min : parseNumber(text.slice(at + 1) || '4294967295', 0, 0xffffffff)
  if (min === undefined || max === undefined) options.fail('ctexpire', `\`${text}' is not SECONDS or FIRST:LAST`)
  const invert = options.inverted('ctexpire')
  words.push(`${options.bang('ctexpire')}--ctexpire ${formatRange({ min, max })}`)
  checks.push((skb, walk) => {
    if (skb.ct === null) return false
    const left = skb.ct.confirmed ? Math.max(0, Math.floor((skb.ct.expires - walk.ns.sim.now) / 1_000_000)) : 0
    return (left >= min && left <= max) !== invert
  })
}

function direction(options: Options, words: string[], checks: Check[]): void {
  const text = options.value('ctdir')
  if (text === undefined) return
  const original = text.toUpperCase() === 'ORIGINAL'
  if (!original && text.toUpperCase() !== 'REPLY') options.fail('ctdir', `\`${text}' is not ORIGINAL or REPLY`)
  words.push(`--ctdir ${original ? 'ORIGINAL' : 'REPLY'}`)
  checks.push(skb => skb.ct !== null && (skb.ctDir === DIR_ORIGINAL) === original)
}

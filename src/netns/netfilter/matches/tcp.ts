import { IPPROTO_TCP } from '../../../wire/protocol.ts'
import type { Skb } from '../../model/skb.ts'
import { createMatch } from '../rules/match.ts'
import type { MatchExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import { parseNumber } from '../text/values.ts'
import { actualPorts, formatPorts, onlyPort, portMatches, readPorts, requireProtocol } from './ports.ts'

const FLAGS: readonly (readonly [string, number])[] = [
  ['FIN', 0x01],
  ['SYN', 0x02],
  ['RST', 0x04],
  ['PSH', 0x08],
  ['ACK', 0x10],
  ['URG', 0x20],
]
const ALL = 0x3f
/** `--syn`: of FIN, SYN, RST and ACK only SYN is set. */
const SYN_MASK = 0x17
const SYN = 0x02
/** Kinds of options, and the bytes of options from which on Linux sends them: timestamps always, the others on a SYN. */
const OPTION_NOP = 1
const OPTION_MSS = 2
const OPTION_WINDOW_SCALE = 3
const OPTION_SACK_PERMITTED = 4
const OPTION_TIMESTAMPS = 8
const TIMESTAMPS_LENGTH = 12
const SYN_OPTIONS_LENGTH = 20

/** `-m tcp` (net/netfilter/xt_tcpudp.c). */
export const tcp: MatchExtension = {
  name: 'tcp',
  options: {
    sport: { args: 1, invert: true },
    'source-port': { args: 1, invert: true, is: 'sport' },
    dport: { args: 1, invert: true },
    'destination-port': { args: 1, invert: true, is: 'dport' },
    'tcp-flags': { args: 2, invert: true },
    syn: { args: 0, invert: true },
    'tcp-option': { args: 1, invert: true },
  },
  build(options: Options) {
    requireProtocol(options, IPPROTO_TCP, 'tcp')
    options.exclusive('syn', 'tcp-flags')
    const sport = readPorts(options, 'sport')
    const dport = readPorts(options, 'dport')
    const flags = readFlags(options)
    const option = readOption(options)
    const words = [...formatPorts('sport', sport), ...formatPorts('dport', dport)]
    if (option !== null) words.push(`${option.invert ? '! ' : ''}--tcp-option ${option.kind}`)
    if (flags !== null) {
      words.push(`${flags.invert ? '! ' : ''}--tcp-flags ${formatFlags(flags.mask)} ${formatFlags(flags.set)}`)
    }
    return createMatch(
      'tcp',
      words.join(' '),
      skb => {
        if (skb.fragOffset > 0) return false
        if (!portMatches(sport, skb.sport) || !portMatches(dport, skb.dport)) return false
        if (flags !== null && ((skb.tcpFlags & flags.mask) === flags.set) === flags.invert) return false
        return option === null || hasOption(skb, option.kind) !== option.invert
      },
      {
        dport: onlyPort(dport),
        onlyDport: onlyPort(dport) >= 0 && sport === null && flags === null && option === null,
        actual: skb =>
          flags === null ? actualPorts(skb) : `${actualPorts(skb)} flags ${formatFlags(skb.tcpFlags & ALL)}`,
      },
    )
  },
}

function readFlags(options: Options): { mask: number; set: number; invert: boolean } | null {
  if (options.has('syn')) return { mask: SYN_MASK, set: SYN, invert: options.inverted('syn') }
  if (!options.has('tcp-flags')) return null
  const mask = flagBits(options, options.value('tcp-flags') ?? '')
  const set = flagBits(options, options.value('tcp-flags', 1) ?? '')
  return { mask, set, invert: options.inverted('tcp-flags') }
}

function flagBits(options: Options, text: string): number {
  let bits = 0
  for (const name of text.split(',')) {
    const upper = name.toUpperCase()
    const flag = FLAGS.find(([known]) => known === upper)
    if (flag !== undefined) bits |= flag[1]
    else if (upper === 'ALL') bits |= ALL
    else if (upper !== 'NONE') options.fail('tcp-flags', `unknown TCP flag \`${name}'`)
  }
  return bits
}

function formatFlags(bits: number): string {
  const names = FLAGS.filter(([, bit]) => (bits & bit) !== 0).map(([name]) => name)
  return names.length === 0 ? 'NONE' : names.join(',')
}

function readOption(options: Options): { kind: number; invert: boolean } | null {
  const text = options.value('tcp-option')
  if (text === undefined) return null
  const kind = parseNumber(text, 1, 255)
  if (kind === undefined) options.fail('tcp-option', `\`${text}' is not a TCP option number 1-255`)
  return { kind, invert: options.inverted('tcp-option') }
}

/** Whether a segment carries an option of that kind (tcp_find_option). */
function hasOption(skb: Skb, kind: number): boolean {
  switch (kind) {
    case OPTION_MSS:
      return skb.tcpMss > 0
    case OPTION_NOP:
    case OPTION_TIMESTAMPS:
      return skb.tcpOptionsLength >= TIMESTAMPS_LENGTH
    case OPTION_WINDOW_SCALE:
    case OPTION_SACK_PERMITTED:
      return skb.tcpOptionsLength >= SYN_OPTIONS_LENGTH
    default:
      return false
  }
}

import { type Addr, addrToBigInt, V4_ANY, V6_ANY } from '../../../wire/addr.ts'
import type { NatRange } from '../../model/conntrack.ts'
import { formatAddrC } from '../text/format-addr.ts'
import type { Options } from '../text/options.ts'
import { parseAddrOf, parsePortRange, type Range } from '../text/values.ts'

const NO_PORTS: Range = { min: 0, max: 0 }

/** `ADDR`, `ADDR-ADDR`, either with `:PORT` or `:PORT-PORT`, IPv6 with ports in brackets; or `:PORT` alone. */
export function readNatRange(options: Options, option: string): NatRange {
  const text = options.required(option)
  const { family } = options.context
  const [addrs, ports] = splitPorts(options, option, text, family)
  const dash = addrs.indexOf('-')
  const any = family === 4 ? V4_ANY : V6_ANY
  const address = (part: string): Addr =>
    parseAddrOf(part, family) ?? options.fail(option, `bad IPv${family} address \`${part}'`)
  const minAddr = addrs === '' ? any : address(dash < 0 ? addrs : addrs.slice(0, dash))
  const maxAddr = dash < 0 ? minAddr : address(addrs.slice(dash + 1))
  if (addrToBigInt(minAddr) > addrToBigInt(maxAddr)) options.fail(option, `bad address range \`${addrs}'`)
  return natRange(options, minAddr, maxAddr, ports)
}

/** A range with the flags `--random`, `--random-fully` and `--persistent` of the options. */
export function natRange(options: Options, minAddr: Addr, maxAddr: Addr, ports: Range | null): NatRange {
  return {
    minAddr,
    maxAddr,
    minPort: (ports ?? NO_PORTS).min,
    maxPort: (ports ?? NO_PORTS).max,
    random: options.has('random'),
    randomFully: options.has('random-fully'),
    persistent: options.has('persistent'),
  }
}

/** The range with an address that is known only when the packet is. */
export function withAddress(range: NatRange, addr: Addr): NatRange {
  return {
    minAddr: addr,
    maxAddr: addr,
    minPort: range.minPort,
    maxPort: range.maxPort,
    random: range.random,
    randomFully: range.randomFully,
    persistent: range.persistent,
  }
}

/** `--to-ports`; null when not given. */
export function readToPorts(options: Options): Range | null {
  const text = options.value('to-ports')
  return text === undefined ? null : readPorts(options, 'to-ports', text)
}

/** As iptables-save prints it. */
export function formatNatRange(range: NatRange): string {
  const noAddr = range.minAddr === V4_ANY || range.minAddr === V6_ANY
  let text = noAddr ? '' : formatAddrC(range.minAddr)
  if (range.maxAddr !== range.minAddr) text += `-${formatAddrC(range.maxAddr)}`
  if (range.minPort === 0) return text
  if (text.includes(':')) text = `[${text}]`
  return `${text}:${formatPorts(range.minPort, range.maxPort)}`
}

export function formatPorts(min: number, max: number): string {
  return min === max ? String(min) : `${min}-${max}`
}

export function formatFlags(range: NatRange): string {
  return `${range.random ? ' --random' : ''}${range.randomFully ? ' --random-fully' : ''}${range.persistent ? ' --persistent' : ''}`
}

function splitPorts(options: Options, option: string, text: string, family: 4 | 6): [string, Range | null] {
  if (family === 6 && text.startsWith('[')) {
    const close = text.lastIndexOf(']')
    const rest = text.slice(close + 1)
    if (close < 0 || (rest !== '' && rest[0] !== ':')) options.fail(option, `\`${text}' is not [ADDRESS]:PORT`)
    return [text.slice(1, close), rest === '' ? null : readPorts(options, option, rest.slice(1))]
  }
  const colon = family === 4 || text.startsWith(':') ? text.indexOf(':') : -1
  // A lone `:PORT` of IPv6 has nothing but digits and a dash after its colon.
  if (colon < 0 || (family === 6 && !/^:[0-9-]+$/.test(text))) return [text, null]
  return [text.slice(0, colon), readPorts(options, option, text.slice(colon + 1))]
}

function readPorts(options: Options, option: string, text: string): Range {
  const { proto, protoInvert } = options.context
  if (protoInvert || ![6, 17, 132, 33].includes(proto)) {
    options.fail(option, 'needs TCP, UDP, SCTP or DCCP with port specification')
  }
  if (text.includes('/')) options.fail(option, 'shifted port ranges (PORT-PORT/BASE) are not simulated by kubehop')
  const range = parsePortRange(text, '-')
  if (range === undefined || range.min < 1 || range.min > range.max || text.startsWith('-') || text.endsWith('-')) {
    options.fail(option, `port \`${text}' not valid, PORT or PORT-PORT is expected`)
  }
  return range
}

import type { Skb } from '../../model/skb.ts'
import type { Options } from '../text/options.ts'
import { formatRange, parsePortRange, type Range } from '../text/values.ts'

/** A port condition of tcp, udp and sctp: a range, perhaps inverted. */
export interface PortTest {
  readonly min: number
  readonly max: number
  readonly invert: boolean
}

/**
 * Reads `--sport` or `--dport`; null when it was not given or lets everything through.
 * @param complement Print `! --dport :53` as `--dport 54:65535`, as for tcp and udp.
 */
export function readPorts(options: Options, name: 'sport' | 'dport', complement = true): PortTest | null {
  const text = options.value(name)
  if (text === undefined) return null
  const range = parsePortRange(text)
  if (range === undefined)
    options.fail(name, `invalid port/service \`${text}' specified, a port 0-65535 or FIRST:LAST is expected`)
  if (range.min > range.max) options.fail(name, `invalid portrange \`${text}' (min > max)`)
  const invert = options.inverted(name)
  // iptables-nft turns all but the lowest ports into the ports above them.
  if (invert && complement && range.min === 0 && range.max > 0 && range.max < 65535) {
    return { min: range.max + 1, max: 65535, invert: false }
  }
  return range.min === 0 && range.max === 65535 && !invert ? null : { ...range, invert }
}

export function portMatches(test: PortTest | null, port: number): boolean {
  return test === null || (port >= test.min && port <= test.max) !== test.invert
}

/** `--sport 1:9` with its `!`; nothing for null. */
export function formatPorts(name: string, test: (Range & { readonly invert: boolean }) | null): string[] {
  return test === null ? [] : [`${test.invert ? '! ' : ''}--${name} ${formatRange(test)}`]
}

/** The only destination port that a test lets through, −1 when there are several. */
export function onlyPort(test: PortTest | null): number {
  return test !== null && !test.invert && test.min === test.max ? test.min : -1
}

/** Ports of a packet, for the record of a miss. */
export function actualPorts(skb: Skb): string {
  return skb.fragOffset > 0 ? 'a later fragment, without ports' : `sport ${skb.sport} dport ${skb.dport}`
}

/** Refuses a module whose protocol is not the one of `-p`. */
export function requireProtocol(options: Options, proto: number, name: string): void {
  if (options.context.proto !== proto || options.context.protoInvert)
    options.fail(null, `needs \`-p ${name}' in the rule`)
}
